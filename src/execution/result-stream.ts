// The results of a subscription: pushed as what they are made of comes, or read one by one, as GraphQL's transports do it. What
// the source throws is the last result.
import type { ExecutionResult } from "graphql";
import type { Take } from "../openai/client/event-stream.ts";
import { Repeat } from "../openai/client/events/event-form.ts";
import { Pull, type Source } from "../openai/pull.ts";
import { isLost } from "./result.ts";
import { ResultTemplates } from "./result-templates.ts";

/** How a stream makes results of what its source hands out and throws. */
export interface ResultStreamOptions<Value> {
  toResult(value: Value): ExecutionResult | Promise<ExecutionResult>;
  toFailure(error: unknown): ExecutionResult;
}

/** Never throws; ends and is left as its source is. Is either run or iterated, once. */
export class ResultStream<Value = unknown> implements AsyncIterableIterator<ExecutionResult> {
  readonly #source: Source<Value | Repeat>;
  readonly #options: ResultStreamOptions<Value>;
  readonly #pull: Pull<Value | Repeat>;
  readonly #templates = new ResultTemplates((event) => this.#options.toResult(event as Value));

  constructor(source: Source<Value | Repeat>, options: ResultStreamOptions<Value>) {
    this.#source = source;
    this.#options = options;
    this.#pull = new Pull(source);
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

  /** The same results; `end` is called once there are no more. To be used in place of this stream. */
  whenOver(end: () => void): ResultStream<Value> {
    const source = this.#source;
    const ending: Source<Value | Repeat> = {
      run: (take) => source.run(take).finally(end),
      leave() {
        end();
        source.leave();
      },
    };
    return new ResultStream(ending, this.#options);
  }

  /** Hands out what the results are made of, each by `toResult`; resolves with the last one if it is made of a failure. */
  async run(take: Take<Value | Repeat>): Promise<ExecutionResult | undefined> {
    try {
      await this.#source.run(take);
      return undefined;
    } catch (error) {
      return this.#options.toFailure(error);
    }
  }

  /** To be called when the result is to be sent: it may be far larger than what it is made of. */
  toResult(value: Value | Repeat): ExecutionResult | Promise<ExecutionResult> {
    return this.#options.toResult(value instanceof Repeat ? (value.toValue() as Value) : value);
  }

  /** The result as JSON, if that takes no more than to fill a text in. */
  toText(value: Value | Repeat): string | undefined {
    return value instanceof Repeat ? this.#templates.fill(value) : undefined;
  }

  /** Ends the stream, and the upstream call with it. */
  leave(): void {
    this.#source.leave();
  }

  /** Has the source begin before the first result is asked for. */
  begin(): void {
    this.#pull.begin();
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    try {
      const { value, done } = await this.#pull.next();
      if (done) return { value: undefined, done };
      const result = await this.toResult(value);
      if (isLost(result)) this.#pull.leave();
      return { value: result, done: false };
    } catch (error) {
      return { value: this.#options.toFailure(error), done: false };
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    this.#pull.leave();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Any iterable as a source. */
export function sourceOf<Value>(values: AsyncIterable<Value>): Source<Value> {
  const iterator = values[Symbol.asyncIterator]();
  return {
    async run(take) {
      for (;;) {
        const { value, done } = await iterator.next();
        if (done) return;
        const ready = take([value]);
        if (ready) await ready;
      }
    },
    leave() {
      iterator.return?.().catch(() => {});
    },
  };
}
