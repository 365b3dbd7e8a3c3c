// Stops web pages of other origins from calling the server through a visitor's browser (CSRF). Knows no GraphQL.
// Browsers send some requests without a preflight: such a request is paid for before CORS hides its answer.
import type { IncomingMessage } from "node:http";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";
import { readBodyType } from "../http/request-head.ts";

/** Headers that make a browser send a preflight first. GraphQL clients send these names. */
const PREFLIGHT_HEADERS = ["graphql-require-preflight", "apollo-require-preflight", "x-graphql-yoga-csrf"] as const;

/**
 * Yields FORBIDDEN (403) for a request that a page of any origin could have sent without a preflight: all but a POST of
 * `application/json`. It passes if one of the headers above is present and not empty, or if the browser reports that the
 * page is the server's own or belongs to one of `origins`. Scripts cannot forge `Origin` and `Sec-Fetch-Site`. The value
 * `same-site` is not enough, since it includes pages of sibling domains; nor is `none`, which a link in a mail has.
 */
export function checkCsrf(req: IncomingMessage, origins: readonly string[] | undefined): GraphQLError | undefined {
  if (req.method === "POST" && readBodyType(req) === "application/json") return undefined;
  if (PREFLIGHT_HEADERS.some((name) => String(req.headers[name] ?? "").trim() !== "")) return undefined;
  if (isListed(req, origins)) return undefined;
  const site = req.headers["sec-fetch-site"];
  // If the browser compared the origins itself, its result counts: it knows the scheme. A page that an attacker on the
  // network serves as http://this-host is not same-origin with https://this-host.
  if (site === undefined ? isOfHost(req) : site === "same-origin") return undefined;
  const names = PREFLIGHT_HEADERS.join(", ");
  return requestError("FORBIDDEN", 403, `A GET or multipart request must have one of the headers ${names}.`);
}

/**
 * Whether a WebSocket handshake may be answered: it has no Origin, so it is not from a browser, or its page is the
 * server's own or belongs to one of `origins`. Browsers open WebSockets without a preflight and let the page read
 * everything. Other values of `Sec-Fetch-Site` do not count: not every browser treats ws: and http: as the same scheme.
 */
export function isOriginAllowed(req: IncomingMessage, origins: readonly string[] | undefined): boolean {
  const { origin, "sec-fetch-site": site } = req.headers;
  return origin === undefined || site === "same-origin" || isListed(req, origins) || isOfHost(req);
}

function isListed({ headers }: IncomingMessage, origins: readonly string[] | undefined): boolean {
  return headers.origin !== undefined && (origins?.includes(headers.origin) ?? false);
}

/** Whether the page's host and port are those that the request is addressed to. */
function isOfHost({ headers: { origin = "", host = "" } }: IncomingMessage): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host: pageHost, origin: pageOrigin } = new URL(origin);
  const addressed = `${protocol}//${host}`;
  return pageOrigin === origin && URL.canParse(addressed) && new URL(addressed).host === pageHost;
}
