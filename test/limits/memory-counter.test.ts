// The counter in this process's memory, beside rate-limiter-flexible's, which serves as the plain form.
import { createRequire } from "node:module";
import type { RateLimiterMemory } from "rate-limiter-flexible";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryCounter } from "../../src/limits/counting/memory-counter.ts";
import { createCaller, startLimits } from "../support/limits.ts";
import { createRandom } from "../support/random.ts";

const WINDOW_S = 60;
const STARTS_AT = Date.UTC(2030, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: STARTS_AT });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Counts by rate-limiter-flexible. */
function createPlain(): Pick<RateLimiterMemory, "penalty" | "reward" | "get"> {
  const Limiter: typeof RateLimiterMemory = createRequire(import.meta.url)(
    "rate-limiter-flexible/lib/RateLimiterMemory.js",
  );
  return new Limiter({ points: Number.MAX_SAFE_INTEGER, duration: WINDOW_S });
}

test.each([1, 2, 3, 4, 5])("counts as the plain form does, whatever comes and when: %d", async (seed) => {
  const random = createRandom(seed);
  const counter = new MemoryCounter(WINDOW_S);
  const plain = createPlain();
  for (let turn = 0; turn < 3_000; turn++) {
    // Mostly a moment, now and then more than a window.
    vi.setSystemTime(Date.now() + random.below(random.oneIn(50) ? 2 * WINDOW_S * 1000 : 500));
    const key = `caller ${random.below(20)}`;
    const points = random.below(100);
    const taken = counter.take(key, points);
    const result = await plain.penalty(key, points);
    expect(taken).toMatchObject({ used: result.consumedPoints, resetMs: result.msBeforeNext });
    const change = random.below(10);
    if (change < 3) {
      taken.undo(points);
      if (taken.resetMs > 1_000) await plain.reward(key, points);
    } else if (change < 6) {
      const difference = random.below(100) - points;
      taken.add(difference);
      await plain.penalty(key, difference);
    }
    const left = await plain.get(key);
    expect(counter.read(key)).toMatchObject({ used: left?.consumedPoints, resetMs: left?.msBeforeNext });
  }
});

test("what is taken back late lowers no later window", () => {
  const counter = new MemoryCounter(WINDOW_S);
  const taken = counter.take("caller", 5);
  vi.setSystemTime(STARTS_AT + WINDOW_S * 1000);
  counter.take("caller", 3);
  taken.undo(5);
  taken.add(-5);
  expect(counter.read("caller")).toMatchObject({ used: 3 });
});

test("windows last no longer because the clock is put back", () => {
  const counter = new MemoryCounter(WINDOW_S);
  counter.take("caller", 5);
  vi.setSystemTime(STARTS_AT - 3_600_000);
  expect(counter.read("caller")).toEqual({ used: 0, resetMs: 0 });
  expect(counter.take("caller", 1)).toMatchObject({ used: 1, resetMs: WINDOW_S * 1000 });
});

test("windows that have ended are not kept", async () => {
  const { heapUsed, collect } = await measureHeap();
  const counter = new MemoryCounter(WINDOW_S);
  for (let caller = 0; caller < 200_000; caller++) {
    if (caller % 10_000 === 0) vi.setSystemTime(Date.now() + WINDOW_S * 1000);
    counter.take(`caller ${caller}`, 1);
  }
  collect();
  expect(process.memoryUsage().heapUsed - heapUsed).toBeLessThan(10_000_000);
  expect(counter.read("caller 199999")).toMatchObject({ used: 1 });
});

async function measureHeap() {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  return { heapUsed: process.memoryUsage().heapUsed, collect };
}

test("without Redis nothing is a promise, and what is refused is thrown at once", () => {
  const { plain } = startLimits();
  const account = plain.of(createCaller({ requestsPerMinute: 1, tokensPerDay: 10 }));
  expect(account.takeRequest()).toBeTypeOf("function");
  const reservation = account.reserveTokens({ atLeast: 10, atMost: 10 });
  expect(reservation).toMatchObject({ tokens: 10 });
  expect(() => account.takeRequest()).toThrow("at most 1 request a minute");
  expect(() => account.reserveTokens({ atLeast: 1, atMost: 1 })).toThrow("at most 10 tokens a day");
  expect(reservation).not.toBeInstanceOf(Promise);
  expect((reservation as Exclude<typeof reservation, Promise<unknown>>).settle(10)).toBeUndefined();
});
