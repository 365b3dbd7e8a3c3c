// Owns the check of a legacy completion request: its fields, their ranges, and the rules between them.
// https://platform.openai.com/docs/api-reference/completions/create
import * as zod from "zod";
import { HttpError } from "../shared/http-error.ts";
import { requireModel } from "../shared/models.ts";
import { decimal, integer, parseRequest } from "../shared/request-schema.ts";
import type { Token, Tokenizer } from "../shared/tokens.ts";

const contextTokens = 4_097;
/** Longer prompts are refused without counting: no real text of 4,097 tokens is that long. */
const maxPromptCharacters = 100_000;
/** Prompts times n. More would only keep the process busy. */
const maxChoices = 2_048;

const completionRequest = zod.strictObject({
  model: zod.string(),
  prompt: zod
    .union([zod.string(), zod.array(zod.string()), zod.array(zod.int()), zod.array(zod.array(zod.int()))])
    .nullish(),
  suffix: zod.string().nullish(),
  max_tokens: integer(0),
  temperature: decimal(0, 2),
  top_p: decimal(0, 1),
  n: integer(1, 128),
  stream: zod.boolean().nullish(),
  stream_options: zod
    .strictObject({ include_usage: zod.boolean().nullish(), include_obfuscation: zod.boolean().nullish() })
    .nullish(),
  logprobs: integer(0, 5),
  echo: zod.boolean().nullish(),
  stop: zod.union([zod.string(), zod.array(zod.string()).max(4)]).nullish(),
  presence_penalty: decimal(-2, 2),
  frequency_penalty: decimal(-2, 2),
  best_of: integer(0, 20),
  logit_bias: zod.record(zod.string(), zod.number()).nullish(),
  seed: zod.number().nullish(),
  user: zod.string().nullish(),
});

export type CompletionRequest = zod.output<typeof completionRequest>;

/** The checked request and the tokens of each prompt. Throws 400 or 404 in OpenAI's words. */
export function readCompletionRequest(
  body: Record<string, unknown>,
  tokenizer: Tokenizer,
): { request: CompletionRequest; prompts: Token[][] } {
  const request = parseRequest(completionRequest, body);
  requireModel(request.model, "completion");
  checkFields(request);
  const prompts = readPrompts(request.prompt ?? "<|endoftext|>", tokenizer);
  if (prompts.length * (request.n ?? 1) > maxChoices) {
    const text = `Invalid 'prompt': prompts times 'n' must be at most ${maxChoices}.`;
    throw new HttpError(400, text, { param: "prompt", code: "array_above_max_length" });
  }
  for (const prompt of prompts) {
    if (prompt.length + (request.max_tokens ?? 16) > contextTokens) throw contextExceeded(`${prompt.length} tokens`);
  }
  return { request, prompts };
}

function checkFields({ best_of: bestOf, n: choiceCount, stream, stream_options: options }: CompletionRequest): void {
  if (bestOf != null && bestOf < (choiceCount ?? 1)) {
    const text =
      "You requested that the server return more choices than it will generate (HINT: you must set 'n' (currently " +
      `${choiceCount ?? 1}) to be at most 'best_of' (currently ${bestOf}), or omit either parameter if you don't ` +
      "specifically want to use them.)";
    throw new HttpError(400, text, { param: "best_of" });
  }
  if (options != null && stream !== true) {
    const text = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    throw new HttpError(400, text, { param: "stream_options" });
  }
}

/** A list of numbers is one prompt already cut into tokens; any other list is several prompts. */
function readPrompts(prompt: NonNullable<CompletionRequest["prompt"]>, tokenizer: Tokenizer): Token[][] {
  const given = Array.isArray(prompt) ? prompt : [prompt];
  if (given.length === 0) {
    const text =
      "Invalid 'prompt': empty array. Expected an array with minimum length 1, but got an empty array instead.";
    throw new HttpError(400, text, { param: "prompt", code: "empty_array" });
  }
  const ranks = given.filter((entry) => typeof entry === "number");
  if (ranks.length > 0) return [tokenizer.fromRanks(ranks)];
  const texts = given.filter((entry) => typeof entry === "string");
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > maxPromptCharacters) throw contextExceeded(`${characters} characters`);
  return given.map((entry) => {
    if (typeof entry === "string") return tokenizer.encode(entry);
    return typeof entry === "number" ? [] : tokenizer.fromRanks(entry);
  });
}

function contextExceeded(amount: string): HttpError {
  const text =
    `This model's maximum context length is ${contextTokens} tokens, however you sent ${amount} in your prompt. ` +
    "Please reduce your prompt; or completion length.";
  return new HttpError(400, text, { param: "prompt", code: "context_length_exceeded" });
}
