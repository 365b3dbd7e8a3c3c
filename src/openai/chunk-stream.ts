// The chunks of a streamed answer: pushed as they come, all that came at once, or read one by one, as GraphQL does it.
import { CallerGone } from "./cancellable.ts";
import type { Take } from "./client/event-stream.ts";
import { Repeat } from "./client/events/event-form.ts";
import { Pull, type Source } from "./pull.ts";

/** Calls the upstream until `signal` is aborted, and hands out its chunks. */
type Start<Chunk> = (take: Take<Chunk | Repeat>, signal: AbortSignal) => Promise<void>;

/** Is either run or iterated, once; the call begins then. It ends when the caller has gone, or when the stream is left. */
export class ChunkStream<Chunk> implements AsyncIterableIterator<Chunk>, Source<Chunk | Repeat> {
  readonly #callerSignal: AbortSignal;
  readonly #start: Start<Chunk>;
  readonly #controller = new AbortController();
  readonly #pull = new Pull<Chunk | Repeat>(this);
  #isLeft = false;

  constructor(callerSignal: AbortSignal, start: Start<Chunk>) {
    this.#callerSignal = callerSignal;
    this.#start = start;
  }

  /** Throws what the call throws, after the chunks so far; nothing once the stream is left. */
  async run(take: Take<Chunk | Repeat>): Promise<void> {
    if (this.#isLeft) return;
    const signal = this.#callerSignal;
    const follow = () => this.#controller.abort(signal.reason);
    if (signal.aborted) follow();
    signal.addEventListener("abort", follow, { once: true });
    try {
      await this.#start((chunks) => {
        if (this.#isLeft) throw new CallerGone();
        return take(chunks);
      }, this.#controller.signal);
    } catch (error) {
      if (!this.#isLeft) throw error;
    } finally {
      signal.removeEventListener("abort", follow);
    }
  }

  /** Ends the upstream call, at any moment: a generator could only be left between two steps. */
  leave(): void {
    this.#isLeft = true;
    this.#controller.abort(new CallerGone());
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    const { value, done } = await this.#pull.next();
    if (done) return { value: undefined, done };
    return { value: value instanceof Repeat ? (value.toValue() as Chunk) : value, done: false };
  }

  async return(): Promise<IteratorResult<Chunk, undefined>> {
    this.#pull.leave();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
