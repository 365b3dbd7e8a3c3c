// Answers a request that goes no further, ahead of Yoga and before its body is read, so that the answer arrives.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import { readAway } from "./read-away.ts";

/** The media types of a refusal; the first is what a client gets that asks for neither. */
const JSON_TYPES = ["application/json", "application/graphql-response+json"] as const;

/**
 * Answers with `error` alone, under the status (400 where none is given) and the headers of its `extensions.http`, which
 * is not shown. Headers that `res` has already stay. The answer leaves whole at once. Where the request has not come
 * whole, its rest is read away within bounds and the connection closed; otherwise the connection is kept.
 */
export function refuse(req: IncomingMessage, res: ServerResponse, error: GraphQLError): void {
  const { extensions: { http, ...extensions } = {}, ...formatted } = error.toJSON();
  const { status = 400, headers = {} } = (http ?? {}) as { status?: number; headers?: Record<string, string> };
  const body = Buffer.from(JSON.stringify({ errors: [{ ...formatted, extensions }] }));
  // What came in one packet with the head is parsed after this turn: only then `complete` tells the truth.
  setImmediate(async () => {
    if (res.headersSent || res.destroyed) return;
    res.writeHead(status, {
      "content-type": `${chooseType(req)}; charset=utf-8`,
      "content-length": body.length,
      ...headers,
      ...(!req.complete && { connection: "close" }),
    });
    if (req.complete) return void res.end(body);
    // Not end(), upon which Node would close the connection under what the client still sends.
    res.write(body);
    await readAway(req);
    res.end();
  });
}

/** The first of the two that the client names. */
function chooseType(req: IncomingMessage): string {
  const ranges = (req.headers.accept ?? "").split(",").map((range) => range.split(";")[0]?.trim().toLowerCase());
  return (
    JSON_TYPES.find((type) => type === ranges.find((range) => JSON_TYPES.some((known) => known === range))) ??
    JSON_TYPES[0]
  );
}
