// Where many operations come at once, they start a few in each turn of the event loop, and callers take turns: whoever sends a
// thousand waits for itself, and a caller that sends one waits for one of each other's.
import type { Caller } from "../callers/caller.ts";

/** How long operations start as they come, in milliseconds; then those that follow wait for the next turn. */
const MAX_BURST_MS = 3;
/** A time without a start that ends a burst, in milliseconds. */
const REST_MS = 2;
/** How many of those that wait start in a turn. */
const STARTS_A_TURN = 4;

/** Yields what resolves when the caller's next operation may start; undefined: at once. */
export type UntilStart = (caller: Caller) => Promise<void> | undefined;

/** Who waits, and until when nobody has to. */
export function createStarts(): UntilStart {
  /** Those who wait, by caller; the one whose turn is next comes first. */
  const waiting = new Map<string, (() => void)[]>();
  let burstAt = 0;
  let lastAt = 0;

  function letSome(): void {
    burstAt = lastAt = performance.now();
    for (let started = 0; started < STARTS_A_TURN; started++) {
      const [next] = waiting;
      if (!next) return;
      const [key, line] = next;
      line.shift()?.();
      waiting.delete(key);
      if (line.length > 0) waiting.set(key, line);
    }
    if (waiting.size > 0) setImmediate(letSome);
  }

  function wait(key: string): Promise<void> {
    if (waiting.size === 0) setImmediate(letSome);
    return new Promise((resolve) => {
      const line = waiting.get(key);
      if (line) line.push(resolve);
      else waiting.set(key, [resolve]);
    });
  }

  return ({ key }) => {
    if (waiting.size > 0) return wait(key);
    const now = performance.now();
    if (now - lastAt > REST_MS) burstAt = now;
    lastAt = now;
    return now - burstAt > MAX_BURST_MS ? wait(key) : undefined;
  };
}
