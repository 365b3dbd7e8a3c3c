// The adapter of the model endpoints: GET /models and GET /models/{model}.
// https://platform.openai.com/docs/api-reference/models
import type { Model as OpenAIModel } from "openai/resources/models";
import { isRecord, type Unchecked } from "../json/json.ts";
import type { OpenAIClient } from "./client/client.ts";
import { defineEndpoint } from "./client/endpoint.ts";
import { OpenAIError } from "./client/failures/errors.ts";

/** What older and compatible servers (vLLM) send with a model; OpenAI no longer does. */
export type ModelPermission = Unchecked<{
  id: string;
  object: string;
  created: number;
  allow_create_engine: boolean;
  allow_sampling: boolean;
  allow_logprobs: boolean;
  allow_search_indices: boolean;
  allow_view: boolean;
  allow_fine_tuning: boolean;
  organization: string;
  group: string;
  is_blocking: boolean;
}>;

/** A model with a name; every other field as the upstream sent it. */
export type Model = Unchecked<OpenAIModel & { permission: ModelPermission[]; shutdown_date: string }> & { id: string };

export const MODELS = defineEndpoint({
  method: "GET",
  path: "/models",
  modelIn: "nowhere",
  isPaid: false,
  isShared: true,
});

export const MODEL = defineEndpoint({
  method: "GET",
  path: "/models/{model}",
  modelIn: "path",
  isPaid: false,
  isShared: true,
});

/** For servers that do not decode the slashes in a name: `org/name`. */
const MODEL_BY_SEGMENTS = defineEndpoint({ ...MODEL, keepsSlashes: true });

/**
 * Lists the models of the upstream, those without a name left out. Beside OpenAI's `{"data": [{"id"}]}` servers send the list
 * itself, `{"models": [{"name"}]}`, names alone, and null for none. Throws OpenAIError.
 */
export async function listModels(client: OpenAIClient, signal: AbortSignal): Promise<Model[]> {
  const body = await client.request({ endpoint: MODELS }, signal);
  const models = listOf(body) ?? (isRecord(body) && (body.data === null || body.models === null) ? [] : undefined);
  if (!models) throw new OpenAIError("invalid_response", `The upstream's answer to ${MODELS.name} holds no data.`);
  return models.map(readModel).filter((model) => model !== undefined);
}

function listOf(body: unknown): readonly unknown[] | undefined {
  // An empty list alone is not an answer.
  if (Array.isArray(body)) return body.length > 0 ? body : undefined;
  if (!isRecord(body)) return undefined;
  const { data, models } = body;
  return [data, models].find((list) => Array.isArray(list));
}

/**
 * Yields one model, or null if the upstream has no model of that name. Where it does not serve single models, or not this one,
 * the name is looked up in the list. Throws OpenAIError.
 */
export async function retrieveModel(client: OpenAIClient, id: string, signal: AbortSignal): Promise<Model | null> {
  const endpoints = id.includes("/") ? [MODEL, MODEL_BY_SEGMENTS] : [MODEL];
  let failure: unknown;
  for (const endpoint of endpoints) {
    try {
      return expectModel(await client.request({ endpoint, pathParameters: { model: id } }, signal), id);
    } catch (error) {
      const isEncoded = id.includes("/") && endpoint === MODEL;
      if (!isElsewhere(error, isEncoded)) throw error;
      // OpenAI's own word for a name that it does not know; others do not know the name with its slash encoded.
      if (error.details.code === "model_not_found" && !isEncoded) return null;
      failure = error;
    }
  }
  return (await findInList(client, id, signal, failure)) ?? null;
}

/** Some servers answer with the list in place of the model: null if it is not in there. */
function expectModel(body: unknown, id: string): Model | null {
  const list = listOf(body);
  if (list) return findModel(list, id) ?? null;
  const model = isRecord(body) ? readModel(isRecord(body.data) ? body.data : body) : undefined;
  if (model) return model;
  throw new OpenAIError("invalid_response", `The upstream's answer to ${MODEL.name} holds no model.`);
}

function findModel(list: readonly unknown[], id: string): Model | undefined {
  return list.map(readModel).find((model) => model?.id === id);
}

/** Statuses of servers that do not know the path or the method. */
const NOT_SERVED = new Set([404, 405, 501]);

/**
 * Whether the model may be found elsewhere although it was not answered: there is no such path, or a page in its place.
 * `isEncoded`: the path has an encoded slash, which some servers refuse (400).
 */
function isElsewhere(error: unknown, isEncoded: boolean): error is OpenAIError {
  if (!(error instanceof OpenAIError)) return false;
  const { status = 0, isForeign } = error.details;
  if (error.reason === "invalid_response") return isForeign === true;
  return error.reason === "status" && (NOT_SERVED.has(status) || (isEncoded && status === 400));
}

/** Throws `failure` if there is no list either. */
async function findInList(client: OpenAIClient, id: string, signal: AbortSignal, failure: unknown) {
  const models = await listModels(client, signal).catch((error: unknown) => {
    throw error instanceof OpenAIError ? failure : error;
  });
  return models.find((model) => model.id === id);
}

/** A model with an id: under another name with some servers, or nothing else than that. */
function readModel(value: unknown): Model | undefined {
  if (typeof value === "string" && value !== "") return { id: value };
  if (!isRecord(value)) return undefined;
  // As OpenAI sends it.
  if (typeof value.id === "string" && value.id !== "" && value.owned_by !== undefined) return value as Model;
  const id = [value.id, value.name, value.model].find((name) => typeof name === "string" && name !== "");
  if (typeof id !== "string") return undefined;
  const owned_by = value.owned_by ?? value.organization;
  return value.id === id && value.owned_by === owned_by ? (value as Model) : { ...value, id, owned_by };
}
