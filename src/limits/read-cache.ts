// Answers that are right for many callers, such as the list of models: kept for a while, and asked for only once if many
// callers want one at the same time.
import { setMaxListeners } from "node:events";
import { LRUCache } from "lru-cache";
import { roomAfter } from "../json/json.ts";
import { CallerGone } from "../openai/cancellable.ts";

/** Most answers that are kept. Their keys hold the names of models, which clients invent. */
const MAX_ANSWERS = 100;
/** Most values and characters in all kept answers, and in one of them; a list of a thousand models has 60,000. */
const MAX_SIZE = 4 * 2 ** 20;
const MAX_ANSWER_SIZE = 2 ** 20;
const SIZES = { value: 10, character: 1 };

/** Asks the upstream; `signal` ends the call. */
export type Load = (signal: AbortSignal) => Promise<unknown>;

/** Answers by key: an upstream account and a path. What is yielded is shared and must not be changed. */
export interface ReadCache {
  /**
   * Yields a kept answer, or that of a call which is under way already, or else of `load`. Throws what `load` throws, or
   * `signal`'s reason; a call ends when nobody waits for it any more.
   */
  read(key: string, signal: AbortSignal, load: Load): Promise<unknown>;
}

interface Flight {
  answer: Promise<unknown>;
  controller: AbortController;
  waiting: number;
}

/** Keeps whole answers for `ttlMs`, failures not at all. With 0 every reader makes its own call. */
export function createReadCache(ttlMs: number): ReadCache {
  if (ttlMs === 0) return { read: (_, signal, load) => load(signal) };
  const answers = new LRUCache<string, object>({
    max: MAX_ANSWERS,
    ttl: ttlMs,
    maxSize: MAX_SIZE,
    maxEntrySize: MAX_ANSWER_SIZE,
    sizeCalculation: (answer, key) => key.length + MAX_ANSWER_SIZE - roomAfter(answer, MAX_ANSWER_SIZE, SIZES),
  });
  const flights = new Map<string, Flight>();

  function begin(key: string, load: Load): Flight {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const answer = load(controller.signal)
      .then((value) => {
        if (typeof value === "object" && value !== null) answers.set(key, value);
        return value;
      })
      .finally(() => {
        // A call that everybody has left makes room for the next one before it ends.
        if (flights.get(key) === flight) flights.delete(key);
      });
    const flight: Flight = { answer, controller, waiting: 0 };
    flights.set(key, flight);
    return flight;
  }

  async function join(flight: Flight, signal: AbortSignal): Promise<unknown> {
    flight.waiting++;
    try {
      return await untilAborted(flight.answer, signal);
    } finally {
      if (--flight.waiting === 0) flight.controller.abort(new CallerGone());
    }
  }

  return {
    async read(key, signal, load) {
      signal.throwIfAborted();
      const kept = answers.get(key);
      if (kept) return kept;
      const others = flights.get(key);
      if (!others || others.controller.signal.aborted) return join(begin(key, load), signal);
      // Another caller's call may have failed for reasons of that caller's own: its limit, or because it left.
      return join(others, signal).catch(() => {
        signal.throwIfAborted();
        return load(signal);
      });
    },
  };
}

/** The promise's outcome, or the signal's reason as soon as it is aborted. */
function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
