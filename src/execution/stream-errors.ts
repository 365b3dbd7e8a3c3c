// What a stream throws becomes its last value, over every transport: an error with a code, and then the stream's end.
import type { ExecutionResult, GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";

/** Ends streams that throw with a result of `errors` alone, as `maskError` makes them. */
export function useStreamErrors(maskError: (error: unknown) => GraphQLError): Plugin {
  return {
    onSubscribe: () => ({
      onSubscribeResult({ result, setResult }) {
        if (Symbol.asyncIterator in result) setResult(endWithError(result, maskError));
      },
    }),
  };
}

function endWithError(
  results: AsyncIterable<ExecutionResult>,
  maskError: (error: unknown) => GraphQLError,
): AsyncIterableIterator<ExecutionResult> {
  const iterator = results[Symbol.asyncIterator]();
  let hasFailed = false;
  return {
    async next() {
      if (hasFailed) return { value: undefined, done: true };
      try {
        return await iterator.next();
      } catch (error) {
        hasFailed = true;
        return { value: { errors: [maskError(error)] }, done: false };
      }
    },
    // Not a generator, whose return() would wait for the step under way.
    async return() {
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
