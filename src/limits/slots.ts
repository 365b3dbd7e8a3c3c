// How many upstream calls may be under way at once: over all callers and transports, and of each caller.
import { ANYBODY, type Caller } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import { callerLimits, describeLimit } from "../schema/shared/caller-limits.ts";

/** When a refused caller may try again, in milliseconds: calls end all the time, and which is next is not known. */
const RETRY_AFTER_MS = 1_000;

/** A bounded number of places. */
export interface Slots {
  /**
   * Takes a place for the caller and returns how to give it back, which counts once. `isFree`: the call costs nothing.
   * Throws RATE_LIMITED if the caller has as many calls under way as it may, OVERLOADED if no place is left.
   */
  take(caller: Caller, isFree: boolean): () => void;
  /** How many calls the caller may have under way. Undefined: as many as there are places. */
  limitOf(caller: Caller): number | undefined;
}

/**
 * Makes `max` places, of which free calls may take `maxFree`. A caller without a limit of its own may take half of them, and
 * any caller half of the free ones, so that one whose calls hang leaves room for the others. No call waits: a queue would
 * hold requests whose callers may have left.
 */
export function createSlots(max: number, maxFree: number): Slots {
  const all = createPlaces();
  const free = createPlaces();

  /** Everybody together has no limit. */
  function limitOf({ key, limits }: Caller): number | undefined {
    return limits.maxConcurrent ?? (key === ANYBODY.key ? undefined : halfOf(max));
  }

  return {
    limitOf,
    take(caller, isFree) {
      const { key } = caller;
      const most = limitOf(caller) ?? max;
      const mostFree = key === ANYBODY.key ? maxFree : halfOf(maxFree);
      if (all.taken() >= max) throw overloaded(`${max} upstream calls`);
      if (isFree && free.taken() >= maxFree) throw overloaded(`${maxFree} reads`);
      if (all.takenBy(key) >= most) throw limited(describeLimit("maxConcurrent", most));
      if (isFree && free.takenBy(key) >= mostFree) throw limited(`at most ${mostFree} reads at once`);
      all.take(key);
      if (isFree) free.take(key);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        all.giveBack(key);
        if (isFree) free.giveBack(key);
      };
    },
  };
}

/** Counts places, and who has them. */
function createPlaces() {
  let taken = 0;
  const byCaller = new Map<string, number>();
  const takenBy = (key: string) => byCaller.get(key) ?? 0;
  return {
    taken: () => taken,
    takenBy,
    take(key: string): void {
      taken++;
      byCaller.set(key, takenBy(key) + 1);
    },
    giveBack(key: string): void {
      taken--;
      const left = takenBy(key) - 1;
      if (left > 0) byCaller.set(key, left);
      else byCaller.delete(key);
    },
  };
}

function halfOf(places: number): number {
  return Math.max(1, Math.floor(places / 2));
}

function limited(most: string): Error {
  const problem = `This caller may have ${most}.`;
  return codedError(callerLimits.maxConcurrent.code, problem, { retryAfterMs: RETRY_AFTER_MS });
}

function overloaded(calls: string): Error {
  const problem = `The server has ${calls} under way, as many as it allows.`;
  return codedError("OVERLOADED", problem, { retryAfterMs: RETRY_AFTER_MS });
}
