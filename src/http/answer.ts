// Sends whole answers, successes and refusals alike, and reads and discards what the client is still sending, so that
// the answer arrives. Most clients read only after they have sent, and lose it if the connection closes under them.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { GraphQLError } from "graphql";
import { type ErrorCode, errorCodes } from "../errors/codes.ts";
import { httpOf, showError } from "../errors/shown-error.ts";
import { untilNextTurn } from "../openai/client/turns.ts";
import { readAccepted } from "./acceptance.ts";
import { onTurn } from "./line.ts";
import { isLarge } from "./pace.ts";
import { requestIdOf } from "./request-id.ts";
import { hasBody } from "./request-target.ts";

/** The media types of a refusal; a client that names neither gets the first. */
const JSON_TYPES = ["application/json", "application/graphql-response+json"] as const;
/** Longest silence within the rest of a request before it is given up, in milliseconds. */
const MAX_SILENCE_MS = 2_000;
/** Most bytes of a request's rest that are read and discarded. */
const MAX_DISCARDED_BYTES = 64 * 2 ** 20;

/** Connections on which a refusal that closes them has been sent. */
const closing = new WeakSet<Socket>();

/** An answer whose body is complete. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Undefined where the status allows none (204, 304). */
  body: string | Uint8Array | undefined;
}

/**
 * Sends the answer as soon as its turn has come. If the request has not arrived whole, its rest is discarded within bounds
 * and the connection closes; otherwise the connection stays open. Headers that `res` already has are kept.
 */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: Answer): void {
  // A body that came in one packet with the head is parsed after this turn; `complete` is right only then.
  if (isWhole(req)) send(req, res, answer);
  else setImmediate(send, req, res, answer);
}

/**
 * Answers with errors alone: the status (its code's, or 400, by default) and headers come from the first one's
 * `extensions.http`, which the client does not see. Otherwise as sendAnswer.
 */
export function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  error: GraphQLError,
  ...others: readonly GraphQLError[]
): void {
  const { status = errorCodes[error.extensions.code as ErrorCode]?.status ?? 400, headers = {} } = httpOf(error);
  if (headers.connection === "close") closing.add(req.socket);
  const body = JSON.stringify({ errors: [error, ...others].map(showError) });
  sendAnswer(req, res, { status, headers: { "content-type": `${chooseType(req)}; charset=utf-8`, ...headers }, body });
}

/**
 * Whether a request follows one on the same connection that was refused with `connection: close`. It must not be served:
 * another reader may take it for a part of the refused one. https://www.rfc-editor.org/rfc/rfc9112#section-9.6-5
 */
export function isBehindRefusal(req: IncomingMessage): boolean {
  return closing.has(req.socket);
}

/**
 * Answers a request for an upgrade, for which Node makes no `res`, with the status and no body. Destroys the socket,
 * because a client that keeps its half of the connection open would delay the server's stop.
 */
export function refuseUpgrade(req: IncomingMessage, socket: Socket, status: string): void {
  const head = `HTTP/1.1 ${status}\r\nx-request-id: ${requestIdOf(req)}\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}

/**
 * Reads and discards the rest of a request that is answered early. Resolves once the request is complete, has broken off
 * or reaches a bound; `req.complete` tells which. Never rejects.
 */
export function discardRest(req: IncomingMessage): Promise<void> {
  if (req.complete || req.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const start = req.socket.bytesRead;
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, MAX_SILENCE_MS);
    // A multipart parser that is still attached gets no more: nobody needs what it would read.
    req.unpipe();
    req.on("data", (chunk: Buffer) => {
      timer.refresh();
      if (req.socket.bytesRead - start > MAX_DISCARDED_BYTES) return done();
      if (!isLarge(chunk)) return;
      req.pause();
      void untilNextTurn().then(() => {
        timer.refresh();
        req.resume();
      });
    });
    req.once("end", done);
    req.once("close", done);
    req.resume();
  });
}

function send(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): void {
  // At once, whosever turn it is: a connection that is not read does not show that its client has left.
  const rest = isWhole(req) ? undefined : discardRest(req);
  onTurn(res, () => {
    if (res.headersSent || res.destroyed) return;
    if (body !== undefined) res.setHeader("content-length", Buffer.byteLength(body));
    if (!isWhole(req)) res.setHeader("connection", "close");
    res.writeHead(status, headers);
    if (!rest || req.complete) return void res.end(body);
    // Not end(): Node would close the connection while the client is still sending.
    res.write(body ?? "");
    void rest.then(() => res.end());
  });
}

/** Node learns that a request without a body is complete only after it has reported it. */
function isWhole(req: IncomingMessage): boolean {
  return req.complete || !hasBody(req);
}

/** The first of the two that the client names. */
function chooseType(req: IncomingMessage): string {
  const named = readAccepted(req.headers.accept).find((name) => JSON_TYPES.some((type) => type === name));
  return named ?? JSON_TYPES[0];
}
