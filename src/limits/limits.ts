// Counts callers against their limits of requests a minute and tokens a day. Knows neither the calls nor the store.
import { ANYBODY, type Caller } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import { callerLimits, describeLimit } from "../schema/shared/caller-limits.ts";
import type { ViewerUsage } from "../schema/shared/context.ts";
import { type CounterStoreOptions, createCounterStore } from "./counter-store.ts";
import { type NowOrLater, whenThere } from "./counters.ts";
import { createReservations, type Estimate, type Reservation } from "./reservations.ts";

/**
 * Counts callers, also those without limits, unless the server does not distinguish them. Without Redis everything is
 * there at once, and what is thrown is thrown at once; with Redis within a second. While Redis is away, callers with the limit in question are refused with OVERLOADED, or counted in memory;
 * callers without it are served.
 */
export interface Limits {
  /**
   * Counts one upstream call, and returns a function that takes it back if the call is not made. Throws RATE_LIMITED
   * with `retryAfterMs` when the caller's minute is used up. A caller without that limit does not wait for the counter.
   */
  takeRequest(caller: Caller): NowOrLater<() => void>;
  /**
   * Takes tokens of the caller's day before they are spent. Throws BUDGET_EXCEEDED with `retryAfterMs` if fewer than
   * `atLeast` are left.
   */
  reserveTokens(caller: Caller, estimate: Estimate): NowOrLater<Reservation>;
  /** What the caller has used. If that cannot be read it throws OVERLOADED, or yields 0 for what has no limit. */
  read(caller: Caller): Promise<ViewerUsage>;
  /** Ends the connection to Redis, after commands in progress. */
  close(): Promise<void>;
}

/** Begins to connect if there is a Redis; `report` is called for its failures, at most once a minute. */
export function createLimits(options: CounterStoreOptions, report: (fault: unknown) => void): Limits {
  const store = createCounterStore(options, report);
  const reservations = createReservations(store);
  return {
    takeRequest(caller) {
      if (isAnybody(caller)) return () => {};
      const limit = caller.limits.requestsPerMinute;
      const key = store.keyOf(caller);
      const taking = store.use(limit !== undefined, ({ requests }) => requests.take(key, 1));
      // Nothing waits until it is undone.
      const undo = () => void whenThere(taking, (taken) => taken?.undo(1));
      if (limit === undefined) return undo;
      return whenThere(taking, (taken) => {
        if (!taken || taken.used <= limit) return undo;
        undo();
        throw rateLimited(limit, taken.resetMs);
      });
    },
    reserveTokens(caller, estimate) {
      if (isAnybody(caller)) return { tokens: estimate.atMost, settle() {} };
      return reservations.reserve(caller, estimate);
    },
    async read(caller) {
      if (isAnybody(caller)) return { requests: 0, requestsResetMs: 0, tokens: 0, tokensResetMs: 0 };
      const limit = caller.limits.requestsPerMinute;
      const key = store.keyOf(caller);
      const [count, tokens] = await Promise.all([
        store.use(limit !== undefined, ({ requests }) => requests.read(key)),
        reservations.read(caller),
      ]);
      return { requests: count?.used ?? 0, requestsResetMs: Math.ceil(count?.resetMs ?? 0), ...tokens };
    },
    close: () => store.close(),
  };
}

function isAnybody(caller: Caller): boolean {
  return caller.key === ANYBODY.key;
}

function rateLimited(limit: number, resetMs: number): Error {
  const retryAfterMs = Math.max(1, Math.ceil(resetMs));
  const most = describeLimit("requestsPerMinute", limit);
  const message = `This caller may make ${most}; try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return codedError(callerLimits.requestsPerMinute.code, message, { retryAfterMs });
}
