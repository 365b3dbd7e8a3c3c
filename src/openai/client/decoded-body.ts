// Bodies that come compressed although nobody asked for it: decoded as they come, within bounds.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.4
import { once } from "node:events";
import type { Transform } from "node:stream";
import * as allOfZlib from "node:zlib";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import type { AnswerBytes } from "./bytes/arrived.ts";
import { errors } from "./connections/undici.ts";
import type { Exchange } from "./exchange.ts";

type CreateDecoder = (start: Uint8Array) => Transform | undefined;

/** Each yields nothing if the body does not begin as its coding does: then the label is wrong. */
const gzip: CreateDecoder = (start) => (beginsWith(start, 0x1f, 0x8b) ? createGunzip() : undefined);
const decoders: ReadonlyMap<string, CreateDecoder> = new Map([
  ["gzip", gzip],
  ["x-gzip", gzip],
  [
    "deflate",
    // With zlib's head, as the standard has it, or without, as some servers send it.
    (start) => {
      const [first = 0, second = 0] = start;
      if ((first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0) return createInflate();
      return isPlain(start) ? undefined : createInflateRaw();
    },
  ],
  ["br", (start) => (isPlain(start) ? undefined : createBrotliDecompress())],
  ["zstd", (start) => (beginsWith(start, 0x28, 0xb5, 0x2f, 0xfd) ? createZstd() : undefined)],
]);
/** How many bytes tell whether a body is in its coding. */
const TELLING_BYTES = 16;
// biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of them
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** Whether the answer says that its body is compressed. */
export function isEncoded({ headers }: Exchange): boolean {
  return headers["content-encoding"] !== undefined && decoders.has(codingOf(headers));
}

/**
 * The answer with its body decoded. It is an error if it is no such body, or has more than `maxBytes`; `held` counts what is
 * decoded until it is forgotten.
 */
export function decodeBody(exchange: Exchange, maxBytes: number, held: AnswerBytes | undefined): Exchange {
  const create = decoders.get(codingOf(exchange.headers));
  const { "content-encoding": _, "content-length": __, ...headers } = exchange.headers;
  let decoder: Transform | undefined;
  let isOpen = false;
  let bytes = 0;
  let heldBytes = 0;
  let wake = () => {};

  async function pour(first: readonly Uint8Array[], into: Transform): Promise<void> {
    try {
      for (let chunks: readonly Uint8Array[] | undefined = first; chunks; chunks = await exchange.read()) {
        for (const chunk of chunks) if (!into.write(chunk)) await once(into, "drain");
      }
      into.end();
    } catch (error) {
      into.destroy(error as Error);
    }
  }

  async function open(): Promise<readonly Uint8Array[] | undefined> {
    isOpen = true;
    const first: Uint8Array[] = [];
    let start: Uint8Array = new Uint8Array();
    while (start.length < TELLING_BYTES) {
      const chunks = await exchange.read();
      if (!chunks) break;
      first.push(...chunks);
      start = Buffer.concat(first);
    }
    decoder = create?.(start);
    if (!decoder) return first.length > 0 ? first : undefined;
    for (const event of ["readable", "end", "close", "error"]) decoder.on(event, () => wake());
    void pour(first, decoder);
    return readDecoded(decoder);
  }

  async function readDecoded(from: Transform): Promise<readonly Uint8Array[] | undefined> {
    for (;;) {
      if (from.errored) throw toBreak(from.errored);
      const chunk: Buffer | null = from.read();
      if (chunk) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new errors.ResponseExceededMaxSizeError();
        heldBytes += chunk.length;
        const room = held?.takeInTurn(chunk.length);
        if (room) await room;
        return [chunk];
      }
      if (from.readableEnded || from.destroyed) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    statusCode: exchange.statusCode,
    headers,
    takeWhole: () => undefined,
    read: () => (!isOpen ? open() : decoder ? readDecoded(decoder) : exchange.read()),
    forget() {
      exchange.forget();
      held?.giveBack(heldBytes);
      heldBytes = 0;
    },
    close(isAboutToEnd) {
      decoder?.destroy();
      exchange.close(isAboutToEnd);
    },
  };
}

function codingOf(headers: Exchange["headers"]): string {
  return String(headers["content-encoding"] ?? "")
    .trim()
    .toLowerCase();
}

/** What zlib finds wrong with the bytes is a broken answer; what undici threw stays. */
function toBreak(error: Error): Error {
  const isCutOff = (error as NodeJS.ErrnoException).code === "Z_BUF_ERROR";
  const isZlib = /^(?:Z_|ERR__ERROR|ERR_BROTLI|ZSTD)/.test(String((error as NodeJS.ErrnoException).code));
  return isZlib && !isCutOff ? new errors.HTTPParserError("The body is not in its coding.") : error;
}

/** Whether a body begins as text. These codings have no sign of their own, and may begin with a brace or a bracket. */
function isPlain(start: Uint8Array): boolean {
  try {
    return !CONTROL.test(new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true }));
  } catch {
    return false;
  }
}

function beginsWith(bytes: Uint8Array, ...start: number[]): boolean {
  return start.every((byte, place) => bytes[place] === byte);
}

/** From Node 22.15 on. */
function createZstd(): Transform | undefined {
  const { createZstdDecompress } = allOfZlib as { createZstdDecompress?: () => Transform };
  return createZstdDecompress?.();
}
