// Splits an error into the JSON that a client gets, and its HTTP status and headers.
import type { GraphQLError, GraphQLFormattedError } from "graphql";

/** `extensions.http` of an error, which decides the answer's status and headers: see requestError. */
export interface HttpPart {
  status?: number;
  headers?: Record<string, string>;
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
