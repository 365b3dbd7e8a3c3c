// Two server processes on one Redis: a caller's limits hold over both, and REDIS_DOWN decides while Redis is away.
import { describe, expect, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startProcess } from "../support/process.ts";
import { hasRedis, startRedis } from "../support/redis.ts";
import { type Answered, request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const capped = chat.replace("model:", "maxCompletionTokens: 100, model:");

function post(url: string, query: string): Promise<Answered> {
  const headers = { ...alice.headers, "content-type": "application/json" };
  return request(url, { method: "POST", headers, body: JSON.stringify({ query }) });
}

/** Two processes as an operator starts them, and the upstream that they share. */
async function startReplicas(limits: Record<string, unknown>, environment: Record<string, string>) {
  const upstream = await startUpstream(json({ ...chatAnswer, usage: { total_tokens: 100 } }));
  const start = () =>
    startProcess({
      NODE_ENV: "production",
      PORT: "0",
      OPENAI_BASE_URL: upstream.url,
      OPENAI_API_KEY: "sk-test-key",
      ...aliceWith(limits),
      ...environment,
    });
  const processes = [start(), start()];
  const urls = await Promise.all(processes.map(({ url }) => url));
  /** Sends `count` operations at once, in turn to either process. */
  const send = (count: number, query: string) =>
    Promise.all(Array.from({ length: count }, (_, index) => post(urls[index % 2] ?? "", query)));
  /** Resolves once both processes can read their counters: on a busy machine the first connection takes longer than they wait. */
  const connected = () =>
    vi.waitFor(
      async () => {
        const answers = await Promise.all(urls.map((url) => post(url, "{ viewer { used { requests } } }")));
        expect(answers.map(({ body }) => body.errors)).toEqual([undefined, undefined]);
      },
      { timeout: 10_000 },
    );
  return { upstream, urls, send, connected, output: () => processes.map(({ output }) => output()).join("") };
}

function codes(answers: Answered[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const outcome = `${status} ${body.errors?.[0].extensions.code ?? "served"}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

describe.skipIf(!hasRedis)("two processes on one Redis", () => {
  test("40 parallel calls on a limit of 5 a minute: exactly 5 reach the upstream", async () => {
    const redis = await startRedis();
    const { upstream, send } = await startReplicas({ requestsPerMinute: 5 }, { REDIS_URL: redis.url });
    expect(codes(await send(40, chat))).toEqual({ "200 served": 5, "429 RATE_LIMITED": 35 });
    expect(upstream.requests).toHaveLength(5);
  });

  test("40 parallel calls of up to 100 tokens on 550 a day: at most 5 reach the upstream, and 500 are used", async () => {
    const redis = await startRedis();
    const { upstream, urls, send } = await startReplicas(
      { tokensPerDay: 550 },
      { REDIS_URL: redis.url, OUTPUT_CAP_FIELD: "max_completion_tokens" },
    );
    const { "200 served": served = 0, ...others } = codes(await send(40, capped));
    expect(Object.keys(others)).toEqual(["429 BUDGET_EXCEEDED"]);
    expect(served).toBeGreaterThanOrEqual(1);
    for (let left = 5 - served; left > 0; left--) expect(codes(await send(1, capped))).toEqual({ "200 served": 1 });
    expect(codes(await send(2, capped))).toEqual({ "429 BUDGET_EXCEEDED": 2 });
    expect(upstream.requests).toHaveLength(5);
    for (const url of urls) {
      expect((await post(url, "{ viewer { used { tokens } } }")).body.data.viewer.used.tokens).toBe(500);
    }
  });

  test("what Redis holds shows neither ids nor keys", async () => {
    const redis = await startRedis();
    const { send, output } = await startReplicas(
      { requestsPerMinute: 5, tokensPerDay: 5000 },
      { REDIS_URL: redis.url },
    );
    await send(2, capped);
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url);
    const keys = await client.keys("*");
    await client.quit();
    expect(keys).toHaveLength(2);
    expect(keys.join()).not.toMatch(/alice/);
    expect(output()).not.toMatch(/alice-key-0123456789|sk-test-key|hello/);
  });
});

describe.skipIf(!hasRedis)("where Redis goes away", () => {
  /** The outcome of one call, and that it came within a second. */
  async function inTime(call: () => Promise<Answered[]>): Promise<Record<string, number>> {
    const startedAt = performance.now();
    const answers = await call();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    return codes(answers);
  }

  test.each(["stop", "pause"] as const)("REDIS_DOWN=refuse refuses within a second: %s", async (fault) => {
    const redis = await startRedis();
    const { upstream, send, connected } = await startReplicas({ requestsPerMinute: 5 }, { REDIS_URL: redis.url });
    await connected();
    expect(codes(await send(2, chat))).toEqual({ "200 served": 2 });
    await redis[fault]();
    expect(await inTime(() => send(4, chat))).toEqual({ "503 OVERLOADED": 4 });
    expect(upstream.requests).toHaveLength(2);
    redis.resume();
  });

  test.each(["stop", "pause"] as const)("REDIS_DOWN=serve counts in each process: %s", async (fault) => {
    const redis = await startRedis();
    const environment = { REDIS_URL: redis.url, REDIS_DOWN: "serve" };
    const { upstream, send, connected } = await startReplicas({ requestsPerMinute: 2 }, environment);
    await connected();
    expect(codes(await send(2, chat))).toEqual({ "200 served": 2 });
    await redis[fault]();
    expect(await inTime(() => send(8, chat))).toEqual({ "200 served": 4, "429 RATE_LIMITED": 4 });
    expect(upstream.requests).toHaveLength(6);
    redis.resume();
  });

  test("a server starts without it, and refuses limited callers until it is there", async () => {
    const { upstream, send, output } = await startReplicas(
      { requestsPerMinute: 2 },
      { REDIS_URL: "redis://:secret@127.0.0.1:1" },
    );
    expect(await inTime(() => send(2, chat))).toEqual({ "503 OVERLOADED": 2 });
    expect(upstream.requests).toHaveLength(0);
    expect(output()).toContain("Redis");
    expect(output()).not.toContain("secret");
  });
});
