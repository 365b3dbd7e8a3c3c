// Callers' limits, counted in this process's memory.
import { afterEach, describe, expect, test, vi } from "vitest";
import { ANYBODY } from "../../src/callers/caller.ts";
import { countOutcomes, createCaller, failure, inParallel, startLimits } from "../support/limits.ts";

const DAY_MS = 86_400_000;

afterEach(() => vi.useRealTimers());

/** Stops the clock at a time of a day. */
function setClock(time: string): void {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(`2030-01-01T${time}Z`) });
}

describe("requests a minute", () => {
  test("are no more than the limit, however many come at once", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ requestsPerMinute: 5 });
    expect(await countOutcomes(inParallel(40, () => limits.takeRequest(caller)))).toEqual({
      done: 5,
      RATE_LIMITED: 35,
    });
  });

  test("are given back where they are refused", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ requestsPerMinute: 5 });
    await countOutcomes(inParallel(40, () => limits.takeRequest(caller)));
    expect(await limits.read(caller)).toMatchObject({ requests: 5 });
    await limits.takeRequest(createCaller({ requestsPerMinute: 6 }));
  });

  test("begin again a minute after the first", async () => {
    setClock("10:00:00");
    const { limits } = startLimits();
    const caller = createCaller({ requestsPerMinute: 2 });
    expect(await limits.read(caller)).toMatchObject({ requests: 0, requestsResetMs: 0 });
    await limits.takeRequest(caller);
    setClock("10:00:48.500");
    await limits.takeRequest(caller);
    expect(await limits.read(caller)).toMatchObject({ requests: 2, requestsResetMs: 11_500 });
    expect(await failure(limits.takeRequest(caller))).toMatchObject({
      message: "This caller may make at most 2 requests a minute; try again in 12 s.",
      extensions: { code: "RATE_LIMITED", retryAfterMs: 11_500 },
    });
    setClock("10:01:00");
    expect(await limits.read(caller)).toMatchObject({ requests: 0, requestsResetMs: 0 });
    await limits.takeRequest(caller);
    expect(await limits.read(caller)).toMatchObject({ requests: 1, requestsResetMs: 60_000 });
  });

  test("refused in the last second of a minute stay counted, lest they are given back in the next one", async () => {
    setClock("10:00:00");
    const { limits } = startLimits();
    const caller = createCaller({ requestsPerMinute: 1 });
    await limits.takeRequest(caller);
    setClock("10:00:59.500");
    await countOutcomes(inParallel(10, () => limits.takeRequest(caller)));
    expect(await limits.read(caller)).toMatchObject({ requests: 11, requestsResetMs: 500 });
    setClock("10:01:00");
    expect(await countOutcomes(inParallel(10, () => limits.takeRequest(caller)))).toEqual({ done: 1, RATE_LIMITED: 9 });
  });

  test("of none are refused all", async () => {
    const { limits } = startLimits();
    const refused = await failure(limits.takeRequest(createCaller({ requestsPerMinute: 0 })));
    expect(refused.message).toBe("This caller may make at most 0 requests a minute; try again in 60 s.");
    expect(refused.extensions).toEqual({ code: "RATE_LIMITED", retryAfterMs: 60_000 });
  });

  test("are each caller's own", async () => {
    const { limits } = startLimits();
    await limits.takeRequest(createCaller({ requestsPerMinute: 1 }, "one"));
    await limits.takeRequest(createCaller({ requestsPerMinute: 1 }, "other"));
    await failure(limits.takeRequest(createCaller({ requestsPerMinute: 1 }, "one")));
  });
});

describe("tokens a day", () => {
  const hundred = { atLeast: 100, atMost: 100 };

  test.each([500, 599])("of %d are enough for five of 40 reservations of 100 at once", async (tokensPerDay) => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay });
    const outcomes = await countOutcomes(inParallel(40, () => limits.reserveTokens(caller, hundred)));
    expect(outcomes).toEqual({ done: 5, BUDGET_EXCEEDED: 35 });
    expect(await limits.read(caller)).toMatchObject({ tokens: 500 });
  });

  test("are reserved up to what is left, and never below what the call needs", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 1000 });
    const reserve = (atLeast: number, atMost: number) => limits.reserveTokens(caller, { atLeast, atMost });
    expect(await reserve(10, 700)).toMatchObject({ tokens: 700 });
    expect(await reserve(10, 700)).toMatchObject({ tokens: 300 });
    expect(await limits.read(caller)).toMatchObject({ tokens: 1000 });
    expect((await failure(reserve(10, 700))).extensions.code).toBe("BUDGET_EXCEEDED");
    expect(await limits.read(caller)).toMatchObject({ tokens: 1000 });
  });

  describe("for a call whose length nobody caps are", () => {
    const open = (choices: number) => ({ atLeast: 11, atMost: 10 + choices * 16_384 });
    test.each([
      ["all that it may write while there is much", 10_000_000, 10, 163_850],
      ["a quarter of what is left", 100_000, 10, 25_000],
      ["16,384 if a quarter is less", 20_000, 10, 16_384],
      ["all if that is less", 9_000, 10, 9_000],
    ])("%s", async (_, tokensPerDay, choices, tokens) => {
      const { limits } = startLimits();
      expect(await limits.reserveTokens(createCaller({ tokensPerDay }), open(choices))).toMatchObject({ tokens });
    });

    test("as many as its prompt needs, though that is more than a quarter", async () => {
      const { limits } = startLimits();
      const caller = createCaller({ tokensPerDay: 100_000 });
      expect(await limits.reserveTokens(caller, { atLeast: 60_000, atMost: 80_000 })).toMatchObject({ tokens: 60_000 });
    });

    test("never the whole day, so that others have room beside it, and never more than there are", async () => {
      const { limits } = startLimits();
      const caller = createCaller({ tokensPerDay: 100_000 });
      const results = await Promise.allSettled(inParallel(20, () => limits.reserveTokens(caller, open(10))));
      const granted = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.tokens] : []));
      expect(granted.length).toBeGreaterThanOrEqual(4);
      expect(granted[0]).toBe(25_000);
      const sum = granted.reduce((total, tokens) => total + tokens, 0);
      expect(sum).toBeLessThanOrEqual(100_000);
      expect(await limits.read(caller)).toMatchObject({ tokens: sum });
    });
  });

  test("are said to be reserved where calls under way hold them", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 1_000 });
    const first = await limits.reserveTokens(caller, { atLeast: 11, atMost: 16_394 });
    const refusals = inParallel(5, () => failure(limits.reserveTokens(caller, hundred)));
    for (const { message } of await Promise.all(refusals))
      expect(message).toBe(
        "This caller may use at most 1000 tokens a day (UTC); its other calls hold all that is left, this call needs 100. Calls under way have reserved 1000.",
      );
    await first.settle(950);
    expect((await failure(limits.reserveTokens(caller, hundred))).message).toMatch(/needs 100\.$/);
  });

  test("of none refuse a call whose tokens are known only afterwards", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 100 });
    const unknown = { atLeast: 1, atMost: 0 };
    expect(await limits.reserveTokens(caller, unknown)).toMatchObject({ tokens: 0 });
    await (await limits.reserveTokens(caller, hundred)).settle(100);
    expect((await failure(limits.reserveTokens(caller, unknown))).extensions.code).toBe("BUDGET_EXCEEDED");
  });

  test("are never granted twice to parallel calls that take what is left", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 1000 });
    const results = await Promise.allSettled(
      inParallel(40, () => limits.reserveTokens(caller, { atLeast: 50, atMost: 300 })),
    );
    const granted = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.tokens] : []));
    expect(granted).toEqual([300, 300, 300, 100]);
    expect(await limits.read(caller)).toMatchObject({ tokens: 1000 });
  });

  test.each([0, 40, 100, 250])("are those really used once a call of 100 is settled with %d", async (used) => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 200 });
    const reservation = await limits.reserveTokens(caller, hundred);
    await reservation.settle(used);
    await reservation.settle(7);
    expect(await limits.read(caller)).toMatchObject({ tokens: used });
  });

  test.each([Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY])(
    "stay reserved where %d is said to be used",
    async (used) => {
      const { limits } = startLimits();
      const caller = createCaller({ tokensPerDay: 200 });
      await (await limits.reserveTokens(caller, hundred)).settle(used);
      expect(await limits.read(caller)).toMatchObject({ tokens: 100 });
    },
  );

  test("that calls under way hold may come back in a second; those used, at midnight of UTC", async () => {
    setClock("23:00:00");
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 250 });
    const first = await limits.reserveTokens(caller, hundred);
    const second = await limits.reserveTokens(caller, hundred);
    expect(await failure(limits.reserveTokens(caller, hundred))).toMatchObject({
      message:
        "This caller may use at most 250 tokens a day (UTC); 50 are left, this call needs 100. Calls under way have reserved 200.",
      extensions: { code: "BUDGET_EXCEEDED", retryAfterMs: 1000 },
    });
    await first.settle(160);
    // Were the other one free of cost, 90 would be left.
    expect((await failure(limits.reserveTokens(caller, hundred))).extensions.retryAfterMs).toBe(3_600_000);
    expect((await failure(limits.reserveTokens(caller, { atLeast: 90, atMost: 90 }))).extensions.retryAfterMs).toBe(
      1000,
    );
    await second.settle(100);
    expect((await failure(limits.reserveTokens(caller, { atLeast: 1, atMost: 1 }))).message).toMatch(/ 0 are left/);
    expect(await limits.read(caller)).toMatchObject({ tokens: 260, tokensResetMs: 3_600_000 });
  });

  test("that no day has are refused until the next, and stand in nobody's way", async () => {
    setClock("00:00:00");
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 500 });
    const calls = [limits.reserveTokens(caller, { atLeast: 501, atMost: 9000 }), limits.reserveTokens(caller, hundred)];
    expect(await countOutcomes(calls)).toEqual({ BUDGET_EXCEEDED: 1, done: 1 });
    const refused = await failure(limits.reserveTokens(caller, { atLeast: 501, atMost: 9000 }));
    expect(refused.message).toMatch("400 are left, this call needs 501");
    expect(refused.extensions.retryAfterMs).toBe(DAY_MS);
  });

  test("begin again at midnight of UTC, and a call is settled in the day it began in", async () => {
    setClock("23:59:59");
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 100 });
    const reservation = await limits.reserveTokens(caller, hundred);
    expect(await limits.read(caller)).toMatchObject({ tokens: 100, tokensResetMs: 1000 });
    vi.setSystemTime(new Date("2030-01-02T00:00:00Z"));
    expect(await limits.read(caller)).toMatchObject({ tokens: 0, tokensResetMs: DAY_MS });
    await reservation.settle(0);
    expect(await countOutcomes(inParallel(3, () => limits.reserveTokens(caller, hundred)))).toEqual({
      done: 1,
      BUDGET_EXCEEDED: 2,
    });
    expect(await limits.read(caller)).toMatchObject({ tokens: 100 });
  });
});

test("a changed limit holds at once for what was used before", async () => {
  const { limits } = startLimits();
  await limits.takeRequest(createCaller());
  await limits.takeRequest(createCaller({ requestsPerMinute: 2 }));
  await failure(limits.takeRequest(createCaller({ requestsPerMinute: 2 })));
  await limits.takeRequest(createCaller({ requestsPerMinute: 3 }));
  await failure(limits.takeRequest(createCaller({ requestsPerMinute: 1 })));
});

test("a caller without limits is counted and never refused", async () => {
  const { limits } = startLimits();
  const caller = createCaller();
  expect(await countOutcomes(inParallel(40, () => limits.takeRequest(caller)))).toEqual({ done: 40 });
  const reservation = await limits.reserveTokens(caller, { atLeast: 10, atMost: 1e9 });
  expect(await limits.read(caller)).toMatchObject({ requests: 40, tokens: 1e9 });
  await reservation.settle(70);
  expect(await limits.read(caller)).toMatchObject({ requests: 40, tokens: 70 });
  expect(
    (await failure(limits.reserveTokens(createCaller({ tokensPerDay: 75 }), { atLeast: 6, atMost: 6 }))).message,
  ).toMatch(" 5 are left");
});

test("nobody is counted who is not told apart", async () => {
  const { limits } = startLimits();
  await limits.takeRequest(ANYBODY);
  const reservation = await limits.reserveTokens(ANYBODY, { atLeast: 10, atMost: 20 });
  expect(reservation.tokens).toBe(20);
  await reservation.settle(15);
  expect(await limits.read(ANYBODY)).toEqual({ requests: 0, requestsResetMs: 0, tokens: 0, tokensResetMs: 0 });
});
