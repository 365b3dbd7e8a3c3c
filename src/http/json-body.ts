// Reads a JSON request body from the socket, up to a limit. Knows no GraphQL.
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestError } from "../errors/codes.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { parseJson } from "./json-text.ts";
import { isLarge, whenItsTurn } from "./pace.ts";
import { continueBody, payloadTooLarge } from "./request-head.ts";

const EMPTY = Buffer.alloc(0);

/**
 * Yields the body's JSON value. Throws PAYLOAD_TOO_LARGE (413) as soon as the body is known to be larger than
 * `maxBytes`, before reading it if Content-Length says so, and BAD_REQUEST (400) for what parseJson refuses or if the
 * request breaks off. The bytes are counted in `held`, which may refuse them: see HeldBytes.take.
 */
export async function readJsonBody(
  req: IncomingMessage,
  res: ServerResponse,
  maxBytes: number,
  held: HeldBytes,
): Promise<unknown> {
  const declared = Number(req.headers["content-length"] ?? 0);
  if (declared > maxBytes) throw payloadTooLarge(maxBytes);
  held.check(declared);
  continueBody(req, res);
  // Node reports a request before it parses what has come with the head.
  if (!req.complete) await untilParsed();
  const body = req.complete ? takeBody(req, maxBytes, held) : await readBody(req, maxBytes, held);
  // What is in it is held twice from now on: as values, and as the text for the upstream.
  held.add(body.length);
  return parseJson(body, "The request body");
}

/** Resolves when all that has come in this turn of the event loop is parsed. */
function untilParsed(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The body of a request that has come whole, as most do: in one packet with the head. */
function takeBody(req: IncomingMessage, maxBytes: number, held: HeldBytes): Buffer {
  if (req.readableLength > maxBytes) throw payloadTooLarge(maxBytes);
  held.take(req.readableLength);
  return req.read() ?? EMPTY;
}

function readBody(req: IncomingMessage, maxBytes: number, held: HeldBytes): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (req.destroyed) return reject(brokenOff());
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        if (bytes > maxBytes) throw payloadTooLarge(maxBytes);
        held.take(chunk.length);
        chunks.push(chunk);
        if (isLarge(chunk)) {
          req.pause();
          whenItsTurn(() => req.resume());
        }
      } catch (error) {
        req.off("data", onData).pause();
        chunks.length = 0;
        reject(error);
      }
    };
    req.on("data", onData);
    req.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const breakOff = () => {
      // Every request emits "close", most of them after the whole body.
      if (!req.complete) reject(brokenOff());
    };
    req.once("error", breakOff);
    req.once("close", breakOff);
  });
}

function brokenOff(): Error {
  return requestError("BAD_REQUEST", 400, "The request broke off.");
}
