// The message and extensions of a refusal, as a client gets them.
import { GraphQLError } from "graphql";

/** The error that `call` throws or rejects with, as it goes to the client; fails where it does neither. */
export async function refusalOf(call: () => unknown) {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { message: error.message, extensions: error.extensions };
  }
  throw new Error(`Not refused: ${JSON.stringify(result)}`);
}

/** The extensions of every UNAUTHENTICATED error. */
export const UNAUTHENTICATED = {
  code: "UNAUTHENTICATED",
  http: { status: 401, headers: { "www-authenticate": "Bearer" } },
};

/** The extensions of the error where credentials cannot be checked now. */
export const UNCHECKABLE = {
  code: "OVERLOADED",
  retryAfterMs: 1000,
  http: { status: 503, headers: { "retry-after": "1" } },
};
