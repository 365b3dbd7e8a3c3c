// Reads the whole body of an upstream answer as text.

import { type CutText, KeptMembers } from "./bytes/kept-members.ts";
import { errors } from "./connections/undici.ts";
import type { Exchange } from "./exchange.ts";
import { Turns } from "./turns.ts";

/** A body over this size, in bytes, is decoded as it comes. */
const LARGE_BYTES = 256 * 1024;

/** Decodes text as fetch does: bytes that are not UTF-8 are replaced, and a byte order mark is left out. */
const decoder = new TextDecoder();

/** The part of an answer that its body is read from. */
type Body = Pick<Exchange, "headers" | "takeWhole" | "read" | "close">;

/**
 * Yields the text. A body whose Content-Length is over `maxBytes` is not read at all; undici stops any other. Throws as
 * `read` does.
 */
export function readText(answer: Body, maxBytes: number): string | Promise<string> {
  checkSize(answer, maxBytes);
  const whole = answer.takeWhole();
  return whole ? decode(whole) : readInTurns(answer);
}

/** The same without the long values of the members called `name`, which stay bytes: see KeptMembers. */
export async function readCutText(answer: Body, maxBytes: number, name: string): Promise<CutText> {
  checkSize(answer, maxBytes);
  const members = new KeptMembers(name);
  const turns = new Turns();
  for (let chunks = answer.takeWhole() ?? (await answer.read()); chunks; chunks = await answer.read()) {
    turns.begin();
    for (const chunk of chunks) {
      members.add(chunk);
      if (turns.isOver()) await turns.next();
    }
  }
  return members.end();
}

function checkSize(answer: Body, maxBytes: number): void {
  if (!(Number(answer.headers["content-length"]) > maxBytes)) return;
  answer.close(false);
  throw new errors.ResponseExceededMaxSizeError();
}

async function readInTurns(answer: Pick<Exchange, "read">): Promise<string> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let text = "";
  let stream: TextDecoder | undefined;
  const turns = new Turns();
  for (let chunks = await answer.read(); chunks; chunks = await answer.read()) {
    for (const chunk of chunks) {
      pieces.push(chunk);
      bytes += chunk.length;
    }
    if (bytes < LARGE_BYTES) continue;
    // All at once it would hold everybody else up, and take its memory twice.
    stream ??= new TextDecoder();
    turns.begin();
    for (const piece of pieces) {
      text += stream.decode(piece, { stream: true });
      if (turns.isOver()) await turns.next();
    }
    pieces = [];
  }
  return stream ? text + stream.decode() : decode(pieces);
}

function decode(pieces: readonly Uint8Array[]): string {
  return decoder.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
}
