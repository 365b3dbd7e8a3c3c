// Reads a bearer token from a request's header or from a WebSocket connection's parameters. Does not know whose it is.
import type { IncomingMessage } from "node:http";
import { readHeaders } from "../http/request-target.ts";
import { unauthenticated } from "./refusals.ts";

/** Visible ASCII without the comma, which separates lists of credentials. */
const BEARER = /^Bearer +([\x21-\x2b\x2d-\x7e]+)$/i;
/** Longest token, in characters. */
const MAX_TOKEN_LENGTH = 8192;

/** Query parameters that hold keys in other APIs; no parameter of GraphQL over HTTP matches. */
const KEY_PARAMETER = /(?:^|[-_.])(?:api)?(?:key|token|auth|authorization|bearer|secret|password)$/i;

/** Headers that hold keys in other APIs. */
const KEY_HEADERS = ["x-api-key", "api-key"];

/**
 * The Authorization header of an HTTP request or WebSocket handshake; undefined if there is none. Throws UNAUTHENTICATED for
 * two keys, and for a key in the URL, which logs and histories keep.
 */
export function readAuthorization(req: IncomingMessage): string | undefined {
  const { url = "" } = req;
  const start = url.indexOf("?");
  const parameters = start < 0 ? [] : [...new URLSearchParams(url.slice(start)).keys()];
  if (parameters.some((name) => KEY_PARAMETER.test(name))) {
    throw unauthenticated("A key must be sent in the Authorization header, not in the URL.");
  }
  // Not `req.headers`: there Node keeps only the first of several.
  const [header, ...others] = readHeaders(req, "authorization");
  if (others.length > 0 || (header !== undefined && KEY_HEADERS.some((name) => req.headers[name] !== undefined)))
    throw unauthenticated("A request must have one key, in one Authorization header.");
  return header;
}

/**
 * The bearer token in an Authorization header. Throws UNAUTHENTICATED for another scheme, and for a malformed header.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function readHeaderToken(header: string): string {
  return readBearer(header, "The Authorization header");
}

/**
 * The bearer token in the parameters of a WebSocket connection: `authorization`, in any case, at the top or under
 * `headers`; undefined if there is none. Throws UNAUTHENTICATED for two of them and for anything but `Bearer …`.
 */
export function readConnectionToken(params: Record<string, unknown> | undefined): string | undefined {
  const [value, ...others] = [...findAuthorizations(params), ...findAuthorizations(params?.headers)];
  if (others.length > 0) throw unauthenticated("The connection's parameters must have one authorization, not several.");
  return value === undefined ? undefined : readBearer(value, "authorization in the connection's parameters");
}

function findAuthorizations(holder: unknown): unknown[] {
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return [];
  const names = Object.keys(holder).filter((name) => name.toLowerCase() === "authorization");
  return names.map((name) => (holder as Record<string, unknown>)[name] ?? null);
}

function readBearer(value: unknown, place: string): string {
  const [, token] = (typeof value === "string" && BEARER.exec(value)) || [];
  if (token === undefined) {
    throw unauthenticated(`${place} must be Bearer, a space and one key of visible ASCII characters without a comma.`);
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    const problem = `at most ${MAX_TOKEN_LENGTH} characters; this one has ${token.length}`;
    throw unauthenticated(`${place} must hold a key or token of ${problem}.`);
  }
  return token;
}
