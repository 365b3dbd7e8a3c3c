// Parses JSON from clients: checks its size before, and never quotes it. Knows neither HTTP nor GraphQL's parameters.
import { requestError } from "../errors/codes.ts";

/** Deepest nesting of objects and lists. Each level costs the parser memory: 8 MiB of `[` take hundreds of MB. */
const MAX_LEVELS = 256;
/**
 * Most values, counting members and list entries. This many small messages, parts or keys of `extraBody` block the server
 * for up to 0.1 seconds; a long chat with its tools and `logitBias` has a few thousand.
 */
const MAX_VALUES = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Yields the JSON value of the UTF-8 `bytes`. Ignores a byte order mark, as RFC 8259 (section 8.1) allows and some
 * editors need. Throws BAD_REQUEST (400), whose message calls the text `name`. The last of repeated keys counts, and
 * `__proto__` is an ordinary key.
 */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  const excess = findExcess(bytes);
  if (excess) throw requestError("BAD_REQUEST", 400, `${name} ${excess}`);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    // Not the parser's own message, which quotes the text.
    throw requestError("BAD_REQUEST", 400, `${name} ${notJson}`);
  }
}

/** Follows the name of a text in the message for one that is not JSON. */
export const notJson = "is not valid JSON in UTF-8.";

/**
 * What the text has too much of, nesting or values; undefined if it is within the limits. It need not be valid JSON. The
 * result follows the text's name in a message.
 */
export function findExcess(bytes: Uint8Array): string | undefined {
  let level = 0;
  let values = 1;
  for (let place = 0; place < bytes.length; place++) {
    const byte = bytes[place] as number;
    if (byte === QUOTE) place = findEnd(bytes, place);
    else if (byte === COMMA) values++;
    // One bit, 0x20, turns `[` into `{` and `]` into `}`.
    else if ((byte | 0x20) === 0x7b) {
      level++;
      values++;
    } else if ((byte | 0x20) === 0x7d) level--;
    if (level > MAX_LEVELS) return `must be nested at most ${MAX_LEVELS} levels deep.`;
    if (values > MAX_VALUES) return `must hold at most ${MAX_VALUES} values.`;
  }
  return undefined;
}

/** The index of the quote that ends the string which begins at `start`. */
function findEnd(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}
