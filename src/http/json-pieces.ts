// Results as JSON: small ones at once, large ones in pieces, made in several turns of the event loop. A long text that stands in
// a result many times is encoded once. The bytes are those of JSON.stringify.
import type { ExecutionResult } from "graphql";
import { codedError } from "../errors/codes.ts";
import { roomAfter } from "../json/json.ts";
import { KeptJson } from "../json/kept-json.ts";
import { Turns } from "../openai/client/turns.ts";
import type { HeldBytes } from "./held-bytes.ts";

/** What is written at once, in estimated characters. */
export const SMALL_LENGTH = 16 * 1024;
/** Longest piece, in characters of text: a few milliseconds. */
const PIECE_LENGTH = 256 * 1024;
/** Estimated characters; quotes, comma and colon are those of a value. */
export const JSON_LENGTHS = { value: 8, character: 1 };
/** The same, where values that are kept as bytes are written for themselves, however short they are. */
const PART_LENGTHS = { ...JSON_LENGTHS, kept: SMALL_LENGTH };

/** How many times as large as its largest result a whole stream may be: `soFar` grows with the square of the answer. */
const STREAM_FACTOR = 16;

/** The error for an answer that is larger than it may be. */
export function tooLarge(maxBytes: number): Error {
  return codedError("OPERATION_TOO_COMPLEX", `The answer has more than ${maxBytes} bytes; select less of it.`);
}

/** The bytes of a stream of results, of which each may have `maxBytes`. */
export class StreamBytes {
  readonly #most: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#most = maxBytes * STREAM_FACTOR;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Throws OPERATION_TOO_COMPLEX if there are more than a stream may have. */
  check(): void {
    if (this.#bytes <= this.#most) return;
    const problem = `The stream has more than ${this.#most} bytes; select less of it, or let everyMs join its chunks.`;
    throw codedError("OPERATION_TOO_COMPLEX", problem);
  }
}

/** Whether a result is known to have more than `maxBytes`, escapes and what is not ASCII left aside. */
export function isOver(result: ExecutionResult, maxBytes: number): boolean {
  return leftOf(result, maxBytes) < 0;
}

/** What a result is known to leave of `maxBytes`; negative for one that is larger. */
export function leftOf(result: ExecutionResult, maxBytes: number): number {
  return roomAfter(result, maxBytes, JSON_LENGTHS);
}

/** Whether a result can be written at once. */
export function isSmall(result: ExecutionResult): boolean {
  return roomAfter(result, SMALL_LENGTH, JSON_LENGTHS) >= 0;
}

/** A small result as JSON. Undefined for a large one: see encodeLarge. */
export function encodeSmall(result: ExecutionResult): string | undefined {
  return isSmall(result) ? JSON.stringify(result) : undefined;
}

/** A large result as JSON. What stands in it many times is there once. */
export interface LargeJson {
  readonly pieces: readonly Uint8Array[];
  /** The bytes of the result. */
  readonly length: number;
  /** The bytes in memory, as counted. */
  readonly heldBytes: number;
}

/**
 * Encodes a large result, as there is room for it in `held`. Throws OPERATION_TOO_COMPLEX as soon as it has more than
 * `maxBytes`. Stops early if `held` is released: then nobody is left to take it.
 */
export async function encodeLarge(result: unknown, maxBytes: number, held: HeldBytes): Promise<LargeJson> {
  const pieces = new Set<Uint8Array>();
  const all: Uint8Array[] = [];
  const turns = new Turns();
  let heldBytes = 0;
  let bytes = 0;
  if (turns.isOver()) await turns.next();
  for (const piece of piecesOf(result)) {
    bytes += piece.length;
    if (bytes > maxBytes) {
      held.giveBack(heldBytes);
      throw tooLarge(maxBytes);
    }
    all.push(piece);
    if (!pieces.has(piece)) {
      pieces.add(piece);
      heldBytes += piece.length;
      const room = held.takeInTurn(piece.length);
      if (room) await room;
    }
    if (turns.isOver()) await turns.next();
    if (held.isReleased) break;
  }
  return { pieces: all, length: bytes, heldBytes };
}

function* piecesOf(result: unknown): Generator<Uint8Array> {
  /** The pieces of each long text so far: the fields of one value under several aliases are the same text. */
  const known = new Map<string, readonly Uint8Array[]>();
  let text = "";

  function* write(value: unknown): Generator<Uint8Array> {
    if (value instanceof KeptJson) {
      if (text !== "") yield takeText();
      yield* value.write();
    } else if (typeof value === "string" && value.length > SMALL_LENGTH) yield* writeLong(value);
    else if (isOpen(value) && roomAfter(value, SMALL_LENGTH, PART_LENGTHS) < 0) yield* writeParts(value);
    else text += JSON.stringify(value);
    if (text.length > PIECE_LENGTH) yield takeText();
  }

  function* writeParts(value: object): Generator<Uint8Array> {
    const isList = Array.isArray(value);
    let separator = "";
    text += isList ? "[" : "{";
    for (const [key, part] of Object.entries(value)) {
      if (part === undefined) continue;
      text += isList ? separator : `${separator}${JSON.stringify(key)}:`;
      separator = ",";
      yield* write(part);
    }
    text += isList ? "]" : "}";
  }

  function* writeLong(value: string): Generator<Uint8Array> {
    if (text !== "") yield takeText();
    let pieces = known.get(value);
    if (pieces) yield* pieces;
    else {
      const made: Uint8Array[] = [];
      for (const piece of encodeText(value)) {
        made.push(piece);
        yield piece;
      }
      pieces = made;
      known.set(value, pieces);
    }
  }

  function takeText(): Uint8Array {
    const piece = Buffer.from(text);
    text = "";
    return piece;
  }

  yield* write(result);
  if (text !== "") yield takeText();
}

/** A string as JSON, in pieces. */
function* encodeText(value: string): Generator<Uint8Array> {
  for (let start = 0; start < value.length; ) {
    let end = Math.min(value.length, start + PIECE_LENGTH);
    // Both halves of a character stand in one piece.
    if (end < value.length && isHighSurrogate(value.charCodeAt(end - 1))) end++;
    const quoted = JSON.stringify(value.slice(start, end));
    const text = quoted.slice(start === 0 ? 0 : 1, end < value.length ? -1 : undefined);
    start = end;
    yield Buffer.from(text);
  }
}

function isHighSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xd800;
}

/** Whether a value is an object or a list of which each part is written for itself. */
function isOpen(value: unknown): value is object {
  return typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON !== "function";
}
