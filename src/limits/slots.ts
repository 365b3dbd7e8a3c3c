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
 * Makes `max` places, of which free calls may take `maxFree`. A caller without a limit of its own may take half of them,
 * so that one whose calls hang leaves room for the others. No call waits: a queue would hold requests whose callers may
 * have left.
 */
export function createSlots(max: number, maxFree: number): Slots {
  let taken = 0;
  let takenByFree = 0;
  const takenBy = new Map<string, number>();
  const share = Math.max(1, Math.floor(max / 2));

  /** Everybody together has no limit. */
  function limitOf({ key, limits }: Caller): number | undefined {
    return limits.maxConcurrent ?? (key === ANYBODY.key ? undefined : share);
  }

  return {
    limitOf,
    take(caller, isFree) {
      const { key } = caller;
      const own = takenBy.get(key) ?? 0;
      const most = limitOf(caller);
      if (taken >= max) throw overloaded(`${max} upstream calls`);
      if (isFree && takenByFree >= maxFree) throw overloaded(`${maxFree} reads`);
      if (most !== undefined && own >= most) {
        const problem = `This caller may have ${describeLimit("maxConcurrent", most)}.`;
        throw codedError(callerLimits.maxConcurrent.code, problem, { retryAfterMs: RETRY_AFTER_MS });
      }
      taken++;
      if (isFree) takenByFree++;
      takenBy.set(key, own + 1);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        taken--;
        if (isFree) takenByFree--;
        const left = (takenBy.get(key) ?? 1) - 1;
        if (left > 0) takenBy.set(key, left);
        else takenBy.delete(key);
      };
    },
  };
}

function overloaded(calls: string): Error {
  const problem = `The server has ${calls} under way, as many as it allows.`;
  return codedError("OVERLOADED", problem, { retryAfterMs: RETRY_AFTER_MS });
}
