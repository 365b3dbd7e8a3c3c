// The results of a subscription: one by one, as GraphQL's transports read them, or all that have come at once, for SSE. What
// the source throws is the last result.
import type { ExecutionResult } from "graphql";

/** Values that come in batches, as from one read of the upstream. */
export interface BatchSource<Value> {
  /** At least one value; waits for it. */
  nextBatch(): Promise<IteratorResult<readonly Value[], undefined>>;
  /** Ends the source, and what feeds it. */
  return(): Promise<unknown>;
}

/** How a stream makes results of what its source yields and throws. */
export interface ResultStreamOptions<Value> {
  toResult(value: Value): ExecutionResult | Promise<ExecutionResult>;
  toFailure(error: unknown): ExecutionResult;
}

/** Never throws; ends and is left as its source is. */
export class ResultStream<Value = unknown> implements AsyncIterableIterator<ExecutionResult> {
  readonly #source: BatchSource<Value>;
  readonly #options: ResultStreamOptions<Value>;
  /** What has come and not been read. Each result is made when it is read: it may be far larger than its value. */
  #batch: readonly Value[] = [];
  #place = 0;
  #failure: ExecutionResult | undefined;
  #hasFailed = false;

  constructor(source: BatchSource<Value>, options: ResultStreamOptions<Value>) {
    this.#source = source;
    this.#options = options;
  }

  /** The same results, each as `change` makes it. To be used in place of this stream. */
  map(change: (result: ExecutionResult) => ExecutionResult): ResultStream<Value> {
    const { toResult, toFailure } = this.#options;
    return new ResultStream(this.#source, {
      toResult(value) {
        const result = toResult(value);
        return result instanceof Promise ? result.then(change) : change(result);
      },
      toFailure: (error) => change(toFailure(error)),
    });
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    if (!(await this.#fill())) return { value: undefined, done: true };
    return { value: this.#takeFailure() ?? (await this.#takeOne()), done: false };
  }

  /** At least one result; waits for it. The list is the caller's. */
  async nextBatch(): Promise<IteratorResult<ExecutionResult[], undefined>> {
    if (!(await this.#fill())) return { value: undefined, done: true };
    const failure = this.#takeFailure();
    if (failure) return { value: [failure], done: false };
    const results: ExecutionResult[] = [];
    while (this.#place < this.#batch.length) {
      const result = this.#takeOne();
      results.push(result instanceof Promise ? await result : result);
    }
    return { value: results, done: false };
  }

  /** Ends the stream, and the upstream call with it. Not a generator's, which would wait for the step under way. */
  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    this.#batch = [];
    this.#place = 0;
    await this.#source.return();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Waits until there is something to read; false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#place < this.#batch.length) return true;
    if (this.#hasFailed) return false;
    try {
      const { value, done } = await this.#source.nextBatch();
      if (done) return false;
      this.#batch = value;
      this.#place = 0;
    } catch (error) {
      this.#hasFailed = true;
      this.#failure = this.#options.toFailure(error);
    }
    return true;
  }

  #takeOne(): ExecutionResult | Promise<ExecutionResult> {
    return this.#options.toResult(this.#batch[this.#place++] as Value);
  }

  #takeFailure(): ExecutionResult | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }
}

/** Any iterable as a source of batches of one. */
export function batchesOf<Value>(values: AsyncIterable<Value>): BatchSource<Value> {
  const iterator = values[Symbol.asyncIterator]();
  return {
    async nextBatch() {
      const { value, done } = await iterator.next();
      return done ? { value: undefined, done } : { value: [value], done: false };
    },
    return: async () => iterator.return?.(),
  };
}
