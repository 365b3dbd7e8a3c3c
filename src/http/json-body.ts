// Reads a JSON request body from the socket, up to a limit. Knows no GraphQL.
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestError } from "../errors/codes.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { parseJson } from "./json-text.ts";
import { isLarge, whenItsTurn } from "./pace.ts";
import { continueBody, payloadTooLarge } from "./request-head.ts";

const EMPTY = Buffer.alloc(0);

/**
 * Yields the body's JSON value, at once if the body has come whole and is not long. Throws or rejects with PAYLOAD_TOO_LARGE
 * (413) as soon as the body is known to be larger than `maxBytes`, before reading it if Content-Length says so, and with
 * BAD_REQUEST (400) for what parseJson refuses or if the request breaks off. The bytes are counted in `held`, which may
 * refuse them: see HeldBytes.take.
 */
export function readJsonBody(req: IncomingMessage, res: ServerResponse, maxBytes: number, held: HeldBytes): unknown {
  const declared = Number(req.headers["content-length"] ?? 0);
  if (declared > maxBytes) throw payloadTooLarge(maxBytes);
  const parse = (body: Buffer) => {
    // What is in it is held twice from now on: as values, and as the text for the upstream.
    held.add(body.length);
    return parseJson(body, "The request body");
  };
  if (req.complete) return parse(takeBody(req, maxBytes, held));
  held.check(declared);
  continueBody(req, res);
  return readBody(req, maxBytes, held).then(parse);
}

/** The body of a request that has come whole, as most do: in one packet with the head. */
function takeBody(req: IncomingMessage, maxBytes: number, held: HeldBytes): Buffer {
  if (req.readableLength > maxBytes) throw payloadTooLarge(maxBytes);
  held.take(req.readableLength);
  return req.read() ?? EMPTY;
}

function readBody(req: IncomingMessage, maxBytes: number, held: HeldBytes): Promise<Buffer> {
  return new Promise((resolve, reject) => {
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
      if (!req.complete) reject(requestError("BAD_REQUEST", 400, "The request broke off."));
    };
    req.once("error", breakOff);
    req.once("close", breakOff);
  });
}
