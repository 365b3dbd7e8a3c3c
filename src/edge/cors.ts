// CORS: lets scripts of the listed origins' pages read answers, and no others. Knows no GraphQL.
// https://fetch.spec.whatwg.org/#http-cors-protocol
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import { requestError } from "../errors/codes.ts";
import { refuse, sendAnswer } from "../http/answer.ts";
import { createOriginTest, type OriginTest } from "./origins.ts";

/** How long a browser may cache the answer to a preflight, in seconds. */
const MAX_AGE_SECONDS = 600;

const EXPOSED_HEADERS = [
  "Retry-After",
  "WWW-Authenticate",
  "X-Request-Id",
  "Idempotent-Replayed",
  ...["Limit", "Remaining", "Reset"].flatMap((what) => [`X-RateLimit-${what}-Requests`, `X-RateLimit-${what}-Tokens`]),
];

export interface CorsOptions {
  /** Whose pages may read answers; otherwise those of `origins` alone. */
  isListed?: OriginTest;
  /** Whether pages may send cookies, which this server does not read, and other credentials of the browser's. */
  credentials?: boolean;
  /** Called with each preflight that is refused. */
  onRefuse?(req: IncomingMessage): void;
}

/**
 * Yields a function that sets the CORS headers on `res` before anything is sent, so that refusals and streams have them,
 * too. It also answers preflights, with 204 or with FORBIDDEN (403) for an origin that is not listed, and returns whether
 * it answered. It names the page's origin, and never `*`.
 */
export function createCors(
  origins: readonly string[] | undefined,
  { isListed = createOriginTest(origins), credentials = false, onRefuse = () => {} }: CorsOptions = {},
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const setPreflightHeaders = cors<IncomingMessage>({
    origin: true,
    credentials,
    methods: ["GET", "POST"],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: MAX_AGE_SECONDS,
    preflightContinue: true,
  });
  const exposed = EXPOSED_HEADERS.join(",");

  /** The headers of an answer that is not a preflight's: the library works them out anew for each. */
  function setHeaders(res: ServerResponse, origin: string): void {
    res.setHeader("vary", "Origin");
    res.setHeader("access-control-allow-origin", origin);
    if (credentials) res.setHeader("access-control-allow-credentials", "true");
    res.setHeader("access-control-expose-headers", exposed);
  }

  return (req, res) => {
    const { origin } = req.headers;
    // Only for listed origins: the library would show the allowed methods to the others as well.
    const isAllowed = origin !== undefined && isListed(origin);
    if (!isAllowed) {
      if (origins) res.setHeader("vary", "Origin");
    } else if (req.method === "OPTIONS") setPreflightHeaders(req, res, () => {});
    else setHeaders(res, origin);
    if (req.method !== "OPTIONS" || req.headers["access-control-request-method"] === undefined) return false;
    if (isAllowed) sendAnswer(req, res, { status: 204, headers: {}, body: undefined });
    else {
      onRefuse(req);
      refuse(req, res, requestError("FORBIDDEN", 403, "Web pages of this origin may not call the server."));
    }
    return true;
  };
}
