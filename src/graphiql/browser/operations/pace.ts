// Slows down what GraphiQL gets of a stream: it writes and colours the whole answer anew for each result.

/** The part of the time that drawing may take. */
const MOST_OF_TIME = 0.25;

/**
 * Yields the newest result of `source`, at most one each `intervalMs`; those between are left out, the last one never is.
 * What takes long to draw is drawn less often. A result that says `hasNext` is a part, not the newest state: all of them pass.
 * `return` ends the source at once.
 */
export function pace<Result>(source: AsyncIterable<Result>, intervalMs: number): AsyncIterableIterator<Result> {
  type Step = IteratorResult<Result, undefined>;
  const iterator = source[Symbol.asyncIterator]();
  const waiting: Result[] = [];
  let reader: { resolve(step: Step): void; reject(problem: unknown): void } | undefined;
  let end: { problem?: unknown } | undefined;
  let isReading = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let givenAt: number | undefined;
  let notBefore = 0;

  /** Gives the reader what there is, or waits until it is time. */
  function give(): void {
    clearTimeout(timer);
    if (!reader) return;
    const [next] = waiting;
    if (next === undefined) {
      if (!end) return;
      if ("problem" in end) reader.reject(end.problem);
      else reader.resolve({ done: true, value: undefined });
    } else {
      const wait = end || isPart(next) ? 0 : notBefore - performance.now();
      if (wait > 0) {
        timer = setTimeout(give, wait);
        return;
      }
      waiting.shift();
      givenAt = performance.now();
      reader.resolve({ done: false, value: next });
    }
    reader = undefined;
  }

  async function read(): Promise<void> {
    for (let next = await iterator.next(); !next.done && !end; next = await iterator.next()) {
      if (waiting.length > 0 && !isPart(waiting.at(-1))) waiting.pop();
      waiting.push(next.value);
      give();
    }
  }

  function finish(how: { problem?: unknown }): void {
    end ??= how;
    give();
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const now = performance.now();
      // The reader asks again when it has drawn.
      if (givenAt !== undefined) notBefore = now + Math.max(intervalMs, (now - givenAt) / MOST_OF_TIME);
      givenAt = undefined;
      if (!isReading) {
        isReading = true;
        void read().then(
          () => finish({}),
          (problem: unknown) => finish({ problem }),
        );
      }
      return new Promise<Step>((resolve, reject) => {
        reader = { resolve, reject };
        give();
      });
    },
    async return() {
      waiting.length = 0;
      finish({});
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}

function isPart(result: unknown): boolean {
  return typeof result === "object" && result !== null && "hasNext" in result;
}
