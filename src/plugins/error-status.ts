// The HTTP status of an operation that this server refused as a whole, for one reason, while it was executed.
import type { ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { ErrorCode } from "../schema/errors.ts";

/** The reasons that HTTP has a status for. What the upstream answered is no reason of this server's. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  BUDGET_EXCEEDED: 429,
  OVERLOADED: 503,
  SHUTTING_DOWN: 503,
};

/**
 * Sets the status, and Retry-After, where every root field failed with the same such code. An answer of the media type
 * `application/graphql-response+json` that has data comes with 200 whatever happened: the protocol asks for it.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json
 */
export function useErrorStatus(): Plugin {
  return {
    onExecutionResult({ result, request }) {
      if (!result || !("errors" in result) || !result.errors?.length || !result.data) return;
      if (request.headers.get("accept")?.includes("application/graphql-response+json")) return;
      const { errors, data } = result as ExecutionResult;
      const [code, ...others] = new Set(errors?.map(({ extensions }) => extensions.code as ErrorCode));
      const status = code && STATUS[code];
      if (!status || others.length > 0 || Object.values(data ?? {}).some((field) => field !== null)) return;
      const waitMs = Math.max(...(errors ?? []).map(({ extensions }) => Number(extensions.retryAfterMs ?? 0)));
      const headers = waitMs > 0 ? { "retry-after": String(Math.ceil(waitMs / 1000)) } : {};
      result.extensions = { ...result.extensions, http: { status, headers } };
    },
  };
}
