// An iterator that can be left while it waits. A generator's own return() waits for the step under way: for a silent
// upstream, that is until its timeout.
import { setMaxListeners } from "node:events";

/** The reason for which a call ends when its client has left. It is not a fault, and no client sees it. */
export class CallerGone extends Error {
  override readonly name = "CallerGone";
  override readonly message = "The client has gone.";
}

/**
 * Runs `generate` with a signal that follows `callerSignal` and is aborted by return(). After return() the step under
 * way ends the iteration in place of throwing. `onEnd` is called when it has ended, also if it never began.
 */
export function createCancellable<Value>(
  callerSignal: AbortSignal,
  generate: (signal: AbortSignal) => AsyncGenerator<Value>,
  onEnd: () => void = () => {},
): AsyncIterableIterator<Value> {
  const controller = new AbortController();
  // Each field of an operation listens.
  setMaxListeners(0, controller.signal);
  const follow = () => controller.abort(callerSignal.reason);
  if (callerSignal.aborted) follow();
  callerSignal.addEventListener("abort", follow, { once: true });
  const values = generate(controller.signal);
  let isLeft = false;
  const end = (): IteratorReturnResult<undefined> => {
    callerSignal.removeEventListener("abort", follow);
    onEnd();
    return { value: undefined, done: true };
  };
  return {
    async next() {
      try {
        const result = await values.next();
        return result.done ? end() : result;
      } catch (error) {
        const ended = end();
        if (isLeft) return ended;
        throw error;
      }
    },
    async return() {
      isLeft = true;
      controller.abort(new CallerGone());
      await values.return(undefined).catch(() => {});
      return end();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
