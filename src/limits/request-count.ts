// The upstream calls that a caller, or its team, makes in a minute. Knows no tokens.
import { codedError } from "../errors/codes.ts";
import { callerLimits, describeLimit } from "../schema/shared/caller-limits.ts";
import type { CounterStore } from "./counting/counter-store.ts";
import { type NowOrLater, type Taken, whenThere } from "./counting/counters.ts";
import type { Rates } from "./rates.ts";
import type { Spender } from "./spender.ts";

/** Counts calls, also if there is no limit. */
export interface RequestCount {
  /**
   * Counts one call, without a wait if there is no limit, and returns what takes it back. Throws RATE_LIMITED with
   * `retryAfterMs`, or OVERLOADED while Redis is away. `rates` learns what is left.
   */
  take(rates?: Rates): NowOrLater<() => void>;
  /** Throws OVERLOADED while Redis is away if there is a limit. */
  read(): Promise<{ requests: number; requestsResetMs: number }>;
}

export function createRequestCount(store: CounterStore, { name, key: ownKey, limits }: Spender): RequestCount {
  const limit = limits.requestsPerMinute;
  const key = store.keyOf(ownKey);
  return {
    take(rates) {
      const taking = store.use(limit !== undefined, ({ requests }) => requests.take(key, 1));
      const undo = () => void whenThere(taking, (taken) => taken?.undo(1));
      if (limit === undefined) return undo;
      const check = (taken: Taken | undefined) => {
        if (!taken) return undo;
        rates?.noteRequests({ limit, remaining: limit - taken.used, resetAt: Date.now() + taken.resetMs });
        if (taken.used <= limit) return undo;
        undo();
        throw rateLimited(name, limit, taken.resetMs);
      };
      return whenThere(taking, check);
    },
    async read() {
      const count = await store.use(limit !== undefined, ({ requests }) => requests.read(key));
      return { requests: count?.used ?? 0, requestsResetMs: Math.ceil(count?.resetMs ?? 0) };
    },
  };
}

function rateLimited(name: Spender["name"], limit: number, resetMs: number): Error {
  const retryAfterMs = Math.max(1, Math.ceil(resetMs));
  const most = describeLimit("requestsPerMinute", limit);
  const message = `${name} may make ${most}; try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return codedError(callerLimits.requestsPerMinute.code, message, { retryAfterMs });
}
