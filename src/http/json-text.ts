// JSON from clients: bounded before it is parsed, and never quoted. Knows neither HTTP nor GraphQL's parameters.
import { requestError } from "../errors/codes.ts";

/** Deepest nesting of objects and lists. Each level costs the parser memory, of which 8 MiB of `[` take hundreds of MB. */
const MAX_LEVELS = 256;
/**
 * Most values, members and entries alike. As small messages, parts or keys of `extraBody` so many take the server up to a
 * tenth of a second, with all others waiting; a long chat with its tools and `logitBias` has some thousands.
 */
const MAX_VALUES = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Yields the JSON value of the UTF-8 `bytes`; a byte order mark before it is passed over, as RFC 8259 (section 8.1)
 * allows and some editors need. Throws BAD_REQUEST (400) that calls the text `name`. A repeated key has its last value,
 * and `__proto__` is a key as any other.
 */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  const excess = findExcess(bytes);
  if (excess) throw requestError("BAD_REQUEST", 400, `${name} ${excess}`);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    // The parser's own message quotes the text.
    throw requestError("BAD_REQUEST", 400, `${name} ${notJson}`);
  }
}

/** What is wrong with text that is no JSON, to be put behind its name. */
export const notJson = "is not valid JSON in UTF-8.";

/**
 * What the text, be it JSON or not, has too much of: objects and lists inside of each other, or values. To be put behind
 * its name.
 */
export function findExcess(bytes: Uint8Array): string | undefined {
  let level = 0;
  let values = 1;
  for (let place = 0; place < bytes.length; place++) {
    const byte = bytes[place] as number;
    if (byte === QUOTE) place = findEnd(bytes, place);
    else if (byte === COMMA) values++;
    // `[` and `{`, `]` and `}`: each pair differs in one bit.
    else if ((byte | 0x20) === 0x7b) {
      level++;
      values++;
    } else if ((byte | 0x20) === 0x7d) level--;
    if (level > MAX_LEVELS) return `must be nested at most ${MAX_LEVELS} levels deep.`;
    if (values > MAX_VALUES) return `must hold at most ${MAX_VALUES} values.`;
  }
  return undefined;
}

/** The place of the quote that ends the string begun at `start`. */
function findEnd(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}
