// Owns POST /embeddings: vectors that can be compared, as numbers or in base64.
// https://platform.openai.com/docs/api-reference/embeddings/create
import { fullNameOf } from "../shared/models.ts";
import { loadTokenizer } from "../shared/tokens.ts";
import { readEmbeddingRequest } from "./request.ts";
import { createVector } from "./vector.ts";

/** The answer to a request. Throws 400 or 404 in OpenAI's words. */
export async function createEmbeddings(body: Record<string, unknown>): Promise<object> {
  const request = readEmbeddingRequest(body, await loadTokenizer());
  const data = request.texts.map((text, index) => {
    const vector = createVector(text, request.size, request.dimensions);
    return { object: "embedding", index, embedding: request.isBase64 ? toBase64(vector) : vector };
  });
  const usage = { prompt_tokens: request.tokens, total_tokens: request.tokens };
  return { object: "list", data, model: fullNameOf(request.model), usage };
}

/** 32-bit floats, little-endian. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [place, number] of vector.entries()) bytes.writeFloatLE(number, place * 4);
  return bytes.toString("base64");
}
