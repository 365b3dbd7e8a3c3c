// The two answers to a caller whom the server cannot tell: the credentials are no good, or cannot be checked now.
import type { GraphQLError } from "graphql";
import { codedError } from "../errors/codes.ts";

/** After this time a caller may try again, and the server itself asks for keys again that it did not get. */
export const RETRY_AFTER_MS = 1_000;

/**
 * The credentials are missing or no good: 401 with a challenge.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function unauthenticated(message: string): GraphQLError {
  return codedError("UNAUTHENTICATED", message, { http: { status: 401, headers: { "www-authenticate": "Bearer" } } });
}

/** Nobody can say now whether the credentials are good: 503, never 401, after which a client would drop them. */
export function uncheckable(): GraphQLError {
  return codedError("OVERLOADED", "The credentials cannot be checked now.", {
    retryAfterMs: RETRY_AFTER_MS,
    http: { status: 503, headers: { "retry-after": String(RETRY_AFTER_MS / 1_000) } },
  });
}
