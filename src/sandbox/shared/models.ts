// Owns the models that the sandbox claims to have and which endpoint serves each.
// https://platform.openai.com/docs/api-reference/models
import { HttpError } from "./http-error.ts";

type Ability = "chat" | "completion" | "image";

interface SandboxModel {
  id: string;
  object: "model";
  /** Unix seconds. */
  created: number;
  owned_by: string;
  abilities: readonly Ability[];
  /** The day on which OpenAI retires the model, YYYY-MM-DD. */
  shutdown_date?: string;
  /** vLLM's fields, which OpenAI dropped long ago. */
  root?: string;
  parent?: string | null;
  max_model_len?: number;
  permission?: readonly object[];
}

const models: readonly SandboxModel[] = [
  describe("gpt-4o-mini", "chat", 1_721_172_741),
  describe("gpt-4o", "chat", 1_715_367_049),
  describe("gpt-4.1-mini", "chat", 1_744_318_173),
  describe("gpt-5-mini", "chat", 1_754_425_928),
  describe("gpt-3.5-turbo-instruct", "completion", 1_692_901_427),
  describe("gpt-image-1", "image", 1_745_517_030),
  { ...describe("dall-e-2", "image", 1_698_798_177), shutdown_date: "2026-05-12" },
  { ...describe("ft:gpt-4o-mini-2024-07-18:acme:support:AbC123xy", "chat", 1_727_881_200), owned_by: "acme" },
  {
    ...describe("meta-llama/Llama-3.1-8B-Instruct", "chat", 1_735_689_600),
    owned_by: "vllm",
    root: "meta-llama/Llama-3.1-8B-Instruct",
    parent: null,
    max_model_len: 128_000,
    permission: [
      {
        id: "modelperm-5f1c0f2ab34d4e0b",
        object: "model_permission",
        created: 1_735_689_600,
        allow_create_engine: false,
        allow_sampling: true,
        allow_logprobs: true,
        allow_search_indices: false,
        allow_view: true,
        allow_fine_tuning: false,
        organization: "*",
        group: null,
        is_blocking: false,
      },
    ],
  },
];

/** The answer of GET /models. */
export function listModels(): object {
  return { object: "list", data: models.map(wireModel) };
}

/** The answer of GET /models/{model}. Throws 404 model_not_found for an id that is not in the list. */
export function retrieveModel(id: string): object {
  const found = models.find((model) => model.id === id);
  if (found === undefined) {
    throw new HttpError(404, `The model '${id}' does not exist`, { param: "model", code: "model_not_found" });
  }
  return wireModel(found);
}

/** Throws OpenAI's 404 unless the model exists and serves the endpoint. */
export function requireModel(id: string, ability: "chat" | "completion"): void {
  const found = models.find((model) => model.id === id);
  if (found === undefined || found.abilities.includes("image")) {
    throw new HttpError(404, `The model \`${id}\` does not exist or you do not have access to it.`, {
      code: "model_not_found",
    });
  }
  if (found.abilities.includes(ability)) return;
  throw new HttpError(
    404,
    ability === "completion"
      ? "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?"
      : "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?",
    { param: "model" },
  );
}

function describe(id: string, ability: Ability, created: number): SandboxModel {
  return { id, object: "model", created, owned_by: "system", abilities: [ability] };
}

function wireModel({ abilities: _abilities, ...model }: SandboxModel): object {
  return model;
}
