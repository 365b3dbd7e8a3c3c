// Reads a JSON request body from the socket, up to a limit. Knows no GraphQL.
import type { IncomingMessage } from "node:http";
import { requestError } from "./errors.ts";

/**
 * Yields the body's JSON value. Throws PAYLOAD_TOO_LARGE (413) as soon as the body is known to be larger than
 * `maxBytes`, before reading it where a Content-Length tells, and BAD_REQUEST (400) for what is not UTF-8 JSON.
 */
export async function readJsonBody(req: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (Number(req.headers["content-length"]) > maxBytes) throw tooLarge(maxBytes);
  const body = await readBody(req, maxBytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // The parser's own message quotes the body.
    throw requestError("BAD_REQUEST", 400, "The request body is not valid JSON in UTF-8.");
  }
}

function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        req.off("data", onData).pause();
        reject(tooLarge(maxBytes));
      } else {
        chunks.push(chunk);
      }
    };
    req.on("data", onData);
    req.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const breakOff = () => reject(requestError("BAD_REQUEST", 400, "The request broke off."));
    req.once("error", breakOff);
    req.once("close", breakOff);
  });
}

function tooLarge(maxBytes: number): Error {
  return requestError("PAYLOAD_TOO_LARGE", 413, `The request body must be at most ${maxBytes} bytes.`);
}
