// The results of a subscription: one by one, as GraphQL's transports read them, or all that have come, for SSE.
import { type ASTNode, type ExecutionResult, locatedError } from "graphql";
import type { PromiseOrValue } from "graphql-yoga";
import type { ChunkStream } from "../openai/chunk-stream.ts";

/** Ends and is left as the upstream's stream is; throws what that throws, located at `node` as the executor would. */
export class ResultStream implements AsyncIterableIterator<ExecutionResult> {
  readonly #chunks: ChunkStream<unknown>;
  readonly #toResult: (chunk: unknown) => PromiseOrValue<ExecutionResult>;

  readonly #node: ASTNode;

  constructor(
    chunks: ChunkStream<unknown>,
    node: ASTNode,
    toResult: (chunk: unknown) => PromiseOrValue<ExecutionResult>,
  ) {
    this.#chunks = chunks;
    this.#node = node;
    this.#toResult = toResult;
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const { value, done } = await this.#chunks.next().catch((error: unknown) => this.#fail(error));
    return done ? { value: undefined, done } : { value: await this.#toResult(value), done: false };
  }

  /** At least one; waits for it. */
  async nextBatch(): Promise<IteratorResult<readonly ExecutionResult[], undefined>> {
    const { value, done } = await this.#chunks.nextBatch().catch((error: unknown) => this.#fail(error));
    if (done) return { value: undefined, done };
    const results: ExecutionResult[] = [];
    for (const chunk of value) {
      const result = this.#toResult(chunk);
      results.push(result instanceof Promise ? await result : (result as ExecutionResult));
    }
    return { value: results, done: false };
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#chunks.return();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #fail(error: unknown): never {
    throw locatedError(error, this.#node);
  }
}
