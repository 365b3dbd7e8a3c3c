// Work that can be left at any moment, as an iterator. A generator's own return() waits for the step under way: for a silent
// upstream, that is until its timeout.
import { setMaxListeners } from "node:events";

/** The reason for which a call ends when its client has left. It is not a fault, and no client sees it. */
export class CallerGone extends Error {
  override readonly name = "CallerGone";
  override readonly message = "The client has gone.";
}

/**
 * An iterator without values, which ends when `work` has. Its signal follows `callerSignal`, and is aborted by return(); then
 * what the work throws does not count. `onEnd` is called when it has ended, also if it never began.
 */
export function createCancellable(
  callerSignal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
  onEnd: () => void = () => {},
): AsyncIterableIterator<never> {
  const controller = new AbortController();
  // Each field of an operation listens.
  setMaxListeners(0, controller.signal);
  const follow = () => controller.abort(callerSignal.reason);
  if (callerSignal.aborted) follow();
  callerSignal.addEventListener("abort", follow, { once: true });
  let working: Promise<void> | undefined;
  let isLeft = false;
  const end = (): IteratorReturnResult<undefined> => {
    callerSignal.removeEventListener("abort", follow);
    onEnd();
    return { value: undefined, done: true };
  };
  return {
    async next() {
      if (!isLeft) working ??= work(controller.signal);
      try {
        await working;
      } catch (error) {
        if (!isLeft) {
          end();
          throw error;
        }
      }
      return end();
    },
    async return() {
      isLeft = true;
      controller.abort(new CallerGone());
      await working?.catch(() => {});
      return end();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
