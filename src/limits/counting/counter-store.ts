// Where callers are counted: in Redis, or in this process's memory. Knows no limits.
import { createHash } from "node:crypto";
import { codedError } from "../../errors/codes.ts";
import type { Counter, Counters, NowOrLater } from "./counters.ts";
import { MemoryCounter } from "./memory-counter.ts";
import { createRedisCounters } from "./redis-counters.ts";
import { type TokenWindow, tokenWindows } from "./token-windows.ts";

/** How long a window of requests lasts, in seconds. */
const REQUESTS_SECONDS = 60;

/** Where callers are counted. */
export interface CounterStoreOptions {
  /** Undefined: in this process's memory. */
  redisUrl: string | undefined;
  /** What happens to callers with a limit while Redis is away: refused, or counted in memory with the same limits. */
  redisDown: "refuse" | "serve";
}

/** The counters in use. */
export interface CounterStore {
  /** The name in the store of who has this key. */
  keyOf(key: string): string;
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
    return { keyOf: (key) => key, use: (_, operation) => operation(memory), async close() {} };
  }
  const { open, close } = createRedisCounters(options.redisUrl, report);
  const redis = createCounters(open);
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
  return createCounters((_, seconds) => new MemoryCounter(seconds));
}

/** `open` makes a counter by its name in the store and the length of its windows. */
function createCounters(open: (name: string, seconds: number) => Counter): Counters {
  const openTokens = (window: TokenWindow) =>
    // A day's has had this name since before there were others.
    open(window === "day" ? "tokens" : `tokens-${window}`, tokenWindows[window].keepSeconds);
  return {
    requests: open("requests", REQUESTS_SECONDS),
    tokens: {
      minute: openTokens("minute"),
      day: openTokens("day"),
      week: openTokens("week"),
      month: openTokens("month"),
    },
  };
}

/** 43 letters of base64url: short and plain whatever the caller's id looks like, and not readable in Redis. */
function shortKeyOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}
