// What a screen says about an error. docs/errors.md of the server lists all codes.
import { CombinedGraphQLErrors, type ErrorLike } from "@apollo/client";

export interface Problem {
  line: string;
  /** Whether the same request can succeed when it is sent again. */
  again: boolean;
}

const known: Record<string, Problem> = {
  RATE_LIMITED: { line: "You have asked too often.", again: true },
  BUDGET_EXCEEDED: { line: "Your tokens are used up for now.", again: false },
  OVERLOADED: { line: "The server is busy.", again: true },
  SHUTTING_DOWN: { line: "The server is restarting.", again: true },
  UNAUTHENTICATED: { line: "You are not signed in.", again: false },
  UPSTREAM_RATE_LIMITED: { line: "The model is busy.", again: true },
  UPSTREAM_QUOTA_EXCEEDED: { line: "The service has no credit left.", again: false },
  UPSTREAM_ERROR: { line: "The model has failed.", again: true },
  UPSTREAM_TIMEOUT: { line: "The model has not answered in time.", again: true },
  UPSTREAM_UNAVAILABLE: { line: "The model cannot be reached.", again: true },
  UPSTREAM_INTERRUPTED: { line: "The answer broke off.", again: true },
};

export function problemOf(error: ErrorLike): Problem {
  if (!CombinedGraphQLErrors.is(error)) return { line: "The connection failed.", again: true };
  const { message, extensions = {} } = error.errors[0] ?? error;
  // The server's messages for other codes are made for people, too.
  const { line, again } = known[String(extensions.code)] ?? { line: message, again: false };
  const wait = Number(extensions.retryAfterMs);
  return { line: wait ? `${line} Wait ${Math.ceil(wait / 1000)} s.` : line, again };
}
