// The two errors for a caller that is not identified: its credentials are not valid, or cannot be checked now.
import type { GraphQLError } from "graphql";
import { codedError, requestError } from "../errors/codes.ts";

/** After this time a caller may try again, and the server itself may fetch signing keys again after a failure. */
export const RETRY_AFTER_MS = 1_000;

/**
 * For credentials that are missing or not valid: 401 with a challenge.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function unauthenticated(message: string): GraphQLError {
  return requestError("UNAUTHENTICATED", 401, message, { "www-authenticate": "Bearer" });
}

/** For credentials that cannot be checked at the moment: 503, not 401, after which a client would drop them. */
export function uncheckable(): GraphQLError {
  return codedError("OVERLOADED", "The credentials cannot be checked now.", {
    retryAfterMs: RETRY_AFTER_MS,
    http: { status: 503, headers: { "retry-after": String(RETRY_AFTER_MS / 1_000) } },
  });
}
