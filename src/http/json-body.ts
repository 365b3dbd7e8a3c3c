// Reads a JSON request body from the socket, up to a limit. Knows no GraphQL.
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestError } from "../errors/codes.ts";
import { parseJson } from "./json-text.ts";
import { continueBody, payloadTooLarge } from "./request-head.ts";

/**
 * Yields the body's JSON value. Throws PAYLOAD_TOO_LARGE (413) as soon as the body is known to be larger than
 * `maxBytes`, before reading it if Content-Length says so, and BAD_REQUEST (400) for what parseJson refuses or if the
 * request breaks off.
 */
export async function readJsonBody(req: IncomingMessage, res: ServerResponse, maxBytes: number): Promise<unknown> {
  if (Number(req.headers["content-length"]) > maxBytes) throw payloadTooLarge(maxBytes);
  continueBody(req, res);
  return parseJson(await readBody(req, maxBytes), "The request body");
}

function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        req.off("data", onData).pause();
        reject(payloadTooLarge(maxBytes));
      } else {
        chunks.push(chunk);
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
