// Counts what each caller uses, requests by the minute and tokens by the day: in Redis, or in this process's memory. Knows
// no limits.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type * as Limiters from "rate-limiter-flexible";
import type { RateLimiterRes } from "rate-limiter-flexible";
import type { Caller } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import { connectRedis, type RedisConnection } from "./redis.ts";

// By file: the package's entry loads the limiters for every other store as well.
const require = createRequire(import.meta.url);

/** More than a day, because calls may end after midnight. */
const DAY_SECONDS = 25 * 60 * 60;

/** Additions are taken back only this long before their window ends; later they might lower the next one. */
const WINDOW_END_MS = 1_000;

/** What a window holds. */
interface Count {
  readonly used: number;
  /** Until the window ends, in milliseconds from now; 0 if none has begun. */
  readonly resetMs: number;
}

/** Counts by key; each key's window begins with its first addition. Points are whole. */
export interface Counter {
  /** Adds and yields the sum. If the answer comes too late it throws, and undoes the addition once it does come. */
  take(key: string, points: number): Promise<Count>;
  /** Takes back what `take` added. Never throws; on failure the addition stands. */
  undo(key: string, points: number, taken: Count): Promise<void>;
  /** Adds, or subtracts what is below zero; in Redis the sum stays at least 0. */
  add(key: string, points: number): Promise<Count>;
  read(key: string): Promise<Count>;
}

/** The counters of one store. */
interface Counters {
  readonly requests: Counter;
  readonly tokens: Counter;
  close(): Promise<void>;
}

/** Where callers are counted. */
export interface CounterStoreOptions {
  /** Undefined: in this process's memory. */
  redisUrl: string | undefined;
  /** What happens to callers with a limit while Redis is away: refused, or counted in memory with the same limits. */
  redisDown: "refuse" | "serve";
}

/** The counters in use. */
export interface CounterStore {
  /**
   * Calls `operation` with the counters to use, and again with others if those fail; so it asks them once and does
   * nothing else. If none are left, throws OVERLOADED if the caller `isLimited`, and yields undefined if not.
   */
  use<Result>(isLimited: boolean, operation: (counters: Counters) => Promise<Result>): Promise<Result | undefined>;
  close(): Promise<void>;
}

type Limiter = Pick<Limiters.RateLimiterMemory, "penalty" | "reward" | "get">;
type Run = RedisConnection["run"];

// The limits are checked elsewhere: they differ from caller to caller and change while the server runs.
const REQUESTS = { keyPrefix: "requests", points: Number.MAX_SAFE_INTEGER, duration: 60 };
const TOKENS = { keyPrefix: "tokens", points: Number.MAX_SAFE_INTEGER, duration: DAY_SECONDS };

/** Begins to connect to Redis, if there is one. */
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

/** The caller's name in a store, 43 letters of base64url: short and plain whatever its id looks like, and not readable. */
export function keyOf(caller: Caller): string {
  let key = keys.get(caller);
  if (key === undefined) {
    key = createHash("sha256").update(caller.key).digest("base64url");
    keys.set(caller, key);
  }
  return key;
}

/** Callers mostly outlive their calls. */
const keys = new WeakMap<Caller, string>();

/** Counters of this process alone. They never throw. */
function createMemoryCounters(): Counters {
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
function createRedisCounters(url: string, report: (fault: unknown) => void): Counters {
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
