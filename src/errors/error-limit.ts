// Limits how many errors an answer lists, over every transport.
import type { ExecutionResult, GraphQLError } from "graphql";

/** Most errors in an answer, or in one result of a stream. */
export const MAX_ERRORS = 5;

/** The result as clients may see it: the first few of its errors, masked. */
export function maskErrors(result: ExecutionResult, maskError: (error: unknown) => GraphQLError): ExecutionResult {
  if (!result.errors) return result;
  // Those that are left out are masked as well: faults of this server among them are reported.
  return { ...result, errors: result.errors.map(maskError).slice(0, MAX_ERRORS) };
}

/** The result with only the first few of its errors. */
export function limitErrors(result: ExecutionResult): ExecutionResult {
  const { errors } = result;
  return errors && errors.length > MAX_ERRORS ? { ...result, errors: errors.slice(0, MAX_ERRORS) } : result;
}
