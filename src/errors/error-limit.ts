// How many errors an answer tells of, over every transport.
import type { ExecutionResult, GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";

/** Most errors in an answer, or in one result of a stream. */
export const MAX_ERRORS = 5;

/** The result as clients may see it: the first few of its errors, masked. */
export function maskErrors(result: ExecutionResult, maskError: (error: unknown) => GraphQLError): ExecutionResult {
  if (!result.errors) return result;
  // Those that are left out are masked as well: faults of this server among them are reported.
  return { ...result, errors: result.errors.map(maskError).slice(0, MAX_ERRORS) };
}

/**
 * Leaves out the errors of an execution after the first few. `maskError` sees them all the same: faults of this server
 * among them are reported.
 */
export function useErrorLimit(maskError: (error: unknown) => GraphQLError): Plugin {
  function limit({ result, setResult }: { result: ExecutionResult; setResult(result: ExecutionResult): void }): void {
    const { errors } = result;
    if (!errors || errors.length <= MAX_ERRORS) return;
    for (const error of errors.slice(MAX_ERRORS)) maskError(error);
    setResult({ ...result, errors: errors.slice(0, MAX_ERRORS) });
  }
  return {
    onExecute: () => ({
      onExecuteDone({ result, setResult }) {
        if (Symbol.asyncIterator in result) return { onNext: limit };
        limit({ result, setResult });
      },
    }),
    onSubscribe: () => ({
      onSubscribeResult({ result, setResult }) {
        if (Symbol.asyncIterator in result) return { onNext: limit };
        limit({ result, setResult });
      },
    }),
  };
}
