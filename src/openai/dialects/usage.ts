// The tokens of a call, wherever and however a server tells them.
import { isRecord } from "../../json/json.ts";

type Fields = Record<string, unknown>;

/** No model uses more for one call. */
const MAX_TOKENS = 10_000_000;

/** OpenAI's fields, and other names for them; the first that is a count is taken. */
const NAMES = {
  prompt_tokens: ["prompt_tokens", "input_tokens", "prompt_eval_count", "promptTokens", "promptTokenCount"],
  completion_tokens: [
    ...["completion_tokens", "output_tokens", "generated_tokens", "eval_count"],
    ...["completionTokens", "candidatesTokenCount"],
  ],
  total_tokens: ["total_tokens", "totalTokens", "totalTokenCount"],
} as const;
/** Other places of what OpenAI has in the details. */
const CACHED = ["prompt_cache_hit_tokens", "cache_read_input_tokens", "cached_tokens"] as const;
const REASONING = ["reasoning_tokens"] as const;
const NOT_TOLD: readonly undefined[] = [];

/** The fields that the normal form has under their own names. */
export const TOLD_ELSEWHERE: readonly string[] = [...Object.values(NAMES).flat(), ...CACHED, ...REASONING];

/** Brings the usage of an answer or an event into the normal form: `usage`, with counts alone. */
export function putUsage(body: Fields, choices: readonly Fields[]): void {
  const { usage } = body;
  if (isRecord(usage)) {
    if (!isNormal(usage)) body.usage = normalised(usage);
    return;
  }
  const found = takeUsage(body) ?? choices.map((choice) => choice.usage).find(isRecord);
  if (found) body.usage = normalised(found);
}

/** Groq's. What else stands there is left. */
function takeUsage(body: Fields): Fields | undefined {
  const { x_groq } = body;
  if (!isRecord(x_groq) || !isRecord(x_groq.usage)) return undefined;
  const { usage, ...rest } = x_groq;
  if (Object.keys(rest).length > 0) body.x_groq = rest;
  else delete body.x_groq;
  return usage as Fields;
}

function isNormal(usage: Fields): boolean {
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details, completion_tokens_details } = usage;
  return (
    isCount(prompt_tokens) &&
    isCount(completion_tokens) &&
    isCount(total_tokens) &&
    isPossible(prompt_tokens, completion_tokens) &&
    areCounts(prompt_tokens_details) &&
    areCounts(completion_tokens_details) &&
    CACHED.every((name) => usage[name] === undefined) &&
    REASONING.every((name) => usage[name] === undefined)
  );
}

function normalised(usage: Fields): Fields {
  let [prompt, completion, total] = Object.values(NAMES).map((names) => firstCount(usage, names));
  if (!isPossible(prompt, completion)) [prompt, completion, total] = NOT_TOLD;
  const counts: Fields = {
    ...usage,
    prompt_tokens: prompt ?? null,
    completion_tokens: completion ?? null,
    total_tokens: total ?? null,
  };
  putDetail(counts, "prompt_tokens_details", "cached_tokens", firstCount(usage, CACHED));
  putDetail(counts, "completion_tokens_details", "reasoning_tokens", firstCount(usage, REASONING));
  return counts;
}

/** Counts alone stay in the details. `count`, told elsewhere, is one of them unless they have it. */
function putDetail(usage: Fields, name: string, detail: string, count: number | undefined): void {
  const details: Fields = {};
  if (count !== undefined) details[detail] = count;
  const told = usage[name];
  if (isRecord(told)) for (const field in told) details[field] = readCount(told[field]) ?? details[field] ?? null;
  if (isRecord(told) || count !== undefined) usage[name] = details;
}

function firstCount(usage: Fields, names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = readCount(usage[name]);
    if (count !== undefined) return count;
  }
  return undefined;
}

/** A count, rounded; undefined for what no model can have used. */
function readCount(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= MAX_TOKENS ? Math.round(value) : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS;
}

function isPossible(prompt = 0, completion = 0): boolean {
  return prompt + completion <= MAX_TOKENS;
}

function areCounts(details: unknown): boolean {
  if (!isRecord(details)) return true;
  for (const name in details) if (details[name] !== null && !isCount(details[name])) return false;
  return true;
}
