// How many upstream calls may be under way at once, over all callers and transports.
import { codedError } from "../errors/codes.ts";

/** When a refused caller may try again, in milliseconds: calls end all the time, and which is next is not known. */
const RETRY_AFTER_MS = 1_000;

/** A bounded number of places. */
export interface Slots {
  /** Takes a place and returns how to give it back, which counts once. Throws OVERLOADED if none is left. */
  take(): () => void;
}

/** Makes `max` places. No call waits for one: a queue would hold requests whose callers may have left. */
export function createSlots(max: number): Slots {
  let taken = 0;
  return {
    take() {
      if (taken >= max) {
        const problem = `The server has ${max} upstream calls under way, as many as it allows.`;
        throw codedError("OVERLOADED", problem, { retryAfterMs: RETRY_AFTER_MS });
      }
      taken++;
      let isTaken = true;
      return () => {
        if (isTaken) taken--;
        isTaken = false;
      };
    },
  };
}
