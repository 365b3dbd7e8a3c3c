// The id of a request: the client's own where it is one, or else a fresh one. The same for everybody who asks.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What an id may look like: it is repeated in logs and in headers. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

const ids = new WeakMap<IncomingMessage, string>();

/** The request's `x-request-id`, or a UUID in place of one that is missing or strange. */
export function requestIdOf(req: IncomingMessage): string {
  let id = ids.get(req);
  if (id === undefined) {
    const given = req.headers["x-request-id"];
    id = typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
    ids.set(req, id);
  }
  return id;
}
