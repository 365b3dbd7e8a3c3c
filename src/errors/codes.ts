// The closed list of error codes: one row each with all that clients, operators and the server need to know about it.
// Also builds the errors that carry a code. Imports no schema: GraphQL's enum, docs/errors.md and telemetry read this table.
import { GraphQLError } from "graphql";

/** `info`: nothing for the operator to fix. `warn`: the upstream failed, or the load is too high. `error`: a fault here. */
export type Severity = "info" | "warn" | "error";

interface ErrorFacts {
  /** HTTP status of a request that is refused with this code before it is executed; absent: no request is. */
  readonly status?: number;
  /** Whether an executed operation has that status too, if all of its root fields failed with this code. */
  readonly isOperationStatus?: true;
  readonly severity: Severity;
  /** Whether the upstream may charge for the field that failed. Nothing is ever charged for certain. */
  readonly paid: "no" | "maybe";
  /** Whether the same request can succeed: not until something changes, after a wait, or at once. */
  readonly retry: "no" | "later" | "now";
}

/** One code. Cause and remedy are sentences in Markdown. */
export interface ErrorRow extends ErrorFacts {
  readonly cause: string;
  readonly remedy: string;
}

function row(cause: string, remedy: string, facts: ErrorFacts): ErrorRow {
  return { cause, remedy, ...facts };
}

/** Every code, in the order of the table of docs/errors.md. */
export const errorCodes = {
  BAD_REQUEST: row(
    "The HTTP request is not a GraphQL request: broken JSON or multipart, a wrong method or content type.",
    "Send what the GraphQL over HTTP and multipart request specs describe.",
    { status: 400, isOperationStatus: true, severity: "info", paid: "no", retry: "no" },
  ),
  GRAPHQL_PARSE_FAILED: row("The document is not GraphQL.", "Fix the syntax at the given location.", {
    status: 400,
    severity: "info",
    paid: "no",
    retry: "no",
  }),
  GRAPHQL_VALIDATION_FAILED: row(
    "The document does not fit the schema.",
    "Compare the named field or argument with the schema.",
    { status: 400, severity: "info", paid: "no", retry: "no" },
  ),
  BAD_USER_INPUT: row(
    "The value of a variable or argument is refused before any upstream call.",
    "The message names the field, the limit and what was given.",
    { status: 400, severity: "info", paid: "no", retry: "no" },
  ),
  PAYLOAD_TOO_LARGE: row(
    "The request body, a file or the number of files is over the server's limit.",
    "Send less; the message names the limit.",
    { status: 413, isOperationStatus: true, severity: "info", paid: "no", retry: "no" },
  ),
  OPERATION_TOO_COMPLEX: row(
    "The operation asks for more than the server allows in one request, or its answer would be larger than it allows.",
    "Split it, or select less; the message names the limit.",
    { status: 400, severity: "info", paid: "maybe", retry: "no" },
  ),
  UNAUTHENTICATED: row("The server cannot tell who is calling.", "Send valid credentials.", {
    status: 401,
    severity: "info",
    paid: "no",
    retry: "no",
  }),
  FORBIDDEN: row(
    "This caller, or a web page of this origin, may not do this.",
    "The message says what is missing; ask the server's operator.",
    { status: 403, isOperationStatus: true, severity: "info", paid: "no", retry: "no" },
  ),
  PERSISTED_QUERY_NOT_FOUND: row(
    "The server has no trusted document with this id.",
    "Send the document itself, or an id from the server's manifest.",
    { status: 400, severity: "info", paid: "no", retry: "no" },
  ),
  PERSISTED_QUERY_NOT_SUPPORTED: row("The server has no manifest of trusted documents.", "Send the document itself.", {
    status: 400,
    severity: "info",
    paid: "no",
    retry: "no",
  }),
  IDEMPOTENCY_CONFLICT: row(
    "The idempotency key was used for another request before.",
    "Give each request a key of its own.",
    { status: 409, isOperationStatus: true, severity: "info", paid: "no", retry: "no" },
  ),
  RATE_LIMITED: row(
    "The caller has used up its requests for now, or has as many calls under way as it may.",
    "Wait `retryAfterMs` milliseconds.",
    { status: 429, isOperationStatus: true, severity: "info", paid: "no", retry: "later" },
  ),
  BUDGET_EXCEEDED: row(
    "The caller has used up its tokens for now.",
    "Wait `retryAfterMs` milliseconds, or ask the server's operator.",
    { status: 429, isOperationStatus: true, severity: "info", paid: "no", retry: "later" },
  ),
  OVERLOADED: row(
    "The server has as many upstream calls, bytes, or operations on one WebSocket, in progress as it allows, or cannot check credentials or limits now.",
    "Wait `retryAfterMs` milliseconds.",
    { status: 503, isOperationStatus: true, severity: "warn", paid: "no", retry: "later" },
  ),
  SHUTTING_DOWN: row(
    "The server is stopping: it takes no new work, and cuts off what is still in progress when its time is up.",
    "Try again; another instance will answer.",
    { status: 503, isOperationStatus: true, severity: "info", paid: "maybe", retry: "now" },
  ),
  UPSTREAM_BAD_REQUEST: row(
    "The upstream refused the input (400, 413, 415, 422 and other 4xx).",
    "The message is the upstream's; `upstream.param` names the field.",
    { severity: "info", paid: "no", retry: "no" },
  ),
  UPSTREAM_UNAUTHENTICATED: row(
    "The upstream refused the API key (401). If it is the server's, its log has the reason.",
    "The operator sets a valid `OPENAI_API_KEY`.",
    { severity: "warn", paid: "no", retry: "no" },
  ),
  UPSTREAM_FORBIDDEN: row(
    "The API key may not do this (403). If it is the server's, its log has the reason.",
    "The operator checks the key's project, region and permissions.",
    { severity: "warn", paid: "no", retry: "no" },
  ),
  UPSTREAM_NOT_FOUND: row(
    "The upstream knows no such model or endpoint (404).",
    "List the models; check `OPENAI_BASE_URL`.",
    { severity: "info", paid: "no", retry: "no" },
  ),
  UPSTREAM_CONFLICT: row("The upstream reports a conflict (409), after retries.", "Try again.", {
    severity: "warn",
    paid: "no",
    retry: "later",
  }),
  UPSTREAM_RATE_LIMITED: row(
    "The upstream's rate limit is reached (429), after retries.",
    "Wait `retryAfterMs` milliseconds, if given.",
    { severity: "warn", paid: "no", retry: "later" },
  ),
  UPSTREAM_QUOTA_EXCEEDED: row(
    "The upstream account is out of quota or credit. The server does not retry.",
    "The operator adds credit or raises the limit.",
    { severity: "warn", paid: "no", retry: "no" },
  ),
  UPSTREAM_ERROR: row("The upstream failed (5xx), after retries.", "Try again later.", {
    severity: "warn",
    paid: "maybe",
    retry: "later",
  }),
  UPSTREAM_INVALID_RESPONSE: row(
    "The upstream's answer is not what this API defines: not JSON, empty, too large or too deep, a redirect.",
    "The operator checks `OPENAI_BASE_URL`.",
    { severity: "warn", paid: "maybe", retry: "no" },
  ),
  UPSTREAM_TIMEOUT: row(
    "The upstream did not answer, or fell silent, for longer than the server waits.",
    "Ask for less output, or the operator raises `UPSTREAM_*_TIMEOUT_MS`.",
    { severity: "warn", paid: "maybe", retry: "later" },
  ),
  UPSTREAM_UNAVAILABLE: row(
    "The server cannot connect to the upstream, after retries, or the upstream hung up before it answered. The server's log has the cause.",
    "The operator checks that the upstream runs and can be reached.",
    { severity: "warn", paid: "maybe", retry: "later" },
  ),
  UPSTREAM_INTERRUPTED: row("The upstream's answer broke off in the middle. The server does not retry.", "Try again.", {
    severity: "warn",
    paid: "maybe",
    retry: "now",
  }),
  INTERNAL_SERVER_ERROR: row("A fault of this server. Its details are in the server's log only.", "Report it.", {
    status: 500,
    severity: "error",
    paid: "maybe",
    retry: "no",
  }),
};

export type ErrorCode = keyof typeof errorCodes;

/** Builds an error that reaches the client unchanged; `extensions` are added to the code. */
export function codedError(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...extensions } });
}

/**
 * Builds an error that fails the whole request before it is executed. `status` is the code's own, or a more exact one,
 * such as 405 for BAD_REQUEST.
 */
export function requestError(
  code: ErrorCode,
  status: number,
  message: string,
  headers?: Record<string, string>,
): GraphQLError {
  return codedError(code, message, { http: { status, ...(headers && { headers }) } });
}
