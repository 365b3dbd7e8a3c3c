// An error as a client gets it in JSON, apart from what it says of HTTP.
import type { GraphQLError, GraphQLFormattedError } from "graphql";

/** What `extensions.http` says of an answer: see requestError. */
export interface HttpPart {
  status?: number;
  headers?: Record<string, string>;
}

/** The error's HTTP status and headers, each absent where it has none. */
export function httpOf({ extensions }: GraphQLError): HttpPart {
  return (extensions.http ?? {}) as HttpPart;
}

/** The error as JSON without `extensions.http`, which is none of a client's business. */
export function showError(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
  return { ...formatted, extensions };
}
