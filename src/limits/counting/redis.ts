// The connection to Redis: opened at the start and reopened by itself. No operation waits long for it. Does not know what
// is stored in Redis.
import { createRequire } from "node:module";
import type * as IORedis from "ioredis";
import type { Redis } from "ioredis";

/** Loaded only if it is needed: without Redis a server starts sooner and takes less memory. */
const require = createRequire(import.meta.url);

/** Longest wait for the first connection, from the start on. */
const CONNECT_MS = 500;
/** Longest wait for an answer. Together with CONNECT_MS it is less than a second, whatever Redis does. */
const ANSWER_MS = 400;
/** The wait is shorter after a missing answer, because one operation asks several times. */
const SUSPEND_MS = 1_000;
/** After this silence the connection and its open commands are given up. Until then a late answer is still taken. */
const SILENCE_MS = 5_000;
const LONGEST_RETRY_MS = 1_000;
const REPORT_EVERY_MS = 60_000;

/** A connection that may be away at times. */
export interface RedisConnection {
  readonly client: Redis;
  /**
   * Runs one command, and throws if no answer comes within a second. `onLate` gets an answer that comes after that.
   */
  run<Result>(command: () => Promise<Result>, onLate?: (result: Result) => void): Promise<Result>;
  /** Waits for what is under way, then ends the connection. Takes less than a second. */
  close(): Promise<void>;
}

/**
 * Begins to connect. `report` is called once for a lost connection, and for failing commands; in all at most once a
 * minute. Throws URIError if the URL's percent-encoding is broken.
 */
export function connectRedis(url: string, report: (fault: unknown) => void): RedisConnection {
  const { Redis }: typeof IORedis = require("ioredis");
  const client = new Redis(url, {
    keyPrefix: "openai-graphql:",
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // A command that waits for a connection, or is sent twice, would count for a caller who was refused meanwhile.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, LONGEST_RETRY_MS),
    // After a failover the same name leads to the new primary.
    reconnectOnError: (error) => error.message.includes("READONLY"),
  });
  const { password } = new URL(url);
  const secrets = [password, decodeURIComponent(password)].filter(Boolean);
  const opened = new Promise<void>((resolve) => {
    client.once("ready", resolve);
    setTimeout(resolve, CONNECT_MS).unref();
  });
  const running = new Set<Promise<unknown>>();
  let isLost = false;
  let isClosing = false;
  let reportedAt = Number.NEGATIVE_INFINITY;

  function reportOnceAMinute(what: string, error?: unknown): void {
    if (isClosing || performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    report(new Error(`${what}: ${error === undefined ? "it closed the connection" : describe(error, secrets)}.`));
  }

  function lose(error?: unknown): void {
    if (!isLost) reportOnceAMinute("The connection to Redis was lost or cannot be made", error);
    isLost = true;
  }

  // An error event without a listener would end the process.
  client.on("error", lose);
  client.on("close", lose);
  client.on("ready", () => {
    isLost = false;
  });
  client.connect().catch(lose);

  let suspendedUntil = Number.NEGATIVE_INFINITY;

  async function runNow<Result>(command: () => Promise<Result>, onLate?: (result: Result) => void): Promise<Result> {
    await opened;
    if (performance.now() < suspendedUntil) throw new Error("Redis has just failed to answer.");
    try {
      return await inTime(command(), ANSWER_MS, (late) => {
        suspendedUntil = Number.NEGATIVE_INFINITY;
        onLate?.(late);
      });
    } catch (error) {
      suspendedUntil = performance.now() + SUSPEND_MS;
      reportOnceAMinute("Redis cannot be used", error);
      throw error;
    }
  }

  return {
    client,
    async run(command, onLate) {
      const result = runNow(command, onLate);
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    async close() {
      isClosing = true;
      await Promise.allSettled(running);
      client.disconnect();
    },
  };
}

/** Waits for `operation` at most `timeoutMs`, then throws. */
async function inTime<Result>(
  operation: Promise<Result>,
  timeoutMs: number,
  onLate?: (result: Result) => void,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${timeoutMs} ms`));
      operation.then(onLate, () => {});
    }, timeoutMs);
  });
  try {
    return await Promise.race([operation, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is wrong, without the password: Redis may quote its input, and ioredis keeps the command in the error. */
function describe(error: unknown, secrets: readonly string[]): string {
  const { message, code } = error as NodeJS.ErrnoException;
  const text = message || code || "unknown";
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, "[masked]"), text).slice(0, 200);
}
