// Callers' limits, counted in Redis: shared by processes, and while Redis is away, broken or slow.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Caller } from "../../src/callers/caller.ts";
import { countOutcomes, createCaller, failure, inParallel, startLimits, timed } from "../support/limits.ts";
import { findPort, hasRedis, startBrokenRedis, startRedis } from "../support/redis.ts";

const DAY_MS = 86_400_000;
const hundred = { atLeast: 100, atMost: 100 };
const limited = createCaller({ requestsPerMinute: 2, tokensPerDay: 200 });
const unlimited = createCaller({}, "unlimited");
/** A second, and what a busy machine adds. */
const SECOND_MS = 1_500;

/** All that Redis holds, as it holds it. */
async function readAll(url: string): Promise<Record<string, { value: string | null; ttlSeconds: number }>> {
  const client = new Redis(url);
  try {
    const entries = (await client.keys("*")).map(async (key) => {
      return [key, { value: await client.get(key), ttlSeconds: await client.ttl(key) }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    client.disconnect();
  }
}

/** Starts another process that makes 40 calls when it is told to. */
async function startProcess(url: string, kind: "requests" | "tokens", caller: Caller) {
  const script = fileURLToPath(new URL("../support/limits-process.ts", import.meta.url));
  const child = fork(script, [url, kind, JSON.stringify(caller)], { execArgv: ["--import", "tsx"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  return async (): Promise<unknown[]> => {
    child.send("begin");
    const [results] = await once(child, "message");
    return results as unknown[];
  };
}

describe.skipIf(!hasRedis)("with Redis", () => {
  test("two processes together make no more requests than the limit", async () => {
    const { url } = await startRedis();
    const caller = createCaller({ requestsPerMinute: 5 });
    const processes = await Promise.all([1, 2].map(() => startProcess(url, "requests", caller)));
    const results = (await Promise.all(processes.map((begin) => begin()))).flat();
    expect(results).toHaveLength(80);
    expect(results.filter((result) => result === 1)).toHaveLength(5);
    expect(results.filter((result) => result === "RATE_LIMITED")).toHaveLength(75);
    expect(await startLimits(url).limits.read(caller)).toMatchObject({ requests: 5 });
  });

  test("two processes together reserve no more tokens than there are", async () => {
    const { url } = await startRedis();
    const caller = createCaller({ tokensPerDay: 500 });
    const processes = await Promise.all([1, 2].map(() => startProcess(url, "tokens", caller)));
    const results = (await Promise.all(processes.map((begin) => begin()))).flat();
    // What is left over by four of 130 is 110, or less than the 100 that a call needs.
    expect(results.filter(Number.isInteger).sort()).toEqual([110, 130, 130, 130]);
    expect(results.filter((result) => result === "BUDGET_EXCEEDED")).toHaveLength(76);
    expect(await startLimits(url).limits.read(caller)).toMatchObject({ tokens: 500 });
  });

  test("calls without a cap on two connections take their shares, never more than there are", async () => {
    const { url } = await startRedis();
    const [one, other] = [startLimits(url).limits, startLimits(url).limits];
    const caller = createCaller({ tokensPerDay: 100_000 });
    const open = { atLeast: 11, atMost: 163_850 };
    const both = await Promise.all([one.reserveTokens(caller, open), other.reserveTokens(caller, open)]);
    expect(both.map(({ tokens }) => tokens).sort()).toEqual([18_750, 25_000]);
    const results = await Promise.allSettled(
      [one, other].flatMap((limits) => inParallel(20, () => limits.reserveTokens(caller, open))),
    );
    const granted = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.tokens] : []));
    const sum = granted.reduce((total, tokens) => total + tokens, 43_750);
    expect(sum).toBeLessThanOrEqual(100_000);
    await vi.waitFor(async () => expect(await one.read(caller)).toMatchObject({ tokens: sum }));
    const { message } = await failure(one.reserveTokens(caller, { atLeast: 90_000, atMost: 90_000 }));
    expect(message).toMatch(/ Calls under way have reserved \d+\.$/);
  });

  test("two connections share every limit, and what is given back", async () => {
    const { url } = await startRedis();
    const [one, other] = [startLimits(url).limits, startLimits(url).limits];
    const caller = createCaller({ requestsPerMinute: 5, tokensPerDay: 500 });
    const requests = [one, other].flatMap((limits) => inParallel(20, () => limits.takeRequest(caller)));
    expect(await countOutcomes(requests)).toEqual({ done: 5, RATE_LIMITED: 35 });
    const reservations = await Promise.allSettled(
      [one, other].flatMap((limits) => inParallel(20, () => limits.reserveTokens(caller, hundred))),
    );
    const granted = reservations.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(granted).toHaveLength(5);
    await vi.waitFor(async () => expect(await other.read(caller)).toMatchObject({ requests: 5, tokens: 500 }));
    await granted[0]?.settle(30);
    await granted[1]?.settle(250);
    expect(await one.read(caller)).toMatchObject({ requests: 5, tokens: 580 });
  });

  test("the windows end as they do in memory, also for who asks later", async () => {
    const { url } = await startRedis();
    const { limits } = startLimits(url);
    expect(await limits.read(limited)).toMatchObject({ requests: 0, requestsResetMs: 0, tokens: 0 });
    await limits.takeRequest(limited);
    await limits.reserveTokens(limited, hundred);
    const used = await startLimits(url).limits.read(limited);
    expect(used).toMatchObject({ requests: 1, tokens: 100 });
    expect(used.requestsResetMs).toBeGreaterThan(50_000);
    expect(used.requestsResetMs).toBeLessThanOrEqual(60_000);
    expect(used.tokensResetMs).toBeGreaterThan(0);
    expect(used.tokensResetMs).toBeLessThanOrEqual(DAY_MS);
  });

  test("keys tell nothing of the caller but the day, and none stays for ever", async () => {
    const { url } = await startRedis();
    const { limits } = startLimits(url);
    const caller: Caller = { id: "x", key: `sk-secret \r\n*${"é".repeat(5000)}`, limits: { tokensPerDay: 500 } };
    await limits.takeRequest(caller);
    await limits.reserveTokens(caller, hundred);
    const entries = Object.entries(await readAll(url)).sort(([one], [other]) => one.localeCompare(other));
    expect(entries.map(([key]) => key)).toEqual([
      expect.stringMatching(/^openai-graphql:requests:[\w-]{43}$/),
      expect.stringMatching(new RegExp(`^openai-graphql:tokens:${Math.floor(Date.now() / DAY_MS)}:[\\w-]{43}$`)),
    ]);
    const [requests, tokens] = entries.map(([, { ttlSeconds }]) => ttlSeconds);
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThanOrEqual(60);
    expect(tokens).toBeGreaterThan(DAY_MS / 1000);
    expect(tokens).toBeLessThanOrEqual(DAY_MS / 1000 + 3600);
  });

  test("each window has keys of its own, which outlive it", async () => {
    const { url } = await startRedis();
    const { limits } = startLimits(url);
    const all = { tokensPerMinute: 500, tokensPerDay: 500, tokensPerWeek: 500, tokensPerMonth: 500 };
    const team = { id: "t", key: "team:t", limits: { tokensPerMonth: 1000 } };
    await limits.reserveTokens({ ...createCaller(all), team }, hundred);
    const entries = Object.entries(await readAll(url)).map(([key, entry]) => {
      const [, kind = "", number = ""] = key.split(":");
      return { kind, number: Number(number), ...entry };
    });
    expect(entries.map(({ kind, value }) => [kind, value]).sort()).toEqual([
      ["tokens", "100"],
      ["tokens-minute", "100"],
      ["tokens-month", "100"],
      ["tokens-month", "100"],
      ["tokens-week", "100"],
    ]);
    const ttl = (name: string) => entries.find(({ kind }) => kind === name)?.ttlSeconds ?? 0;
    expect(ttl("tokens-minute")).toBeGreaterThan(100);
    expect(ttl("tokens-minute")).toBeLessThanOrEqual(120);
    expect(ttl("tokens-week")).toBeGreaterThan((7 * DAY_MS) / 1000);
    expect(ttl("tokens-month")).toBeGreaterThan((31 * DAY_MS) / 1000);
    const now = new Date();
    expect(entries.find(({ kind }) => kind === "tokens-month")?.number).toBe(
      12 * now.getUTCFullYear() + now.getUTCMonth(),
    );
  });

  test("two connections share every window and the team's budget; what one refuses is taken from none", async () => {
    const { url } = await startRedis();
    const [one, other] = [startLimits(url).limits, startLimits(url).limits];
    const team = { id: "t", key: "team:t", limits: { requestsPerMinute: 6, tokensPerWeek: 500 } };
    const [ada, bob] = ["ada", "bob"].map((id) => ({ ...createCaller({ tokensPerMonth: 400 }, id), team })) as [
      Caller,
      Caller,
    ];
    const requests = [one, other].flatMap((limits) =>
      [ada, bob].flatMap((caller) => inParallel(10, () => limits.takeRequest(caller))),
    );
    expect(await countOutcomes(requests)).toEqual({ done: 6, RATE_LIMITED: 34 });
    const reservations = await Promise.allSettled(
      [one, other].flatMap((limits) =>
        [ada, bob].flatMap((caller) => inParallel(10, () => limits.reserveTokens(caller, hundred))),
      ),
    );
    const granted = reservations.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(granted).toHaveLength(5);
    // What is left of each one's month is in no other's way.
    await vi.waitFor(async () => {
      expect((await one.readTeam(ada)).thisWeek?.tokens).toBe(500);
      const months = await Promise.all(
        [ada, bob].map(async (caller) => (await one.read(caller)).thisMonth?.tokens ?? 0),
      );
      expect((months[0] ?? 0) + (months[1] ?? 0)).toBe(500);
    });
    for (const reservation of granted) await reservation.settle(10);
    expect(await other.readTeam(bob)).toMatchObject({ requests: 6, tokens: 50, thisWeek: { tokens: 50 } });
  });

  test("a restart that loses the counters gives no tokens away", async () => {
    const first = await startRedis();
    const { limits } = startLimits(first.url);
    const reservation = await limits.reserveTokens(limited, { atLeast: 200, atMost: 200 });
    await first.stop();
    await startRedis([], first.port);
    await vi.waitFor(() => limits.read(limited), { timeout: 5_000 });
    await reservation.settle(0);
    expect(await limits.read(limited)).toMatchObject({ tokens: 0 });
    const outcomes = await countOutcomes(inParallel(5, () => limits.reserveTokens(limited, hundred)));
    expect(outcomes).toEqual({ done: 2, BUDGET_EXCEEDED: 3 });
  });

  test("what is under way when the limits close is still counted", async () => {
    const { url } = await startRedis();
    const { limits, faults } = startLimits(url);
    const reservation = await limits.reserveTokens(limited, hundred);
    const settled = reservation.settle(42);
    await limits.close();
    await settled;
    expect(await startLimits(url).limits.read(limited)).toMatchObject({ tokens: 42 });
    expect(faults).toEqual([]);
  });
});

describe.skipIf(!hasRedis)("once Redis has gone", () => {
  test("limited callers are refused, others are served, and all is well when it is back", async () => {
    const redis = await startRedis();
    const { limits, faults } = startLimits(redis.url);
    await limits.takeRequest(limited);
    const reservation = await limits.reserveTokens(limited, hundred);
    await redis.stop();
    const overloaded = {
      message: "The server cannot check its callers' limits at the moment.",
      extensions: { code: "OVERLOADED", retryAfterMs: 1000 },
    };
    expect(await failure(limits.takeRequest(limited))).toMatchObject(overloaded);
    expect(await failure(limits.reserveTokens(limited, hundred))).toMatchObject(overloaded);
    expect(await failure(limits.read(limited))).toMatchObject(overloaded);
    // A caller is asked for the limit in question only.
    await limits.reserveTokens(createCaller({ requestsPerMinute: 2 }), hundred);
    await limits.takeRequest(createCaller({ tokensPerDay: 200 }));
    await limits.takeRequest(unlimited);
    await (await limits.reserveTokens(unlimited, hundred)).settle(5);
    expect(await limits.read(unlimited)).toMatchObject({ requests: 0, tokens: 0 });
    for (const window of ["tokensPerMinute", "tokensPerWeek", "tokensPerMonth"]) {
      expect(await failure(limits.reserveTokens(createCaller({ [window]: 200 }), hundred))).toMatchObject(overloaded);
    }
    const team = { id: "t", key: "team:t", limits: { requestsPerMinute: 2 } };
    expect(await failure(limits.takeRequest({ ...unlimited, team }))).toMatchObject(overloaded);
    await reservation.settle(1);
    await startRedis([], redis.port);
    await vi.waitFor(() => limits.takeRequest(limited), { timeout: 5_000 });
    expect(await limits.read(limited)).toMatchObject({ requests: 1, tokens: 0 });
    expect(faults).toHaveLength(1);
    expect(String(faults[0])).toMatch(/^Error: The connection to Redis was lost/);
  });

  test("with REDIS_DOWN=serve callers are counted in memory, by the same limits", async () => {
    const redis = await startRedis();
    const { limits } = startLimits(redis.url, "serve");
    await limits.takeRequest(limited);
    const inRedis = await limits.reserveTokens(limited, hundred);
    await redis.stop();
    expect(await countOutcomes(inParallel(20, () => limits.takeRequest(limited)))).toEqual({
      done: 2,
      RATE_LIMITED: 18,
    });
    const inMemory = await limits.reserveTokens(limited, { atLeast: 100, atMost: 900 });
    expect(inMemory.tokens).toBe(200);
    expect(await limits.read(limited)).toMatchObject({ requests: 2, tokens: 200 });
    // Not in memory, where it is not known.
    await inRedis.settle(0);
    expect(await limits.read(limited)).toMatchObject({ requests: 2, tokens: 200 });
    await startRedis([], redis.port);
    await vi.waitFor(async () => expect((await limits.read(limited)).tokens).toBe(0), { timeout: 5_000 });
    await inMemory.settle(150);
    expect(await limits.read(limited)).toMatchObject({ requests: 0, tokens: 0 });
    await limits.takeRequest(limited);
    expect(await limits.read(limited)).toMatchObject({ requests: 1, tokens: 0 });
  });
});

describe.skipIf(!hasRedis)("while Redis hangs", () => {
  test("nobody waits longer than a second, and what was refused is not counted afterwards", async () => {
    const redis = await startRedis();
    const { limits, faults } = startLimits(redis.url);
    await limits.takeRequest(limited);
    redis.pause();
    const calls = [
      () => failure(limits.takeRequest(limited)),
      () => failure(limits.reserveTokens(limited, hundred)),
      () => failure(limits.read(limited)),
      () => limits.takeRequest(unlimited),
    ];
    for (const duration of await Promise.all(calls.map(timed))) expect(duration).toBeLessThan(SECOND_MS);
    expect((await failure(limits.takeRequest(limited))).extensions.code).toBe("OVERLOADED");
    expect(faults).toHaveLength(1);
    expect(String(faults[0])).toMatch("no answer within");
    redis.resume();
    await vi.waitFor(async () => expect(await limits.read(limited)).toMatchObject({ requests: 1, tokens: 0 }), 5_000);
    await limits.takeRequest(limited);
  });

  test("with REDIS_DOWN=serve callers are served within a second", async () => {
    const redis = await startRedis();
    const { limits } = startLimits(redis.url, "serve");
    await limits.takeRequest(limited);
    redis.pause();
    expect(await timed(() => limits.takeRequest(limited))).toBeLessThan(SECOND_MS);
    expect(await countOutcomes(inParallel(5, () => limits.takeRequest(limited)))).toEqual({ done: 1, RATE_LIMITED: 4 });
    const reservation = await limits.reserveTokens(limited, hundred);
    expect(await limits.read(limited)).toMatchObject({ requests: 2, tokens: 100 });
    redis.resume();
    await vi.waitFor(async () => expect(await limits.read(limited)).toMatchObject({ requests: 1, tokens: 0 }), 5_000);
    await reservation.settle(100);
    expect(await limits.read(limited)).toMatchObject({ requests: 1, tokens: 0 });
  });

  test("a settlement and the end do not wait for it", async () => {
    const redis = await startRedis();
    const { limits } = startLimits(redis.url);
    const reservation = await limits.reserveTokens(limited, hundred);
    redis.pause();
    expect(await timed(async () => reservation.settle(1))).toBeLessThan(SECOND_MS);
    expect(await timed(() => limits.close())).toBeLessThan(SECOND_MS);
  });

  test("its connection is given up, and it is used again once it answers", async () => {
    const redis = await startRedis();
    const { limits } = startLimits(redis.url);
    await limits.takeRequest(limited);
    redis.pause();
    await failure(limits.read(limited));
    // From then on nobody waits at all.
    await vi.waitFor(async () => expect(await timed(() => limits.read(limited))).toBeLessThan(100), {
      timeout: 10_000,
      interval: 500,
    });
    redis.resume();
    await vi.waitFor(async () => expect(await limits.read(limited)).toMatchObject({ requests: 1 }), 10_000);
  });
});

describe.skipIf(!hasRedis)("a Redis that refuses", () => {
  test.each([
    ["is a read-only replica", () => startRedis(["--replicaof", "127.0.0.1", "1"]), "READONLY"],
    ["is out of memory", () => startRedis(["--maxmemory", "1"]), "OOM"],
  ])("because it %s, refuses limited callers alone", async (_, start, reason) => {
    const { url } = await start();
    const { limits, faults } = startLimits(url);
    expect((await failure(limits.takeRequest(limited))).extensions.code).toBe("OVERLOADED");
    expect((await failure(limits.reserveTokens(limited, hundred))).extensions.code).toBe("OVERLOADED");
    await limits.takeRequest(unlimited);
    expect(faults).toHaveLength(1);
    expect(String(faults[0])).toMatch(reason);
    const serving = startLimits(url, "serve").limits;
    expect(await countOutcomes(inParallel(5, () => serving.takeRequest(limited)))).toEqual({
      done: 2,
      RATE_LIMITED: 3,
    });
  });

  test("for a wrong password is reported once, without the password", async () => {
    const { port } = await startRedis(["--requirepass", "right"]);
    const { limits, faults } = startLimits(`redis://:wr%6Fng-password@127.0.0.1:${port}`);
    expect(await timed(() => limits.takeRequest(limited))).toBeLessThan(SECOND_MS);
    expect((await failure(limits.takeRequest(limited))).extensions.code).toBe("OVERLOADED");
    await limits.takeRequest(unlimited);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toBeInstanceOf(Error);
    expect(faults[0]).not.toHaveProperty("command");
    expect(String(faults[0])).toMatch("WRONGPASS");
    expect(String(faults[0])).not.toMatch(/wrong-password|wr%6Fng/);
    const right = startLimits(`redis://:right@127.0.0.1:${port}`).limits;
    await right.takeRequest(limited);
    expect(await right.read(limited)).toMatchObject({ requests: 1 });
  });
});

test.each([
  ["nothing listens", async () => `redis://127.0.0.1:${await findPort()}`],
  ["nothing answers", () => startBrokenRedis()],
  ["the data is still loading", () => startBrokenRedis("-LOADING Redis is loading the dataset in memory\r\n")],
  ["something else listens", () => startBrokenRedis("HTTP/1.1 400 Bad Request\r\n\r\n")],
])("where %s from the start, everybody is answered within a second", async (_, start) => {
  const url = await start();
  const refusing = startLimits(url).limits;
  const serving = startLimits(url, "serve").limits;
  const calls = [
    () => failure(refusing.takeRequest(limited)),
    () => failure(refusing.reserveTokens(limited, hundred)),
    () => failure(refusing.read(limited)),
    () => refusing.takeRequest(unlimited),
    () => serving.takeRequest(limited),
    () => serving.reserveTokens(limited, hundred),
  ];
  for (const duration of await Promise.all(calls.map(timed))) expect(duration).toBeLessThan(SECOND_MS);
  expect((await failure(refusing.takeRequest(limited))).extensions.code).toBe("OVERLOADED");
  expect(await serving.read(limited)).toMatchObject({ requests: 1, tokens: 100 });
});
