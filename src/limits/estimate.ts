// How many tokens an upstream call may use, before it is made. Estimates by length: a tokenizer would cost more than it tells, and knows its own vendor's models only.
import type { UpstreamRequest } from "../openai/client/attempt.ts";
import { isRecord } from "../openai/client/json.ts";

/** Bytes of a word in a token: a little under what English has, about what other scripts have in UTF-8. */
const BYTES_PER_TOKEN = 3;
/** An image, a sound or a document in a prompt, at least. OpenAI counts pixels, seconds and pages. */
const TOKENS_PER_MEDIUM = 3_000;
/** Characters of base64 in a token of a sound or a document, of which much may be text. */
const BASE64_PER_TOKEN = 4;
/** Deeper JSON is not counted: an upstream may nest its answers without an end. */
const MAX_DEPTH = 64;
/** The output of a choice whose length the caller does not cap. */
const UNCAPPED_OUTPUT_TOKENS = 16_384;
/** A GPT image model's dearest picture, 1024 × 1536 at high quality, with its part of the input. */
const TOKENS_PER_IMAGE = 8_000;

/** A request's fields that are no text, or text of another kind. */
const COUNTED_ELSEWHERE = new Set(["messages", "prompt", "n", "best_of", "max_tokens", "max_completion_tokens"]);
const CONTENT = new Set(["content"]);

/** The tokens of one call. */
export interface TokenEstimate {
  prompt: number;
  /** All choices together. */
  output: number;
  choices: number;
  /** Whether the caller capped the output: the upstream then gives no more. */
  isCapped: boolean;
}

/** Estimates a call that makes something. */
export function estimateTokens({ path, json, multipart }: UpstreamRequest): TokenEstimate {
  // The models that make variations are not billed by tokens; those that make edits are.
  const images = Number(multipart?.n ?? 1);
  const perImage = path === "/images/edits" ? TOKENS_PER_IMAGE : 0;
  if (multipart) return { prompt: 0, output: images * perImage, choices: images, isCapped: true };
  const body: Record<string, unknown> = isRecord(json) ? json : {};
  const { messages, prompt, n, best_of, max_tokens, max_completion_tokens } = body;
  const caps = [max_tokens, max_completion_tokens].filter((cap) => typeof cap === "number");
  const prompts = Array.isArray(prompt) ? prompt.length : 1;
  const choices = Math.max(1, Number(n ?? 1), Number(best_of ?? 1)) * prompts;
  return {
    prompt: countMessages(messages) + countText(prompt) + countFields(body, COUNTED_ELSEWHERE),
    output: choices * (caps.length > 0 ? Math.max(...caps) : UNCAPPED_OUTPUT_TOKENS),
    choices,
    isCapped: caps.length > 0,
  };
}

/** The tokens of any JSON value's texts, and of the names in it: a model reads those of tools and schemas as well. */
function countText(value: unknown): number {
  return countWithin(value, true, 0);
}

/** The tokens of an object's fields and of their names, but for some. */
function countFields(body: Record<string, unknown>, except: ReadonlySet<string>): number {
  let tokens = 0;
  for (const name in body) if (!except.has(name)) tokens += countWords(name) + countWithin(body[name], true, 1);
  return tokens;
}

/** The tokens of what a model has said, in an answer's message or a stream's delta; its role and the names are form. */
export function countSaid(said: unknown): number {
  if (!isRecord(said)) return countWithin(said, false, 1);
  let tokens = 0;
  for (const name in said) if (name !== "role") tokens += countWithin(said[name], false, 1);
  return tokens;
}

function countWithin(value: unknown, withNames: boolean, depth: number): number {
  if (typeof value === "string") return countWords(value);
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return 0;
  let tokens = 0;
  if (Array.isArray(value)) {
    for (const entry of value) tokens += countWithin(entry, withNames, depth + 1);
    return tokens;
  }
  for (const name in value) {
    if (withNames) tokens += countWords(name);
    tokens += countWithin((value as Record<string, unknown>)[name], withNames, depth + 1);
  }
  return tokens;
}

/** Digits and signs are tokens of their own at worst; letters and blanks come together. */
function countWords(text: string): number {
  let signs = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 32 || code > 127;
    if (!isLetter) signs++;
  }
  return signs + Math.ceil((Buffer.byteLength(text) - signs) / BYTES_PER_TOKEN);
}

function countMessages(messages: unknown): number {
  if (!Array.isArray(messages)) return 0;
  let tokens = 0;
  for (const message of messages.filter(isRecord)) {
    const { content } = message;
    tokens += countFields(message, CONTENT);
    if (!Array.isArray(content)) tokens += countText(content);
    else
      for (const part of content.filter(isRecord))
        tokens += "text" in part || "refusal" in part ? countText(part) : countMedium(part);
  }
  return tokens;
}

/** An image costs by its size in pixels, whatever its bytes; a sound and a document by their length. */
function countMedium({ input_audio, file }: Record<string, unknown>): number {
  const { data } = isRecord(input_audio) ? input_audio : {};
  const { file_data } = isRecord(file) ? file : {};
  const base64 = [data, file_data].find((text) => typeof text === "string") ?? "";
  return Math.max(TOKENS_PER_MEDIUM, Math.ceil(String(base64).length / BASE64_PER_TOKEN));
}
