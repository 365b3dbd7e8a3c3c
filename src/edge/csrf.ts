// Keeps pages of other origins from calling the server through a visitor's browser. Knows no GraphQL.
// Browsers send some requests without asking first (a preflight): what they cost is paid before CORS hides the answer.
import type { IncomingMessage } from "node:http";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";
import { readBodyType } from "../http/request-head.ts";

/** With any of these a browser asks first. They are the names that GraphQL clients send. */
const PREFLIGHT_HEADERS = ["graphql-require-preflight", "apollo-require-preflight", "x-graphql-yoga-csrf"] as const;

/**
 * Yields FORBIDDEN (403) for a request that a page of any origin could have sent without a preflight: any but a POST of
 * `application/json`. It passes with one of the headers above, not empty, or where the browser says that the page is
 * the server's own or of one of `origins`. No script can forge `Origin` and `Sec-Fetch-Site`; `same-site` proves nothing,
 * for a neighbour's page, and `none` nothing, for a link in a mail.
 */
export function checkCsrf(req: IncomingMessage, origins: readonly string[] | undefined): GraphQLError | undefined {
  if (req.method === "POST" && readBodyType(req) === "application/json") return undefined;
  if (PREFLIGHT_HEADERS.some((name) => String(req.headers[name] ?? "").trim() !== "")) return undefined;
  if (isListed(req, origins)) return undefined;
  const site = req.headers["sec-fetch-site"];
  // Where the browser compared the origins itself, that stands: it knows the scheme, and a page of http://this-host that
  // somebody on the way has put there is not of https://this-host.
  if (site === undefined ? isOfHost(req) : site === "same-origin") return undefined;
  const names = PREFLIGHT_HEADERS.join(", ");
  return requestError("FORBIDDEN", 403, `A GET or multipart request must have one of the headers ${names}.`);
}

/**
 * Whether the handshake of a WebSocket may be answered: it has no Origin, and is no browser's, or the page is the
 * server's own or of one of `origins`. Browsers ask no one before they open a WebSocket, and hide nothing of it. What
 * else `Sec-Fetch-Site` says is passed over: not every browser takes ws: and http: for the same scheme.
 */
export function isOriginAllowed(req: IncomingMessage, origins: readonly string[] | undefined): boolean {
  const { origin, "sec-fetch-site": site } = req.headers;
  return origin === undefined || site === "same-origin" || isListed(req, origins) || isOfHost(req);
}

function isListed({ headers }: IncomingMessage, origins: readonly string[] | undefined): boolean {
  return headers.origin !== undefined && (origins?.includes(headers.origin) ?? false);
}

/** Whether the page's host, its port included, is the one that the request is addressed to. */
function isOfHost({ headers: { origin = "", host = "" } }: IncomingMessage): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host: pageHost, origin: pageOrigin } = new URL(origin);
  const addressed = `${protocol}//${host}`;
  return pageOrigin === origin && URL.canParse(addressed) && new URL(addressed).host === pageHost;
}
