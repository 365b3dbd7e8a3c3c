// The chunks of a streamed answer: one by one, as GraphQL reads them, or all that have come, to be sent on at once.

/** Ends, throws and is left as `batches` is. */
export class ChunkStream<Chunk> implements AsyncIterableIterator<Chunk> {
  readonly #batches: AsyncIterableIterator<readonly Chunk[]>;
  #batch: readonly Chunk[] = [];
  #place = 0;

  constructor(batches: AsyncIterableIterator<readonly Chunk[]>) {
    this.#batches = batches;
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#place === this.#batch.length) {
      const { value, done } = await this.#batches.next();
      if (done) return { value: undefined, done };
      this.#batch = value;
      this.#place = 0;
    }
    return { value: this.#batch[this.#place++] as Chunk, done: false };
  }

  /** All that has come and not been read, at least one; waits for it. */
  async nextBatch(): Promise<IteratorResult<readonly Chunk[], undefined>> {
    if (this.#place === this.#batch.length) return this.#batches.next();
    const value = this.#batch.slice(this.#place);
    this.#place = this.#batch.length;
    return { value, done: false };
  }

  /** Ends the upstream call. */
  async return(): Promise<IteratorResult<Chunk, undefined>> {
    this.#batch = [];
    this.#place = 0;
    await this.#batches.return?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
