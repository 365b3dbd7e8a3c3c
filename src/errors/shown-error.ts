// Splits an error into the JSON that a client gets, and its HTTP status and headers.
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from "graphql";

/** `extensions.http` of an error, which decides the answer's status and headers: see requestError. */
export interface HttpPart {
  status?: number;
  headers?: Record<string, string>;
  /** Whether the status is for `application/graphql-response+json` alone. */
  spec?: boolean;
}

/** The error's HTTP status and headers, each absent if the error does not set it. */
export function httpOf({ extensions }: GraphQLError): HttpPart {
  return (extensions.http ?? {}) as HttpPart;
}

/** The error as JSON without `extensions.http`, which is for the transport only. */
export function showError(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
  return { ...formatted, extensions };
}

/** The result as clients get it, without what is for the transport only. */
export function showResult({ extensions, ...result }: ExecutionResult): object {
  const { http: _, ...others } = (extensions ?? {}) as Record<string, unknown>;
  const hasMore = Object.keys(others).length > 0;
  return {
    ...result,
    ...(result.errors && { errors: result.errors.map(showError) }),
    ...(hasMore && { extensions: others }),
  };
}

/**
 * The status and headers of a result that has errors: the status of the result itself, or else the highest of its errors', or
 * else 200. The headers are all of them.
 */
export function headOf(
  { errors = [], extensions }: ExecutionResult,
  isGraphQLType: boolean,
): { status: number; headers: Record<string, string> } {
  const own = (extensions?.http ?? {}) as HttpPart;
  const parts = errors.map(httpOf);
  const statuses = parts.filter(({ spec }) => isGraphQLType || !spec).map(({ status = 200 }) => status);
  return {
    status: own.status ?? Math.max(200, ...statuses),
    headers: Object.assign({}, own.headers, ...parts.map(({ headers }) => headers)),
  };
}
