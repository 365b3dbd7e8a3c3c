// The id of a request: the client's own where it is one, or else a fresh one. The same for everybody who asks.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What an id may look like: it is repeated in logs and in headers. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/**
 * The request's `x-request-id`. One that is missing or strange is replaced by a UUID, in the request as well: a WeakMap of
 * requests would cost more than all else that is done for an id.
 */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  if (typeof given === "string" && REQUEST_ID.test(given)) return given;
  const id = randomUUID();
  headers["x-request-id"] = id;
  return id;
}
