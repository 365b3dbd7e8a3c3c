// How many tokens a text has, estimated from its length: a tokenizer would cost more than it is worth, and knows only its
// own vendor's models.
import { isRecord } from "../json/json.ts";

/** The least that an image, a sound or a document in a prompt counts. OpenAI counts pixels, seconds and pages. */
export const TOKENS_PER_MEDIUM = 3_000;

/** Bytes of a word in a token: a little under what English has, about what other scripts have in UTF-8. */
const BYTES_PER_TOKEN = 3;
/** Deeper JSON is not counted: an upstream may nest its answers without limit. */
const MAX_DEPTH = 64;
/** How much is looked at letter by letter, in UTF-16 units; what follows is taken to be like it. */
const MAX_LOOKED_AT = 2 ** 20;

/** The tokens of all texts in a JSON value, and of the names in it: a model reads those of tools and schemas as well. */
export function countText(value: unknown): number {
  const count = new TokenCount(true);
  count.addValue(value, 0);
  return count.tokens;
}

/** The tokens of an object's fields and of their names, except those in `except`. */
export function countFields(body: Readonly<Record<string, unknown>>, except: ReadonlySet<string>): number {
  const count = new TokenCount(true);
  for (const name in body) {
    if (except.has(name)) continue;
    count.addWords(name);
    count.addValue(body[name], 1);
  }
  return count.tokens;
}

/** The tokens that a model has written, in an answer's message or a stream's delta. Its role and field names do not count. */
export function countSaid(said: unknown): number {
  const count = new TokenCount(false);
  if (isRecord(said)) {
    for (const name in said) if (name !== "role") count.addValue(said[name], 1);
  } else count.addValue(said, 1);
  return count.tokens;
}

class TokenCount {
  tokens = 0;
  #lookedAt = 0;
  #signs = 0;
  readonly #withNames: boolean;

  constructor(withNames: boolean) {
    this.#withNames = withNames;
  }

  addValue(value: unknown, depth: number): void {
    if (typeof value === "string") this.addWords(value);
    else if (Array.isArray(value)) {
      if (depth <= MAX_DEPTH) for (const entry of value) this.addValue(entry, depth + 1);
    } else if (isRecord(value) && depth <= MAX_DEPTH) {
      for (const name in value) {
        if (this.#withNames) this.addWords(name);
        this.addValue(value[name], depth + 1);
      }
    }
  }

  /** Digits and signs are tokens of their own at worst; letters and blanks come together. */
  addWords(text: string): void {
    const end = Math.min(text.length, MAX_LOOKED_AT - this.#lookedAt);
    let signs = 0;
    for (let index = 0; index < end; index++) {
      const code = text.charCodeAt(index);
      const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 32 || code > 127;
      if (!isLetter) signs++;
    }
    this.#lookedAt += end;
    this.#signs += signs;
    if (end < text.length) signs += Math.round(((text.length - end) * this.#signs) / this.#lookedAt);
    this.tokens += signs + Math.ceil((Buffer.byteLength(text) - signs) / BYTES_PER_TOKEN);
  }
}
