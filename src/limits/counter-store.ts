// Where callers are counted: in Redis, or in this process's memory. Knows no limits.
import { createHash } from "node:crypto";
import type { Caller } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import type { Counters, NowOrLater } from "./counters.ts";
import { MemoryCounter } from "./memory-counter.ts";
import { createRedisCounters } from "./redis-counters.ts";

/** How long windows last, in seconds: tokens' more than a day, because calls may end after midnight. */
const WINDOWS = { requests: 60, tokens: 25 * 60 * 60 };

/** Where callers are counted. */
export interface CounterStoreOptions {
  /** Undefined: in this process's memory. */
  redisUrl: string | undefined;
  /** What happens to callers with a limit while Redis is away: refused, or counted in memory with the same limits. */
  redisDown: "refuse" | "serve";
}

/** The counters in use. */
export interface CounterStore {
  /** The caller's name in the store. */
  keyOf(caller: Caller): string;
  /**
   * Calls `operation` with the counters to use, and again with others if those fail; so it asks them once and does
   * nothing else. If none are left, throws OVERLOADED if the caller `isLimited`, and yields undefined if not.
   */
  use<Result>(
    isLimited: boolean,
    operation: (counters: Counters) => NowOrLater<Result>,
  ): NowOrLater<Result | undefined>;
  close(): Promise<void>;
}

/** Begins to connect to Redis, if there is one. */
export function createCounterStore(options: CounterStoreOptions, report: (fault: unknown) => void): CounterStore {
  const memory = createMemoryCounters();
  if (options.redisUrl === undefined) {
    return { keyOf: ({ key }) => key, use: (_, operation) => operation(memory), async close() {} };
  }
  const { close, ...redis } = createRedisCounters(options.redisUrl, WINDOWS, report);
  return {
    keyOf: shortKeyOf,
    async use(isLimited, operation) {
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
    close,
  };
}

/** Counters of this process alone. They never throw. */
function createMemoryCounters(): Counters {
  return { requests: new MemoryCounter(WINDOWS.requests), tokens: new MemoryCounter(WINDOWS.tokens) };
}

/** 43 letters of base64url: short and plain whatever the caller's id looks like, and not readable in Redis. */
function shortKeyOf(caller: Caller): string {
  let key = shortKeys.get(caller);
  if (key === undefined) {
    key = createHash("sha256").update(caller.key).digest("base64url");
    shortKeys.set(caller, key);
  }
  return key;
}

/** Callers mostly outlive their calls. */
const shortKeys = new WeakMap<Caller, string>();
