// The HTTP status of an operation that this server refused as a whole, for one reason, while it was executed.
import { type ExecutionResult, GraphQLError } from "graphql";
import { type ErrorCode, errorCodes } from "./codes.ts";
import type { HttpPart } from "./shown-error.ts";

/** The statuses of executed operations. What the upstream answered is not a refusal of this server. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = Object.fromEntries(
  Object.entries(errorCodes).flatMap(([code, row]) => (row.isOperationStatus ? [[code, row.status]] : [])),
);

/** The codes that ask the client to try again. */
const LATER: ReadonlySet<string> = new Set(
  Object.entries(errorCodes).flatMap(([code, row]) => (row.retry === "no" ? [] : [code])),
);

/**
 * Adds the status, and Retry-After, to a result in which every root field failed with the same such code. As
 * `application/graphql-response+json` an answer that has data comes with 200 whatever happened, as the protocol asks for;
 * if the client should try later, the nulls are left out, so that the status can be the refusal's.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json
 */
export function withStatus(result: ExecutionResult, isGraphQLType: boolean): ExecutionResult {
  const { errors = [], data, extensions } = result;
  if (errors.length === 0 || !data) return result;
  const [code, ...others] = new Set(errors.map((error) => error.extensions.code as ErrorCode));
  const status = code && STATUS[code];
  if (!status || others.length > 0 || Object.values(data).some((field) => field !== null)) return result;
  if (isGraphQLType && !LATER.has(code)) return result;
  const waitMs = Math.max(...errors.map((error) => Number(error.extensions.retryAfterMs ?? 0)));
  const own = (extensions?.http as HttpPart | undefined)?.headers;
  const headers = { ...own, ...(waitMs > 0 && { "retry-after": String(Math.ceil(waitMs / 1000)) }) };
  return {
    ...(isGraphQLType ? { errors: errors.map(withoutPath) } : { data, errors }),
    extensions: { ...extensions, http: { status, headers } },
  };
}

/** Without data there is no field that an error could be at. */
function withoutPath({ message, nodes, extensions }: GraphQLError): GraphQLError {
  return new GraphQLError(message, { nodes: nodes ?? null, extensions });
}
