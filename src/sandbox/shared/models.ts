// Owns the sandbox's list of models, and which endpoint serves each of them.
// https://platform.openai.com/docs/api-reference/models
import { HttpError } from "./http-error.ts";
import { hashText } from "./ids.ts";

import { scenarios } from "./scenarios.ts";

type Ability = "chat" | "completion" | "image" | "speech" | "transcription" | "embedding" | "moderation";

interface SandboxModel {
  id: string;
  object: "model";
  /** Unix seconds. */
  created: number;
  owned_by: string;
  /** OpenAI no longer sends permissions; vLLM still does, and OpenAI's own older examples show them. */
  permission: readonly object[];
  /** The day on which OpenAI shuts the model down, YYYY-MM-DD. */
  shutdown_date?: string;
  /** vLLM's fields. */
  root?: string;
  parent?: string | null;
  max_model_len?: number;
}

/** A model and what its entry in the list does not show. */
interface Served {
  model: SandboxModel;
  abilities: readonly Ability[];
  /** The dated name that answers carry in place of an alias; absent if the id is the full name. */
  fullName?: string;
}

const models: readonly Served[] = [
  describe("gpt-4o-mini", "chat", 1_721_172_741),
  describe("gpt-4o", "chat", 1_715_367_049),
  describe("gpt-4.1-mini", "chat", 1_744_318_173),
  describe("gpt-5-mini", "chat", 1_754_425_928),
  { ...describe("gpt-3.5-turbo", "chat", 1_677_610_602, { owned_by: "openai" }), fullName: "gpt-3.5-turbo-0301" },
  describe("gpt-3.5-turbo-0301", "chat", 1_677_649_963, { owned_by: "openai", shutdown_date: "2024-09-13" }),
  describe("gpt-3.5-turbo-instruct", "completion", 1_692_901_427),
  describe("text-davinci-003", "completion", 1_669_599_635, {
    owned_by: "openai-internal",
    shutdown_date: "2024-01-04",
  }),
  describe("text-embedding-3-small", "embedding", 1_705_948_997),
  describe("text-embedding-3-large", "embedding", 1_705_953_180),
  describe("text-embedding-ada-002", "embedding", 1_671_217_299, { owned_by: "openai-internal" }),
  describe("omni-moderation-latest", "moderation", 1_731_689_265),
  describe("omni-moderation-2024-09-26", "moderation", 1_732_734_466),
  describe("gpt-image-1", "image", 1_745_517_030),
  describe("gpt-image-1-mini", "image", 1_758_845_821),
  describe("gpt-image-2", "image", 1_776_729_600),
  describe("dall-e-3", "image", 1_698_785_189, { shutdown_date: "2026-05-12" }),
  describe("dall-e-2", "image", 1_698_798_177, { shutdown_date: "2026-05-12" }),
  describe("tts-1", "speech", 1_681_940_951, { owned_by: "openai-internal" }),
  describe("tts-1-hd", "speech", 1_699_046_015),
  describe("gpt-4o-mini-tts", "speech", 1_742_403_959),
  describe("whisper-1", "transcription", 1_677_532_384, { owned_by: "openai-internal" }),
  describe("gpt-4o-transcribe", "transcription", 1_742_068_463),
  describe("gpt-4o-mini-transcribe", "transcription", 1_742_068_596),
  describe("gpt-4o-transcribe-diarize", "transcription", 1_750_798_887),
  describe("gpt-transcribe", "transcription", 1_780_272_000),
  describe("ft:gpt-4o-mini-2024-07-18:acme:support:AbC123xy", "chat", 1_727_881_200, { owned_by: "acme" }),
  describe("meta-llama/Llama-3.1-8B-Instruct", "chat", 1_735_689_600, {
    owned_by: "vllm",
    root: "meta-llama/Llama-3.1-8B-Instruct",
    parent: null,
    max_model_len: 128_000,
  }),
  ...Object.entries(scenarios).map(([id, { completes }]) => ({
    ...describe(id, "chat", 1_764_288_000, { owned_by: "sandbox" }),
    abilities: ["chat" as const, ...(completes ? ["completion" as const] : [])],
  })),
];

/** The answer of GET /models. */
export function listModels(): object {
  return { object: "list", data: models.map(({ model }) => model) };
}

/** The answer of GET /models/{model}. Throws 404 model_not_found for an id that is not in the list. */
export function retrieveModel(id: string): object {
  const found = findModel(id);
  if (found === undefined) {
    throw new HttpError(404, `The model '${id}' does not exist`, { param: "model", code: "model_not_found" });
  }
  return found.model;
}

/** The name that answers carry as `model`: the dated one for an alias, the id itself otherwise. */
export function fullNameOf(id: string): string {
  return findModel(id)?.fullName ?? id;
}

/** Throws OpenAI's 404 unless the model exists and serves the endpoint. */
export function requireModel(id: string, ability: Exclude<Ability, "image">): void {
  const found = findModel(id);
  if (found?.abilities.includes(ability)) return;
  if (found === undefined || !found.abilities.some(isWriting) || !isWriting(ability)) {
    throw new HttpError(404, `The model \`${id}\` does not exist or you do not have access to it.`, {
      code: "model_not_found",
    });
  }
  throw new HttpError(
    404,
    ability === "completion"
      ? "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?"
      : "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?",
    { param: "model" },
  );
}

/** Whether the answers are text, and a wrong endpoint has a right one beside it. */
function isWriting(ability: Ability): boolean {
  return ability === "chat" || ability === "completion";
}

function findModel(id: string): Served | undefined {
  return models.find(({ model }) => model.id === id);
}

function describe(id: string, ability: Ability, created: number, details: Partial<SandboxModel> = {}): Served {
  const permission = [describePermission(id, created)];
  return { model: { id, object: "model", created, owned_by: "system", permission, ...details }, abilities: [ability] };
}

/** What anybody may do with the model: everything but change it. */
function describePermission(modelId: string, created: number): object {
  return {
    id: `modelperm-${hashText(modelId).toString(16).padStart(8, "0")}`,
    object: "model_permission",
    created,
    allow_create_engine: false,
    allow_sampling: true,
    allow_logprobs: true,
    allow_search_indices: false,
    allow_view: true,
    allow_fine_tuning: false,
    organization: "*",
    group: null,
    is_blocking: false,
  };
}
