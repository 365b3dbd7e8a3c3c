// The adapter of the model endpoints: GET /models and GET /models/{model}.
// https://platform.openai.com/docs/api-reference/models
import type { Model as OpenAIModel } from "openai/resources/models";
import type { OpenAIClient } from "./client/client.ts";
import { defineEndpoint } from "./client/endpoint.ts";
import { OpenAIError } from "./client/errors.ts";
import { isRecord, type Unchecked } from "./client/json.ts";

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

/** Lists the models of the upstream, those without a name left out. Throws OpenAIError. */
export async function listModels(client: OpenAIClient, signal: AbortSignal): Promise<Model[]> {
  const body = await client.request({ endpoint: MODELS }, signal);
  // Some compatible servers send the list itself. If that is empty, it is not an answer.
  const models = Array.isArray(body) && body.length > 0 ? body : isRecord(body) ? body.data : undefined;
  if (!Array.isArray(models))
    throw new OpenAIError("invalid_response", `The upstream's answer to ${MODELS.name} holds no data.`);
  return models.filter(isModel);
}

/**
 * Yields one model, or null if the upstream has no model of that name (404). Throws OpenAIError, also for a 404 that is
 * a web server's page: then the API itself is missing.
 */
export async function retrieveModel(client: OpenAIClient, id: string, signal: AbortSignal): Promise<Model | null> {
  try {
    const body = await client.request({ endpoint: MODEL, pathParameters: { model: id } }, signal);
    if (isModel(body)) return body;
  } catch (error) {
    if (error instanceof OpenAIError && error.details.status === 404 && !error.details.isForeign) return null;
    throw error;
  }
  throw new OpenAIError("invalid_response", `The upstream's answer to ${MODEL.name} holds no model.`);
}

function isModel(value: unknown): value is Model {
  return isRecord(value) && typeof value.id === "string" && value.id !== "";
}
