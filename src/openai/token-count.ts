// How many tokens a text has, estimated from its length: a tokenizer would cost more than it is worth, and knows only its
// own vendor's models.
import { isRecord } from "./client/json.ts";

/** Bytes of a word in a token: a little under what English has, about what other scripts have in UTF-8. */
const BYTES_PER_TOKEN = 3;
/** Deeper JSON is not counted: an upstream may nest its answers without limit. */
const MAX_DEPTH = 64;

/** The tokens of all texts in a JSON value, and of the names in it: a model reads those of tools and schemas as well. */
export function countText(value: unknown): number {
  return countWithin(value, true, 0);
}

/** The tokens of an object's fields and of their names, except those in `except`. */
export function countFields(body: Readonly<Record<string, unknown>>, except: ReadonlySet<string>): number {
  let tokens = 0;
  for (const name in body) if (!except.has(name)) tokens += countWords(name) + countWithin(body[name], true, 1);
  return tokens;
}

/** The tokens that a model has written, in an answer's message or a stream's delta. Its role and field names do not count. */
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
