// The id of a request: the client's own if it is usable, otherwise a new one. It stays the same for the whole request.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The form of a usable id: logs and headers repeat it. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/**
 * The request's `x-request-id`. If it is missing or unusable, a UUID takes its place in the request's headers as well: a
 * WeakMap of requests would cost more than the rest of this function.
 */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  if (typeof given === "string" && REQUEST_ID.test(given)) return given;
  const id = randomUUID();
  headers["x-request-id"] = id;
  return id;
}
