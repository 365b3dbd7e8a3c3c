// A source that pushes its values, read one by one, as GraphQL's iterators are.
import type { Take } from "./client/event-stream.ts";

/** Pushes values. */
export interface Source<Value> {
  /** Hands the values to `take` until there are no more. Rejects with why there are none. To be called once. */
  run(take: Take<Value>): Promise<void>;
  /** Ends what is under way, and what feeds it; `run` then resolves, if what it has handed out last is taken. */
  leave(): void;
}

/** Runs a source. Takes nothing more from it while there is something to read. */
export class Pull<Value> {
  readonly #source: Source<Value>;
  #values: readonly Value[] = [];
  #place = 0;
  #hasBegun = false;
  #end: { readonly error?: unknown } | undefined;
  /** Whoever waits for something to read, and the source that waits until all is read. */
  #wake = () => {};
  #ask = () => {};

  constructor(source: Source<Value>) {
    this.#source = source;
  }

  /** Has the source begin before the first value is asked for. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const end = (failure: { readonly error?: unknown }) => {
      this.#end ??= failure;
      this.#wake();
    };
    const take: Take<Value> = (values) => {
      if (this.#end) return undefined;
      this.#values = values;
      this.#place = 0;
      this.#wake();
      return new Promise((resolve) => {
        this.#ask = resolve;
      });
    };
    this.#source.run(take).then(
      () => end({}),
      (error: unknown) => end({ error }),
    );
  }

  /** The next value; waits for it. Rejects, after the values before and once, with what the source rejects with. */
  async next(): Promise<IteratorResult<Value, undefined>> {
    this.begin();
    while (this.#place === this.#values.length) {
      if (this.#end) {
        const { error } = this.#end;
        this.#end = {};
        if (error !== undefined) throw error;
        return { value: undefined, done: true };
      }
      this.#ask();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return { value: this.#values[this.#place++] as Value, done: false };
  }

  /** Ends the source; what has not been read is dropped. */
  leave(): void {
    this.#hasBegun = true;
    this.#end = {};
    this.#values = [];
    this.#place = 0;
    this.#source.leave();
    this.#ask();
    this.#wake();
  }
}
