// Answers a request that goes no further, ahead of Yoga and before its body is read, so that the answer arrives.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { GraphQLError } from "graphql";
import { httpOf, showError } from "../errors/shown-error.ts";
import { readAccepted } from "./accept.ts";
import { readAway } from "./read-away.ts";
import { requestIdOf } from "./request-id.ts";

/** The media types of a refusal; the first is what a client gets that asks for neither. */
const JSON_TYPES = ["application/json", "application/graphql-response+json"] as const;

/** Those that close once a refusal has been sent. */
const closing = new WeakSet<Socket>();

/**
 * Whether a request came behind one whose refusal says `connection: close`: it must not be served, as it may be a part of
 * the other that another reader would see there. https://www.rfc-editor.org/rfc/rfc9112#section-9.6-5
 */
export function isBehindRefusal(req: IncomingMessage): boolean {
  return closing.has(req.socket);
}

/**
 * Answers with `error` alone, under the status (400 where none is given) and the headers of its `extensions.http`, which
 * is not shown. Headers that `res` has already stay. See sendWhole.
 */
export function refuse(req: IncomingMessage, res: ServerResponse, error: GraphQLError): void {
  const { status = 400, headers = {} } = httpOf(error);
  if (headers.connection === "close") closing.add(req.socket);
  const body = JSON.stringify({ errors: [showError(error)] });
  sendWhole(req, res, { status, headers: { "content-type": `${chooseType(req)}; charset=utf-8`, ...headers }, body });
}

/** An answer that is there as a whole. */
export interface WholeAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Sends it at once. Where the request has not come whole, its rest is read away within bounds and the connection closed;
 * otherwise the connection is kept.
 */
export function sendWhole(req: IncomingMessage, res: ServerResponse, answer: WholeAnswer): void {
  // What came in one packet with the head is parsed after this turn: only then `complete` tells the truth.
  if (req.complete) send(req, res, answer);
  else setImmediate(send, req, res, answer);
}

function send(req: IncomingMessage, res: ServerResponse, { status, headers, body }: WholeAnswer): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, {
    "content-length": Buffer.byteLength(body),
    ...headers,
    ...(!req.complete && { connection: "close" }),
  });
  if (req.complete) {
    res.end(body);
    return;
  }
  // Not end(), upon which Node would close the connection under what the client still sends.
  res.write(body);
  void readAway(req).then(() => res.end());
}

/**
 * Answers a request for an upgrade, which has no `res`, with the status and no body. Destroyed, because a client that keeps
 * its half of the connection open would hold a stop up.
 */
export function refuseUpgrade(req: IncomingMessage, socket: Socket, status: string): void {
  const head = `HTTP/1.1 ${status}\r\nx-request-id: ${requestIdOf(req)}\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}

/** The first of the two that the client names. */
function chooseType(req: IncomingMessage): string {
  const named = readAccepted(req.headers.accept).find((name) => JSON_TYPES.some((type) => type === name));
  return named ?? JSON_TYPES[0];
}
