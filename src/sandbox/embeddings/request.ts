// Owns the check of a request for vectors. https://platform.openai.com/docs/api-reference/embeddings/create
import * as zod from "zod";
import { HttpError } from "../shared/http-error.ts";
import { requireModel } from "../shared/models.ts";
import { integer, parseRequest } from "../shared/request-schema.ts";
import { decodeTokens, type Tokenizer } from "../shared/tokens.ts";

const maxInputs = 2_048;
const maxTokens = 8_192;
const maxTokensPerRequest = 300_000;
/** Longer texts are refused without counting: no real text of 8,192 tokens is that long. */
const maxCharacters = 200_000;

/** The longest vectors of each model, and whether it shortens them. */
const sizes: Readonly<Record<string, { size: number; shortens: boolean }>> = {
  "text-embedding-3-small": { size: 1_536, shortens: true },
  "text-embedding-3-large": { size: 3_072, shortens: true },
  "text-embedding-ada-002": { size: 1_536, shortens: false },
};

const text = zod.string().min(1);
const embeddingRequest = zod.strictObject({
  model: zod.string(),
  input: zod.union([
    text,
    zod.array(text).min(1).max(maxInputs),
    zod.array(zod.int()).min(1).max(maxInputs),
    zod.array(zod.array(zod.int()).min(1)).min(1).max(maxInputs),
  ]),
  dimensions: integer(1),
  encoding_format: zod.enum(["float", "base64"]).nullish(),
  user: zod.string().nullish(),
});

/** A checked request. */
export interface EmbeddingRequest {
  model: string;
  texts: readonly string[];
  tokens: number;
  /** The length of the model's own vectors. */
  size: number;
  dimensions: number;
  isBase64: boolean;
}

/** Throws 400 or 404 in OpenAI's words. */
export function readEmbeddingRequest(body: Record<string, unknown>, tokenizer: Tokenizer): EmbeddingRequest {
  const { model, input, dimensions, encoding_format: format } = parseRequest(embeddingRequest, body);
  requireModel(model, "embedding");
  const { size, shortens } = sizes[model] ?? { size: 1_536, shortens: false };
  if (dimensions != null && !shortens) throw new HttpError(400, "This model does not support specifying dimensions.");
  if (dimensions != null && dimensions > size) {
    const problem = `Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${size}.`;
    throw new HttpError(400, problem, { param: "dimensions" });
  }
  const texts = readTexts(input, tokenizer);
  const counts = texts.map((entry) => (entry.length > maxCharacters ? entry.length : tokenizer.count(entry)));
  const most = Math.max(...counts);
  if (most > maxTokens) {
    const problem = `This model's maximum context length is ${maxTokens} tokens, however you requested ${most} tokens (${most} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`;
    throw new HttpError(400, problem);
  }
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  if (tokens > maxTokensPerRequest) {
    const problem = `Requested ${tokens} tokens, max ${maxTokensPerRequest} tokens per request`;
    throw new HttpError(400, problem, { type: "max_tokens_per_request", code: "max_tokens_per_request" });
  }
  return { model, texts, tokens, size, dimensions: dimensions ?? size, isBase64: format === "base64" };
}

/** A list of numbers is one text cut into tokens; any other list is several texts. */
function readTexts(input: zod.output<typeof embeddingRequest>["input"], tokenizer: Tokenizer): string[] {
  if (typeof input === "string") return [input];
  const ranks = input.filter((entry) => typeof entry === "number");
  if (ranks.length > 0) return [decodeTokens(tokenizer.fromRanks(ranks))];
  return input.map((entry) => {
    if (typeof entry === "string") return entry;
    return typeof entry === "number" ? "" : decodeTokens(tokenizer.fromRanks(entry));
  });
}
