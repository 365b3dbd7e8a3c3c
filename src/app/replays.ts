// Builds what runs mutations once for an idempotency key, from the configuration.
import type { Config } from "../config/read-config.ts";
import { MemoryAnswers } from "../execution/replays/memory-answers.ts";
import { RedisAnswers } from "../execution/replays/redis-answers.ts";
import { Replays } from "../execution/replays/replays.ts";
import { connectRedis } from "../limits/counting/redis.ts";

/** The mutations with a key, and how they end. */
export interface OpenReplays {
  readonly replays: Replays;
  /** Ends what runs, and the connection to Redis. */
  close(): Promise<void>;
}

/** Begins to connect to Redis, if there is one; `report` is called for its failures. Undefined: keys mean nothing. */
export function openReplays(config: Config, report: (fault: unknown) => void): OpenReplays | undefined {
  const ttlMs = config.IDEMPOTENCY_TTL_SECONDS * 1_000;
  if (ttlMs === 0) return undefined;
  const memory = new MemoryAnswers(ttlMs, config.IDEMPOTENCY_MAX_BYTES);
  if (config.REDIS_URL === undefined) {
    const replays = new Replays(memory);
    return { replays, close: async () => replays.end() };
  }
  const redis = connectRedis(config.REDIS_URL, report);
  const answers = new RedisAnswers({ redis, ttlMs, rest: memory, runsAlone: config.REDIS_DOWN === "serve" });
  const replays = new Replays(answers);
  return {
    replays,
    async close() {
      await replays.end();
      answers.close();
      await redis.close();
    },
  };
}
