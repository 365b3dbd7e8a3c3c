// Slows down what GraphiQL gets of a stream: it writes and colours the whole answer anew for each result.

/** Of what a stream gives, as GraphiQL's fetchers return it. */
export interface Observable<Result> {
  subscribe(observer: Observer<Result>): { unsubscribe(): void };
}
export interface Observer<Result> {
  next(result: Result): void;
  error(problem: unknown): void;
  complete(): void;
}

/** The part of the time that drawing may take. */
const MOST_OF_TIME = 0.25;

/**
 * Yields the newest result of `source`, at most one each `intervalMs`; those between are left out, the last one never is.
 * What takes long to draw is drawn less often. A result that says `hasNext` is a part, not the newest state: all of them pass.
 * Unsubscribing ends the source at once.
 */
export function pace<Result>(source: AsyncIterable<Result>, intervalMs: number): Observable<Result> {
  return {
    subscribe(observer) {
      const iterator = source[Symbol.asyncIterator]();
      let waiting: { result: Result } | undefined;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let notBefore = 0;
      let isOver = false;
      const show = () => {
        clearTimeout(timer);
        timer = undefined;
        if (!waiting) return;
        const { result } = waiting;
        waiting = undefined;
        const start = performance.now();
        observer.next(result);
        const end = performance.now();
        notBefore = end + Math.max(intervalMs, (end - start) / MOST_OF_TIME);
      };
      const hear = (result: Result) => {
        if (isPart(result)) show();
        waiting = { result };
        const wait = notBefore - performance.now();
        if (wait <= 0 || isPart(result)) show();
        else timer ??= setTimeout(show, wait);
      };
      const end = (tell: () => void) => {
        if (isOver) return;
        show();
        isOver = true;
        tell();
      };
      void (async () => {
        for (let next = await iterator.next(); !next.done && !isOver; next = await iterator.next()) hear(next.value);
      })().then(
        () => end(() => observer.complete()),
        (problem: unknown) => end(() => observer.error(problem)),
      );
      return {
        unsubscribe() {
          isOver = true;
          clearTimeout(timer);
          void iterator.return?.()?.catch(() => {});
        },
      };
    },
  };
}

function isPart(result: unknown): boolean {
  return typeof result === "object" && result !== null && "hasNext" in result;
}
