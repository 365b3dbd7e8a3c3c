// Stops web pages of other origins from calling the server through a visitor's browser (CSRF). Knows no GraphQL.
// Browsers send some requests without a preflight: such a request is paid for before CORS hides its answer.
import type { IncomingMessage } from "node:http";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";
import type { OriginTest } from "./origins.ts";

/** Headers that are there for this check alone. */
const PREFLIGHT_HEADERS = ["graphql-require-preflight", "apollo-require-preflight", "x-graphql-yoga-csrf"] as const;
/**
 * Headers that make a browser send a preflight first, because a script has set them. The list is closed: it has names that
 * GraphQL clients alone send, and none that browsers, proxies or web views add to what any page can send, such as `X-Requested-With`
 * (Android), `Last-Event-ID` (EventSource), `X-Request-Id`, `traceparent` and `Sec-…`.
 * https://fetch.spec.whatwg.org/#cors-safelisted-request-header
 */
const SCRIPT_HEADERS = [
  ...PREFLIGHT_HEADERS,
  "graphql-preflight",
  "x-apollo-operation-name",
  "x-apollo-operation-id",
  "apollographql-client-name",
  "apollographql-client-version",
  "x-graphql-client-name",
  "x-graphql-client-version",
  "idempotency-key",
] as const;

/** Of other schemes than Bearer, browsers add credentials by themselves. */
const BEARER = /^bearer +\S/i;
/** No form and no beacon has one of these types, whatever its parameters. https://fetch.spec.whatwg.org/#cors-safelisted-request-header */
const JSON_TYPE = /^\s*application\/(?:(?:[\w.-]+\+)?json|graphql)\s*(?:;|$)/i;

/**
 * Yields FORBIDDEN (403) for a request that a page of any origin could have sent without a preflight. It passes if it has what a
 * browser sends only after one: a JSON content type, on a GET as well, one of the headers above, not empty, or `Authorization:
 * Bearer`. Some gateways make that of a cookie: it counts for nothing where the browser reports that another site, or a link,
 * is behind it. It also passes if the page is the server's own, as the browser reports, or `isListed`. Scripts cannot forge `Origin` and `Sec-Fetch-Site`. The
 * value `same-site` is not enough, since it includes pages of sibling domains; nor is `none`, which a link in a mail has.
 */
export function checkCsrf(req: IncomingMessage, isListed: OriginTest): GraphQLError | undefined {
  const { headers } = req;
  if (JSON_TYPE.test(headers["content-type"] ?? "")) return undefined;
  if (SCRIPT_HEADERS.some((name) => String(headers[name] ?? "").trim() !== "")) return undefined;
  if (headers.origin !== undefined && isListed(headers.origin)) return undefined;
  const site = headers["sec-fetch-site"];
  const isOfBrowserItself = site === "none" && headers["sec-fetch-mode"] !== "navigate";
  if ((site === undefined || isOfBrowserItself) && BEARER.test(headers.authorization ?? "")) return undefined;
  // If the browser compared the origins itself, its result counts: it knows the scheme. A page that an attacker on the
  // network serves as http://this-host is not same-origin with https://this-host.
  if (site === undefined ? isOfHost(req) : site === "same-origin") return undefined;
  const names = PREFLIGHT_HEADERS.join(", ");
  const problem = `A GET or multipart request must have Authorization: Bearer, a JSON content type or one of the headers ${names}.`;
  return requestError("FORBIDDEN", 403, problem);
}

/**
 * Whether a WebSocket handshake may be answered: it has no Origin, so it is not from a browser, or its page is the
 * server's own or `isListed`. Browsers open WebSockets without a preflight and let the page read everything. Other values of
 * `Sec-Fetch-Site` do not count: not every browser treats ws: and http: as the same scheme.
 */
export function isOriginAllowed(req: IncomingMessage, isListed: OriginTest): boolean {
  const { origin, "sec-fetch-site": site } = req.headers;
  return origin === undefined || site === "same-origin" || isListed(origin) || isOfHost(req);
}

/** Whether the page's host and port are those that the request is addressed to. */
function isOfHost({ headers: { origin = "", host = "" } }: IncomingMessage): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host: pageHost, origin: pageOrigin } = new URL(origin);
  const addressed = `${protocol}//${host}`;
  return pageOrigin === origin && URL.canParse(addressed) && new URL(addressed).host === pageHost;
}
