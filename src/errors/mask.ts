// Turns whatever was thrown into a GraphQL error with a code from the closed list. Nothing else does.
import { GraphQLError, Kind } from "graphql";
import { CallerGone } from "../openai/cancellable.ts";
import { type AccountFault, findAccountFault } from "../openai/client/failures/account.ts";
import { OpenAIError } from "../openai/client/failures/errors.ts";
import { type ErrorCode, errorCodes } from "./codes.ts";
import { type MessageOptions, safeMessage } from "./safe-messages.ts";

/** Codes of Yoga's that have another name in the list. */
const RENAMED: Readonly<Record<string, ErrorCode>> = {
  OPERATION_RESOLUTION_FAILURE: "BAD_REQUEST",
  REQUEST_ENTITY_TOO_LARGE: "PAYLOAD_TOO_LARGE",
};

/** What stands in place of a message of graphql-js' that is not passed on. */
const FALLBACKS = {
  GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
  GRAPHQL_VALIDATION_FAILED: "The document does not fit the schema.",
  BAD_USER_INPUT: "A value does not fit its type.",
} as const satisfies Partial<Record<ErrorCode, string>>;

/**
 * Turns anything thrown into what the client may see, keeping the error's place in the document and in the answer.
 * `report` is called for faults of this server alone, with what was really thrown.
 */
export function createMaskError(
  report: (fault: unknown) => void,
  options: MessageOptions = { hideSuggestions: true },
): (error: unknown) => GraphQLError {
  return function maskError(error) {
    const located = error instanceof GraphQLError ? error : undefined;
    const thrown = findCause(error);
    const { message, extensions } = describe(thrown, located, report, options);
    return new GraphQLError(message, {
      nodes: located?.nodes ?? null,
      source: located?.source ?? null,
      positions: located?.positions ?? null,
      path: located?.path ?? null,
      extensions,
    });
  };
}

/** What a resolver really threw, under the layers in which the executor wrapped it. */
function findCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? findCause(error.originalError) : error;
}

interface Description {
  message: string;
  extensions: Record<string, unknown>;
}

function describe(
  thrown: unknown,
  located: GraphQLError | undefined,
  report: (fault: unknown) => void,
  options: MessageOptions,
): Description {
  if (thrown instanceof OpenAIError) return describeUpstream(thrown);
  if (thrown instanceof CallerGone) return { message: thrown.message, extensions: { code: "BAD_REQUEST" } };
  if (thrown instanceof GraphQLError) {
    const { originalError: _, unexpected: __, ...extensions } = thrown.extensions as Record<string, unknown>;
    const code = RENAMED[String(extensions.code)] ?? String(extensions.code);
    // What a scalar threw at a variable is wrapped in a message that names the variable and the place in it.
    const isVariableError =
      code === "BAD_USER_INPUT" && !located?.path && located !== thrown && !isOfOperation(located);
    if (Object.hasOwn(errorCodes, code) && !isVariableError)
      return { message: readMessage(thrown.message, code, options), extensions: { ...extensions, code } };
    if (!located?.path) {
      const message = safeMessage((located ?? thrown).message, FALLBACKS.BAD_USER_INPUT, options);
      return { message, extensions: { code: "BAD_USER_INPUT", http: { spec: true, status: 400 } } };
    }
    // An argument that does not fit names its place in the document; what a leaf value throws does not.
    if (thrown.nodes) {
      const message = safeMessage(thrown.message, FALLBACKS.BAD_USER_INPUT, options);
      return { message, extensions: { code: "BAD_USER_INPUT" } };
    }
  }
  if (thrown instanceof RangeError && !located) {
    const message = "The document is nested too deeply.";
    return { message, extensions: { code: "GRAPHQL_PARSE_FAILED", http: { spec: true, status: 400 } } };
  }
  report(thrown);
  return { message: "Internal server error.", extensions: { code: "INTERNAL_SERVER_ERROR" } };
}

/** Whether a stream has failed: then the error's place is the operation. */
function isOfOperation(located: GraphQLError | undefined): boolean {
  return located?.nodes?.[0]?.kind === Kind.OPERATION_DEFINITION;
}

/** The message of an error with a code of the list. BAD_REQUEST is Yoga's too, which quotes names that it was sent. */
function readMessage(message: string, code: string, options: MessageOptions): string {
  switch (code) {
    case "GRAPHQL_PARSE_FAILED":
    case "GRAPHQL_VALIDATION_FAILED":
      return safeMessage(message, FALLBACKS[code], options);
    case "BAD_REQUEST":
      return safeMessage(message, message, options);
    default:
      return message;
  }
}

const ACCOUNT_CODES: Readonly<Record<AccountFault, ErrorCode>> = {
  quota: "UPSTREAM_QUOTA_EXCEEDED",
  key: "UPSTREAM_UNAUTHENTICATED",
  permission: "UPSTREAM_FORBIDDEN",
};

function describeUpstream(error: OpenAIError): Description {
  const { status, type, code, param, requestId, retryAfterMs, isServersAccount } = error.details;
  const fault = findAccountFault(error);
  const wait = retryAfterMs !== undefined && { retryAfterMs };
  if (isServersAccount && (fault === "key" || fault === "permission")) {
    const what = fault === "key" ? "does not accept this server's credentials" : "does not let this server do this";
    const message = `The upstream ${what} (status ${status}). The server's operator has to act; the server's log has the reason.`;
    const upstream = { status, ...(requestId !== undefined && { requestId }) };
    return { message, extensions: { code: ACCOUNT_CODES[fault], upstream, ...wait } };
  }
  const upstream = compact({ status, type, code, param, requestId });
  return {
    message: error.message,
    extensions: {
      code: fault ? ACCOUNT_CODES[fault] : upstreamCode(error),
      ...(status !== undefined && { upstream }),
      ...wait,
    },
  };
}

function compact(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function upstreamCode(error: OpenAIError): ErrorCode {
  switch (error.reason) {
    case "timeout":
      return "UPSTREAM_TIMEOUT";
    case "unavailable":
      return "UPSTREAM_UNAVAILABLE";
    case "interrupted":
      return "UPSTREAM_INTERRUPTED";
    case "invalid_response":
      return "UPSTREAM_INVALID_RESPONSE";
    case "status":
      return statusCode(error.details.status ?? 500);
  }
}

function statusCode(status: number): ErrorCode {
  if (status >= 500) return "UPSTREAM_ERROR";
  const codes: Record<number, ErrorCode> = {
    403: "UPSTREAM_FORBIDDEN",
    404: "UPSTREAM_NOT_FOUND",
    409: "UPSTREAM_CONFLICT",
    429: "UPSTREAM_RATE_LIMITED",
  };
  return codes[status] ?? "UPSTREAM_BAD_REQUEST";
}
