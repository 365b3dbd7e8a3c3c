// Which web pages' scripts may read answers: those of the listed origins, and no others. Knows no GraphQL.
// https://fetch.spec.whatwg.org/#http-cors-protocol
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import { requestError } from "../errors/codes.ts";
import { refuse } from "../http/answer.ts";

/** How long a browser may keep a preflight's answer, in seconds. */
const MAX_AGE_SECONDS = 600;

/**
 * Yields what sets the headers of every answer, refusals and streams included, as headers of `res` before it is answered,
 * and answers preflights: 204, or FORBIDDEN (403) for an origin that is not listed. It returns whether it answered.
 * Credentials are never allowed: pages send theirs in a header, and no cookie means anything here.
 */
export function createCors(
  origins: readonly string[] | undefined,
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const setHeaders = cors<IncomingMessage>({
    origin: [...(origins ?? [])],
    methods: ["GET", "POST"],
    exposedHeaders: ["Retry-After", "WWW-Authenticate", "X-Request-Id"],
    maxAge: MAX_AGE_SECONDS,
    preflightContinue: true,
  });
  return (req, res) => {
    const isListed = origins?.includes(req.headers.origin ?? "") ?? false;
    // The library tells pages that are not listed what they could do if they were.
    if (isListed) setHeaders(req, res, () => {});
    else if (origins) res.setHeader("vary", "Origin");
    if (req.method !== "OPTIONS" || req.headers["access-control-request-method"] === undefined) return false;
    if (isListed) res.writeHead(204).end();
    else refuse(req, res, requestError("FORBIDDEN", 403, "Web pages of this origin may not call the server."));
    return true;
  };
}
