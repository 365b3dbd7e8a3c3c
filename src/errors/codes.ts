// The closed list of error codes, and the one way to build an error that carries a code. Knows no schema.
import { GraphQLError } from "graphql";

/** Each code with its cause and its remedy, as the SDL and README give them. */
export const errorCodes = {
  BAD_REQUEST: {
    cause: "The HTTP request is not a GraphQL request: broken JSON or multipart, a wrong method or content type.",
    remedy: "Send what the GraphQL over HTTP and multipart request specs describe.",
  },
  GRAPHQL_PARSE_FAILED: {
    cause: "The document is not GraphQL.",
    remedy: "Mend the syntax at the given location.",
  },
  GRAPHQL_VALIDATION_FAILED: {
    cause: "The document does not fit the schema.",
    remedy: "Compare the named field or argument with the schema.",
  },
  BAD_USER_INPUT: {
    cause: "A variable or argument has a value that is refused before any upstream call.",
    remedy: "The message names the field, the limit and what was given.",
  },
  PAYLOAD_TOO_LARGE: {
    cause: "The request body, a file or the number of files is over the server's limit.",
    remedy: "Send less; the message names the limit.",
  },
  OPERATION_TOO_COMPLEX: {
    cause: "The operation asks for more than the server allows in one request.",
    remedy: "Split it; the message names the limit.",
  },
  UNAUTHENTICATED: {
    cause: "The server cannot tell who is calling.",
    remedy: "Send valid credentials.",
  },
  FORBIDDEN: {
    cause: "This caller, or a web page of this origin, may not do this.",
    remedy: "The message says what is missing; ask the server's operator.",
  },
  PERSISTED_QUERY_NOT_FOUND: {
    cause: "The server has no trusted document of this id.",
    remedy: "Send the document itself, or an id of the server's manifest.",
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    cause: "The server has no manifest of trusted documents.",
    remedy: "Send the document itself.",
  },
  RATE_LIMITED: {
    cause: "The caller has used up its requests for now.",
    remedy: "Wait `retryAfterMs` milliseconds.",
  },
  BUDGET_EXCEEDED: {
    cause: "The caller has used up its tokens for now.",
    remedy: "Wait `retryAfterMs` milliseconds, or ask the server's operator.",
  },
  OVERLOADED: {
    cause:
      "The server has as many upstream calls, or operations of one WebSocket, under way as it allows, or cannot check credentials or limits now.",
    remedy: "Wait `retryAfterMs` milliseconds.",
  },
  SHUTTING_DOWN: {
    cause: "The server is stopping and takes no new work.",
    remedy: "Try again; another instance will answer.",
  },
  UPSTREAM_BAD_REQUEST: {
    cause: "The upstream refused the input (400, 413, 415, 422 and other 4xx).",
    remedy: "The message is the upstream's; `upstream.param` names the field.",
  },
  UPSTREAM_UNAUTHENTICATED: {
    cause: "The upstream refused the server's API key (401).",
    remedy: "The operator sets a valid `OPENAI_API_KEY`.",
  },
  UPSTREAM_FORBIDDEN: {
    cause: "The server's API key may not do this (403).",
    remedy: "The operator checks the key's project, region and permissions.",
  },
  UPSTREAM_NOT_FOUND: {
    cause: "The upstream knows no such model or endpoint (404).",
    remedy: "List the models; check `OPENAI_BASE_URL`.",
  },
  UPSTREAM_CONFLICT: {
    cause: "The upstream reports a conflict (409), after retries.",
    remedy: "Try again.",
  },
  UPSTREAM_RATE_LIMITED: {
    cause: "The upstream's rate limit (429), after retries.",
    remedy: "Wait `retryAfterMs` milliseconds where given.",
  },
  UPSTREAM_QUOTA_EXCEEDED: {
    cause: "The upstream account is out of quota or credit. Never retried.",
    remedy: "The operator adds credit or raises the limit.",
  },
  UPSTREAM_ERROR: {
    cause: "The upstream failed (5xx), after retries.",
    remedy: "Try again later.",
  },
  UPSTREAM_INVALID_RESPONSE: {
    cause: "The upstream's answer is none of this API: not JSON, empty, too large, a redirect.",
    remedy: "The operator checks `OPENAI_BASE_URL`.",
  },
  UPSTREAM_TIMEOUT: {
    cause: "The upstream did not answer, or fell silent, for longer than the server waits.",
    remedy: "Ask for less output, or the operator raises `UPSTREAM_*_TIMEOUT_MS`.",
  },
  UPSTREAM_UNAVAILABLE: {
    cause: "No connection to the upstream, or it hung up before it answered, after retries.",
    remedy: "The operator checks that the upstream runs and can be reached.",
  },
  UPSTREAM_INTERRUPTED: {
    cause: "The upstream's answer broke off in the middle. It may have been paid for and is not retried.",
    remedy: "Try again.",
  },
  INTERNAL_SERVER_ERROR: {
    cause: "A fault of this server. Its details are in the server's log only.",
    remedy: "Report it.",
  },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Builds an error that reaches the client as it is; `extensions` join the code. */
export function codedError(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...extensions } });
}

/** An error that fails the whole request before it is executed, with the HTTP status that says the same. */
export function requestError(
  code: ErrorCode,
  status: number,
  message: string,
  headers?: Record<string, string>,
): GraphQLError {
  return codedError(code, message, { http: { status, ...(headers && { headers }) } });
}
