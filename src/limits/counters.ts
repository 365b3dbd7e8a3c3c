// Two counters, in memory or in Redis: requests by the minute and tokens by the day. Knows no limits.
import { createRequire } from "node:module";
import type * as Limiters from "rate-limiter-flexible";
import type { RateLimiterRes } from "rate-limiter-flexible";
import { connectRedis, type RedisConnection } from "./redis.ts";

// By file: the package's entry loads the limiters for every other store as well.
const require = createRequire(import.meta.url);

/** More than a day, for calls that end after midnight. */
const DAY_SECONDS = 25 * 60 * 60;

/** Additions are taken back only this long before their window ends; later they might lower the next one. */
const WINDOW_END_MS = 1_000;

/** What a window holds. */
export interface Count {
  readonly used: number;
  /** Until the window ends, in milliseconds from now; 0 where none has begun. */
  readonly resetMs: number;
}

/** Counts by key; each key's window begins with its first addition. Points are whole. */
export interface Counter {
  /** Adds and yields the sum. Where the answer comes too late it throws, and undoes the addition when it does come. */
  take(key: string, points: number): Promise<Count>;
  /** Takes back what `take` added. Never throws; on failure the addition stands. */
  undo(key: string, points: number, taken: Count): Promise<void>;
  /** Adds, or subtracts what is below zero; in Redis the sum stays at least 0. */
  add(key: string, points: number): Promise<Count>;
  read(key: string): Promise<Count>;
}

/** The counters of one store. */
export interface Counters {
  readonly requests: Counter;
  readonly tokens: Counter;
  close(): Promise<void>;
}

type Limiter = Pick<Limiters.RateLimiterMemory, "penalty" | "reward" | "get">;
type Run = RedisConnection["run"];

// What callers may use up is compared elsewhere: it differs from caller to caller and changes while the server runs.
const REQUESTS = { keyPrefix: "requests", points: Number.MAX_SAFE_INTEGER, duration: 60 };
const TOKENS = { keyPrefix: "tokens", points: Number.MAX_SAFE_INTEGER, duration: DAY_SECONDS };

/** Counters of this process alone. They never throw. */
export function createMemoryCounters(): Counters {
  const RateLimiterMemory: typeof Limiters.RateLimiterMemory = require("rate-limiter-flexible/lib/RateLimiterMemory.js");
  const run: Run = (command) => command();
  return {
    requests: createCounter(new RateLimiterMemory(REQUESTS), run),
    tokens: createCounter(new RateLimiterMemory(TOKENS), run),
    async close() {},
  };
}

/**
 * The library's script, but no sum falls below zero: after a restart without its data, or in a window that has ended
 * meanwhile, Redis knows nothing of what is taken back.
 */
const ADD_SCRIPT = `
redis.call('set', KEYS[1], 0, 'EX', ARGV[2], 'NX')
local used = redis.call('incrby', KEYS[1], ARGV[1])
if used < 0 then used = redis.call('incrby', KEYS[1], -used) end
local ttl = redis.call('pttl', KEYS[1])
if ttl == -1 then
  redis.call('expire', KEYS[1], ARGV[2])
  ttl = 1000 * ARGV[2]
end
return {used, ttl}
`;

/** Counters that all processes on one Redis share. Everything but `undo` and `close` throws while Redis is away. */
export function createRedisCounters(url: string, report: (fault: unknown) => void): Counters {
  const RateLimiterRedis: typeof Limiters.RateLimiterRedis = require("rate-limiter-flexible/lib/RateLimiterRedis.js");
  const { client, run, close } = connectRedis(url, report);
  const options = { storeClient: client, customIncrTtlLuaScript: ADD_SCRIPT };
  return {
    requests: createCounter(new RateLimiterRedis({ ...options, ...REQUESTS }), run),
    tokens: createCounter(new RateLimiterRedis({ ...options, ...TOKENS }), run),
    close,
  };
}

function createCounter(limiter: Limiter, run: Run): Counter {
  const change = (key: string, points: number) => () =>
    points < 0 ? limiter.reward(key, -points) : limiter.penalty(key, points);

  async function undo(key: string, points: number, { resetMs }: Count): Promise<void> {
    if (points > 0 && resetMs > WINDOW_END_MS) await run(change(key, -points)).catch(() => {});
  }

  return {
    undo,
    take: async (key, points) =>
      readResult(await run(change(key, points), (late) => void undo(key, points, readResult(late)))),
    add: async (key, points) => readResult(await run(change(key, points))),
    read: async (key) => readResult(await run(() => limiter.get(key))),
  };
}

function readResult(result: RateLimiterRes | null): Count {
  // The memory's window may have ended while its timer has not run yet.
  if (!result || result.msBeforeNext <= 0) return { used: 0, resetMs: 0 };
  return { used: Math.max(0, result.consumedPoints), resetMs: result.msBeforeNext };
}
