// Answers what node:http cannot read as a request: a head that is too large, malformed bytes, a request that takes too long.
// Node's own answers have no body. https://nodejs.org/api/http.html#event-clienterror
import { maxHeaderSize } from "node:http";
import type { Socket } from "node:net";
import { requestError } from "../errors/codes.ts";
import { showError } from "../errors/shown-error.ts";
import { hasAnswerBegun } from "../http/line.ts";

/** How long a client may go on sending what nobody reads, in milliseconds: most read only after they have sent. */
const LINGER_MS = 1_000;

const TOO_LARGE = `The request's line and headers must be at most ${maxHeaderSize} bytes: send variables in a POST's body, and fewer cookies.`;

/** By the error's code: the status with its phrase, and the message. */
const ANSWERS: Readonly<Record<string, readonly [status: number, phrase: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", TOO_LARGE],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "Payload Too Large", "The extensions of the request's chunks are too long."],
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    "Request Timeout",
    "The request did not come whole within the time that it may take.",
  ],
};
const MALFORMED = [400, "Bad Request", "The request is not HTTP/1.1."] as const;

/** Connections that are ending. The parser goes on to fail on what still comes. */
const ending = new WeakSet<Socket>();

/**
 * For the server's `clientError` event: answers, unless an answer on the connection has begun, and ends the connection. Calls
 * `onRefuse` with the status of what it has answered.
 */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
  onRefuse: (status: string) => void,
): void {
  if (ending.has(socket)) return;
  ending.add(socket);
  if (!socket.writable || hasAnswerBegun(socket)) return void socket.destroy();
  const [status, phrase, message] = ANSWERS[error.code ?? ""] ?? MALFORMED;
  const body = JSON.stringify({ errors: [showError(requestError("BAD_REQUEST", status, message))] });
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "x-content-type-options: nosniff",
    "cache-control: no-store",
    "connection: close",
  ];
  onRefuse(String(status));
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}
