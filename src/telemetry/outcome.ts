// How an operation ended, in one word, and how bad that is. Knows no log.
import type { ErrorCode } from "../errors/codes.ts";

/** `OK`, the code of the worst error, or `ABORTED` where the client left. */
export type Outcome = "OK" | "ABORTED" | ErrorCode;

/** `info`: nothing that an operator has to mend, or the client's own mistake. `warn`: the upstream's. `error`: a fault here. */
export type Severity = "info" | "warn" | "error";

const SEVERITY: Readonly<Record<Outcome, Severity>> = {
  OK: "info",
  ABORTED: "info",
  BAD_REQUEST: "info",
  GRAPHQL_PARSE_FAILED: "info",
  GRAPHQL_VALIDATION_FAILED: "info",
  BAD_USER_INPUT: "info",
  PAYLOAD_TOO_LARGE: "info",
  OPERATION_TOO_COMPLEX: "info",
  UNAUTHENTICATED: "info",
  FORBIDDEN: "info",
  PERSISTED_QUERY_NOT_FOUND: "info",
  PERSISTED_QUERY_NOT_SUPPORTED: "info",
  RATE_LIMITED: "info",
  BUDGET_EXCEEDED: "info",
  OVERLOADED: "warn",
  SHUTTING_DOWN: "info",
  UPSTREAM_BAD_REQUEST: "info",
  UPSTREAM_UNAUTHENTICATED: "warn",
  UPSTREAM_FORBIDDEN: "warn",
  UPSTREAM_NOT_FOUND: "info",
  UPSTREAM_CONFLICT: "warn",
  UPSTREAM_RATE_LIMITED: "warn",
  UPSTREAM_QUOTA_EXCEEDED: "warn",
  UPSTREAM_ERROR: "warn",
  UPSTREAM_INVALID_RESPONSE: "warn",
  UPSTREAM_TIMEOUT: "warn",
  UPSTREAM_UNAVAILABLE: "warn",
  UPSTREAM_INTERRUPTED: "warn",
  INTERNAL_SERVER_ERROR: "error",
};

const RANK: Readonly<Record<Severity, number>> = { info: 0, warn: 1, error: 2 };

/** Says how bad an outcome is. */
export function severityOf(outcome: Outcome): Severity {
  return SEVERITY[outcome];
}

/** The worse of the two; of two that are as bad, the first. */
export function worseOf(first: Outcome | undefined, second: Outcome): Outcome {
  return first === undefined || RANK[SEVERITY[second]] > RANK[SEVERITY[first]] ? second : first;
}

/** The code of an error as createMaskError makes them; anything else is a fault of this server. */
export function outcomeOf(error: { readonly extensions?: Readonly<Record<string, unknown>> | undefined }): Outcome {
  const code = error.extensions?.code;
  return typeof code === "string" && Object.hasOwn(SEVERITY, code) ? (code as Outcome) : "INTERNAL_SERVER_ERROR";
}
