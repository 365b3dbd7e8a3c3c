// The results of a stream in the batches in which they come, ready to be shown: errors masked, and told of; a failure is
// the last result.
import type { ExecutionResult, GraphQLError } from "graphql";
import { maskErrors } from "../errors/error-limit.ts";
import type { OperationRecord } from "../telemetry/operation-record.ts";
import { ResultStream } from "./result-stream.ts";

/** Never throws. */
export interface ResultBatches {
  /** At least one result; waits for it. The list is the caller's. */
  nextBatch(): Promise<IteratorResult<ExecutionResult[], undefined>>;
  /** Ends the stream, and the upstream call with it. */
  return(): Promise<unknown>;
}

/** `operation` hears of the stream. Results that do not come in batches are batches of one. */
export function createBatches(
  results: AsyncIterable<ExecutionResult> | Iterable<ExecutionResult>,
  maskError: (error: unknown) => GraphQLError,
  operation?: OperationRecord,
): ResultBatches {
  const iterator = Symbol.asyncIterator in results ? results[Symbol.asyncIterator]() : results[Symbol.iterator]();
  let hasFailed = false;
  operation?.beginStream();

  async function read(): Promise<IteratorResult<readonly ExecutionResult[], undefined>> {
    if (iterator instanceof ResultStream) return iterator.nextBatch();
    const { value, done } = await iterator.next();
    return done ? { value: undefined, done } : { value: [value], done: false };
  }

  function show(result: ExecutionResult): ExecutionResult {
    if (!result.errors) return result;
    const masked = maskErrors(result, maskError);
    operation?.readResult(masked);
    return masked;
  }

  return {
    async nextBatch() {
      if (hasFailed) return { value: undefined, done: true };
      try {
        const { value, done } = await read();
        return done ? { value: undefined, done } : { value: value.map(show), done: false };
      } catch (error) {
        hasFailed = true;
        return { value: [show({ errors: [error as GraphQLError] })], done: false };
      }
    },
    return: async () => iterator.return?.(),
  };
}
