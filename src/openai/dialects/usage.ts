// The tokens of a call, wherever and however a server tells them.
import { isRecord } from "../../json/json.ts";

type Fields = Record<string, unknown>;

/** No model uses more for one call. */
const MAX_TOKENS = 10_000_000;

/** OpenAI's fields, and other names for them; the first that is a count is taken. */
const NAMES = {
  prompt_tokens: ["prompt_tokens", "input_tokens", "prompt_eval_count"],
  completion_tokens: ["completion_tokens", "output_tokens", "generated_tokens", "eval_count"],
  total_tokens: ["total_tokens"],
} as const;
const CACHED = ["prompt_cache_hit_tokens", "cache_read_input_tokens", "cached_tokens"] as const;

/** Brings the usage of an answer or an event into the normal form: `usage`, with counts alone. */
export function putUsage(body: Fields): void {
  const found = findUsage(body);
  if (!found || isNormal(found)) {
    if (found && body.usage !== found) body.usage = found;
    return;
  }
  body.usage = normalised(found);
}

/** Whether there is nothing to be done: none at all, or one in OpenAI's form. */
export function hasNormalUsage({ usage, x_groq }: Fields): boolean {
  return usage === null || usage === undefined ? x_groq === undefined : isRecord(usage) && isNormal(usage);
}

function findUsage({ usage, x_groq, choices }: Fields): Fields | undefined {
  if (isRecord(usage)) return usage;
  if (isRecord(x_groq) && isRecord(x_groq.usage)) return x_groq.usage;
  if (!Array.isArray(choices)) return undefined;
  return choices.map((choice) => (isRecord(choice) ? choice.usage : undefined)).find(isRecord);
}

function isNormal({
  prompt_tokens,
  completion_tokens,
  total_tokens,
  prompt_cache_hit_tokens,
  cache_read_input_tokens,
}: Fields) {
  return (
    isCount(prompt_tokens) &&
    isCount(completion_tokens) &&
    isCount(total_tokens) &&
    prompt_cache_hit_tokens === undefined &&
    cache_read_input_tokens === undefined
  );
}

function normalised(usage: Fields): Fields {
  const counts: Fields = {};
  for (const [name, names] of Object.entries(NAMES)) {
    const count = firstCount(usage, names);
    counts[name] = count ?? null;
  }
  const cached = firstCount(usage, CACHED);
  const details = isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : undefined;
  const hasCached = details !== undefined && isCount(details.cached_tokens);
  if (cached !== undefined && !hasCached) counts.prompt_tokens_details = { ...details, cached_tokens: cached };
  return { ...usage, ...counts };
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

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS;
}
