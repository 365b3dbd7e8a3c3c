// Which counters are used: Redis', or while Redis is away this process's, or none. Knows neither callers nor limits.
import { codedError } from "../errors/codes.ts";
import { type Counters, createMemoryCounters, createRedisCounters } from "./counters.ts";

/** Where callers are counted. */
export interface CounterStoreOptions {
  /** Undefined: in this process's memory. */
  redisUrl: string | undefined;
  /** While Redis is away callers with a limit are refused, or counted in memory with the same limits. */
  redisDown: "refuse" | "serve";
}

/** The counters in use. */
export interface CounterStore {
  /**
   * Calls `operation` with the counters to use, and again with others where they fail; so it asks them once and does
   * nothing else. Where none are left, throws OVERLOADED if the caller `isLimited`, and yields undefined if not.
   */
  use<Result>(isLimited: boolean, operation: (counters: Counters) => Promise<Result>): Promise<Result | undefined>;
  close(): Promise<void>;
}

/** Begins to connect where there is a Redis. */
export function createCounterStore(options: CounterStoreOptions, report: (fault: unknown) => void): CounterStore {
  const memory = createMemoryCounters();
  const redis = options.redisUrl === undefined ? undefined : createRedisCounters(options.redisUrl, report);
  return {
    async use(isLimited, operation) {
      if (!redis) return operation(memory);
      try {
        return await operation(redis);
      } catch {
        // Reported where it happened, at most once a minute.
        if (options.redisDown === "serve") return operation(memory);
        if (!isLimited) return undefined;
        throw codedError("OVERLOADED", "The server cannot check its callers' limits at the moment.", {
          retryAfterMs: 1000,
        });
      }
    },
    async close() {
      await redis?.close();
    },
  };
}
