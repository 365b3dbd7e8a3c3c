// The adapter of embeddings: POST /embeddings.
// https://platform.openai.com/docs/api-reference/embeddings/create
import type { EmbeddingCreateParams, CreateEmbeddingResponse as OpenAIEmbeddings } from "openai/resources/embeddings";
import { isRecord, type Unchecked } from "../../json/json.ts";
import { expectAnswer } from "../client/answer.ts";
import type { OpenAIClient } from "../client/client.ts";
import { defineEndpoint } from "../client/endpoint.ts";
import { countText } from "../token-count.ts";
import { readInputUsage } from "../usage.ts";
import { readVectors, type Vectors } from "./vectors.ts";

/** Fields that are typed here by hand: texts only, no lists of tokens. */
interface ByHand {
  input: string | readonly string[];
}

/** The wire body. A field of OpenAI's that is not here does not compile where the body is built. */
export type EmbeddingRequest = {
  [Key in keyof EmbeddingCreateParams]: Key extends keyof ByHand ? ByHand[Key] : EmbeddingCreateParams[Key];
};

export type EmbeddingsUsage = Unchecked<OpenAIEmbeddings.Usage>;

/** An answer with a vector for each text; every other field as the upstream sent it. */
export type Embeddings = Omit<Unchecked<OpenAIEmbeddings>, "data"> & { readonly vectors: Vectors };

export const EMBEDDINGS = defineEndpoint({
  method: "POST",
  path: "/embeddings",
  modelIn: "body",
  keptMember: "embedding",
  isPaid: true,
  operationName: "embeddings",
  estimate: ({ json }) => ({
    prompt: countText(isRecord(json) ? json.input : ""),
    output: 0,
    choices: 1,
    isCapped: true,
  }),
  readUsage: readInputUsage,
  countOutput: () => 0,
  hasOutput: () => false,
});

/** Asks for the vectors of texts. Throws OpenAIError, also if a 2xx does not hold them: see readVectors. */
export async function createEmbeddings(
  client: OpenAIClient,
  request: EmbeddingRequest,
  signal: AbortSignal,
): Promise<Embeddings> {
  const body = await client.request({ endpoint: EMBEDDINGS, json: request }, signal);
  const { data, ...others } = expectAnswer<OpenAIEmbeddings>(body, "data", EMBEDDINGS);
  const vectors = readVectors(data, typeof request.input === "string" ? 1 : request.input.length);
  return { ...others, vectors };
}
