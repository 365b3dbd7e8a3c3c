// How many errors an answer tells of, over every transport.
import type { ExecutionResult, GraphQLError } from "graphql";

/** Most errors in an answer, or in one result of a stream. */
export const MAX_ERRORS = 5;

/** The result as clients may see it: the first few of its errors, masked. */
export function maskErrors(result: ExecutionResult, maskError: (error: unknown) => GraphQLError): ExecutionResult {
  if (!result.errors) return result;
  // Those that are left out are masked as well: faults of this server among them are reported.
  return { ...result, errors: result.errors.map(maskError).slice(0, MAX_ERRORS) };
}

/** The result with the first few of its errors alone. */
export function limitErrors(result: ExecutionResult): ExecutionResult {
  const { errors } = result;
  return errors && errors.length > MAX_ERRORS ? { ...result, errors: errors.slice(0, MAX_ERRORS) } : result;
}
