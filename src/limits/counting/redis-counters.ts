// Counters that all processes on one Redis share, by rate-limiter-flexible.
import { createRequire } from "node:module";
import type * as Limiters from "rate-limiter-flexible";
import type { RateLimiterRes } from "rate-limiter-flexible";
import { type Count, type Counter, type Taken, WINDOW_END_MS } from "./counters.ts";
import { connectRedis, type RedisConnection } from "./redis.ts";

// By file: the package's entry loads the limiters for every other store as well.
const require = createRequire(import.meta.url);

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

type Limiter = Pick<Limiters.RateLimiterRedis, "penalty" | "reward" | "get">;

/** Begins to connect. */
export function createRedisCounters(
  url: string,
  report: (fault: unknown) => void,
): {
  /** Opens the counter of this name, whose windows last so many seconds. It rejects while Redis is away. */
  open(name: string, seconds: number): Counter;
  close(): Promise<void>;
} {
  const RateLimiterRedis: typeof Limiters.RateLimiterRedis = require("rate-limiter-flexible/lib/RateLimiterRedis.js");
  const { client, run, close } = connectRedis(url, report);
  // The limits are checked elsewhere: they differ from caller to caller and change while the server runs.
  const options = { storeClient: client, customIncrTtlLuaScript: ADD_SCRIPT, points: Number.MAX_SAFE_INTEGER };
  return {
    open: (name, seconds) =>
      createCounter(new RateLimiterRedis({ ...options, keyPrefix: name, duration: seconds }), run),
    close,
  };
}

function createCounter(limiter: Limiter, run: RedisConnection["run"]): Counter {
  const change = (key: string, points: number) => () =>
    points < 0 ? limiter.reward(key, -points) : limiter.penalty(key, points);

  async function add(key: string, points: number): Promise<void> {
    await run(change(key, points));
  }

  function createTaken(key: string, result: RateLimiterRes): Taken {
    const { used, resetMs } = readResult(result);
    return {
      used,
      resetMs,
      async undo(points) {
        if (points > 0 && resetMs > WINDOW_END_MS) await add(key, -points).catch(() => {});
      },
      add: (points) => add(key, points).catch(() => {}),
    };
  }

  return {
    async take(key, points) {
      const undoLate = (late: RateLimiterRes) => void createTaken(key, late).undo(points);
      return createTaken(key, await run(change(key, points), undoLate));
    },
    add,
    read: async (key) => readResult(await run(() => limiter.get(key))),
  };
}

function readResult(result: RateLimiterRes | null): Count {
  if (!result || result.msBeforeNext <= 0) return { used: 0, resetMs: 0 };
  return { used: Math.max(0, result.consumedPoints), resetMs: result.msBeforeNext };
}
