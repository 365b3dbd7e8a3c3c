// Parses JSON from clients: checks its size before, and never quotes it. Knows neither HTTP nor GraphQL's parameters.
import { isUtf8 } from "node:buffer";
import { requestError } from "../errors/codes.ts";
import { markNumbers, readMarks } from "../json/exact-numbers.ts";
import { JsonScan } from "../json/json.ts";
import { untilNextTurn } from "../openai/client/turns.ts";

/**
 * Most values, counting members and list entries. This many small messages or parts keep the event loop for 30 ms; a long
 * chat with its tools and `logitBias` has a few thousand.
 */
const MAX_VALUES = 20_000;
/** What is looked through in one turn of the event loop, in characters: about 5 ms. */
const SCAN_LENGTH = 2 ** 20;

const BYTE_ORDER_MARK = "\ufeff";

/**
 * Yields the JSON value of the UTF-8 `bytes`, or a promise of it for a long text, which is read in several turns of the event
 * loop. Ignores a byte order mark, as RFC 8259 (section 8.1) allows and some editors need. Throws or rejects with BAD_REQUEST
 * (400), whose message calls the text `name`. The last of repeated keys counts, and `__proto__` is an ordinary key. Digits that
 * no double holds are remembered: see exact-numbers.
 */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  const text = decode(bytes, name);
  if (text.length >= SCAN_LENGTH) return parseLong(text, name);
  const excess = findExcess(text);
  if (excess) throw tooMuch(name, excess);
  return parse(text, markNumbers(text), name);
}

async function parseLong(text: string, name: string): Promise<unknown> {
  const scan = new JsonScan(text, MAX_VALUES);
  while (!scan.isDone) {
    await untilNextTurn();
    const excess = scan.findExcess(SCAN_LENGTH);
    if (excess) throw tooMuch(name, excess);
  }
  await untilNextTurn();
  const marked = markNumbers(text);
  await untilNextTurn();
  const value = parse(text, marked, name);
  await untilNextTurn();
  return value;
}

/** What a client's text has too much of, nesting or values; undefined if it is within the limits. It need not be valid JSON. */
export function findExcess(text: string): string | undefined {
  return new JsonScan(text, MAX_VALUES).findExcess();
}

/** Follows the name of a text in the message for one that is not JSON. */
export const notJson = "is not valid JSON in UTF-8.";

/** Not by TextDecoder, which takes several times as long to find what is not UTF-8. */
function decode(bytes: Uint8Array, name: string): string {
  if (!isUtf8(bytes)) throw notValid(name);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function parse(text: string, marked: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(marked);
    return marked === text ? value : readMarks(value);
  } catch {
    // Not the parser's own message, which quotes the text.
    throw notValid(name);
  }
}

function tooMuch(name: string, excess: string): Error {
  return requestError("BAD_REQUEST", 400, `${name} ${excess}`);
}

function notValid(name: string): Error {
  return requestError("BAD_REQUEST", 400, `${name} ${notJson}`);
}
