// Tokens a minute, a day, a week and a month: where each window ends, several of them at once, and what refusals say.
import { afterEach, describe, expect, test, vi } from "vitest";
import { describeTime } from "../../src/limits/rates.ts";
import { countOutcomes, createCaller, failure, inParallel, startLimits } from "../support/limits.ts";

const hundred = { atLeast: 100, atMost: 100 };

afterEach(() => vi.useRealTimers());

function setClock(time: string): void {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(time) });
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

// 1 January 2030 is a Tuesday.
describe.each([
  ["tokensPerMinute", "a minute", "2030-01-01T10:00:59.999Z", "2030-01-01T10:01:00Z", MINUTE_MS],
  ["tokensPerDay", "a day (UTC)", "2030-01-01T23:59:59.999Z", "2030-01-02T00:00:00Z", DAY_MS],
  ["tokensPerWeek", "a week (UTC)", "2030-01-06T23:59:59.999Z", "2030-01-07T00:00:00Z", 7 * DAY_MS],
  ["tokensPerMonth", "a month (UTC)", "2030-01-31T23:59:59.999Z", "2030-02-01T00:00:00Z", 28 * DAY_MS],
  ["tokensPerMonth", "a month (UTC)", "2031-12-31T23:59:59.999Z", "2032-01-01T00:00:00Z", 31 * DAY_MS],
  ["tokensPerMonth", "a month (UTC)", "2032-02-29T23:59:59.999Z", "2032-03-01T00:00:00Z", 31 * DAY_MS],
] as const)("%s", (name, words, last, first, windowMs) => {
  test(`is used up until ${first}`, async () => {
    setClock(last);
    const { limits } = startLimits();
    const caller = createCaller({ [name]: 200 });
    const reservation = await limits.reserveTokens(caller, hundred);
    await (await limits.reserveTokens(caller, hundred)).settle(150);
    expect(await failure(limits.reserveTokens(caller, { atLeast: 50, atMost: 60 }))).toMatchObject({
      message: `This caller may use at most 200 tokens ${words}; its other calls hold all that is left, this call needs 50. Calls under way have reserved 100.`,
      extensions: { code: "BUDGET_EXCEEDED", retryAfterMs: 1000 },
    });
    await reservation.settle(50);
    expect(await failure(limits.reserveTokens(caller, hundred))).toMatchObject({
      message: `This caller may use at most 200 tokens ${words}; 0 are left, this call needs 100.`,
      extensions: { code: "BUDGET_EXCEEDED", retryAfterMs: 1 },
    });
    setClock(first);
    await limits.reserveTokens(caller, { atLeast: 200, atMost: 200 });
    expect((await failure(limits.reserveTokens(caller, { atLeast: 201, atMost: 300 }))).extensions.retryAfterMs).toBe(
      windowMs,
    );
  });

  test("is settled in the window in which a call began", async () => {
    setClock(last);
    const { limits } = startLimits();
    const caller = createCaller({ [name]: 100 });
    const reservation = await limits.reserveTokens(caller, hundred);
    setClock(first);
    await reservation.settle(0);
    expect(await countOutcomes(inParallel(3, () => limits.reserveTokens(caller, hundred)))).toEqual({
      done: 1,
      BUDGET_EXCEEDED: 2,
    });
  });

  test("of 0 lets no call through", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ [name]: 0 });
    expect((await failure(limits.reserveTokens(caller, { atLeast: 1, atMost: 0 }))).extensions.code).toBe(
      "BUDGET_EXCEEDED",
    );
  });
});

test("the Sunday belongs to the week before, the Monday begins one", async () => {
  setClock("2029-12-31T00:00:00Z");
  const { limits } = startLimits();
  const caller = createCaller({ tokensPerWeek: 1000 });
  await (await limits.reserveTokens(caller, hundred)).settle(100);
  setClock("2030-01-06T12:00:00Z");
  expect((await limits.read(caller)).thisWeek).toEqual({ tokens: 100, resetMs: DAY_MS / 2 });
  setClock("2030-01-07T00:00:00Z");
  expect((await limits.read(caller)).thisWeek).toEqual({ tokens: 0, resetMs: 7 * DAY_MS });
});

describe("with several windows", () => {
  const all = { tokensPerMinute: 300, tokensPerDay: 500, tokensPerWeek: 700, tokensPerMonth: 900 };

  test("each holds, and the refusal names the one that takes longest to have room", async () => {
    setClock("2030-01-08T10:00:00Z");
    const { limits } = startLimits();
    const caller = createCaller(all);
    const use = async (tokens: number) =>
      (await limits.reserveTokens(caller, { atLeast: tokens, atMost: tokens })).settle(tokens);
    await use(300);
    const { message, extensions } = await failure(use(1));
    expect([message, extensions.retryAfterMs]).toEqual([
      "This caller may use at most 300 tokens a minute; 0 are left, this call needs 1.",
      MINUTE_MS,
    ]);
    setClock("2030-01-08T10:01:00Z");
    await use(200);
    // The minute has room for it, the day has not.
    expect((await failure(use(1))).message).toMatch("at most 500 tokens a day (UTC); 0 are left");
    // Neither has.
    expect((await failure(use(101))).message).toMatch("a day (UTC)");
    setClock("2030-01-09T10:00:00Z");
    await use(200);
    expect((await failure(use(1))).message).toMatch("at most 700 tokens a week (UTC); 0 are left");
    setClock("2030-01-14T00:00:00Z");
    await use(200);
    expect((await failure(use(1))).message).toMatch("at most 900 tokens a month (UTC); 0 are left");
    expect(await limits.read(caller)).toMatchObject({
      tokens: 200,
      thisMinute: { tokens: 200 },
      thisWeek: { tokens: 200 },
      thisMonth: { tokens: 900 },
    });
  });

  test("what is refused by one is taken from none, and what is given back is given back in all", async () => {
    setClock("2030-01-08T10:00:00Z");
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerMinute: 1000, tokensPerDay: 150, tokensPerMonth: 1000 });
    const reservation = await limits.reserveTokens(caller, { atLeast: 1, atMost: 900 });
    expect(reservation.tokens).toBe(150);
    const used = (tokens: number) => ({ tokens, thisMinute: { tokens }, thisMonth: { tokens } });
    expect(await limits.read(caller)).toMatchObject(used(150));
    await failure(limits.reserveTokens(caller, hundred));
    expect(await limits.read(caller)).toMatchObject(used(150));
    await reservation.settle(60);
    expect(await limits.read(caller)).toMatchObject(used(60));
    await (await limits.reserveTokens(caller, { atLeast: 90, atMost: 90 })).settle(200);
    expect(await limits.read(caller)).toMatchObject(used(260));
  });

  test("40 calls at once take no more than the tightest has", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerDay: 100_000, tokensPerMonth: 700, tokensPerWeek: 5000 });
    expect(await countOutcomes(inParallel(40, () => limits.reserveTokens(caller, hundred)))).toEqual({
      done: 7,
      BUDGET_EXCEEDED: 33,
    });
  });

  test("the day is counted, and only windows with a limit are beside it", async () => {
    const { limits } = startLimits();
    const caller = createCaller({ tokensPerMonth: 500 });
    const reservation = await limits.reserveTokens(caller, hundred);
    expect(await limits.read(caller)).toMatchObject({ tokens: 100, thisMonth: { tokens: 100 } });
    await reservation.settle(30);
    const usage = await limits.read(caller);
    expect(usage).toMatchObject({ tokens: 30, thisMonth: { tokens: 30 } });
    expect([usage.thisMinute, usage.thisWeek]).toEqual([undefined, undefined]);
  });
});

describe("a team", () => {
  const team = { id: "frontend", key: "team:frontend", limits: { requestsPerMinute: 3, tokensPerDay: 250 } };
  const ofTeam = (id: string, limits = {}) => ({ ...createCaller(limits, id), team });

  test("shares its tokens among its callers, each of whom has limits of its own", async () => {
    const { limits } = startLimits();
    const [ada, bob] = [ofTeam("ada", { tokensPerDay: 120 }), ofTeam("bob")];
    await (await limits.reserveTokens(ada, hundred)).settle(100);
    expect((await failure(limits.reserveTokens(ada, hundred))).message).toBe(
      "This caller may use at most 120 tokens a day (UTC); 20 are left, this call needs 100.",
    );
    await (await limits.reserveTokens(bob, hundred)).settle(110);
    expect((await failure(limits.reserveTokens(bob, hundred))).message).toBe(
      "This caller's team may use at most 250 tokens a day (UTC); 40 are left, this call needs 100.",
    );
    expect(await limits.read(ada)).toMatchObject({ tokens: 100 });
    expect(await limits.read(bob)).toMatchObject({ tokens: 110 });
    expect(await limits.readTeam(ada)).toMatchObject({ tokens: 210 });
    expect(await limits.readTeam(bob)).toMatchObject({ tokens: 210 });
  });

  test("shares its requests, and neither counts what the other refuses", async () => {
    const { limits } = startLimits();
    const [ada, bob] = [ofTeam("ada", { requestsPerMinute: 1 }), ofTeam("bob")];
    await limits.takeRequest(ada);
    expect((await failure(limits.takeRequest(ada))).message).toMatch(
      /^This caller may make at most 1 request a minute/,
    );
    expect(await limits.readTeam(ada)).toMatchObject({ requests: 1 });
    await limits.takeRequest(bob);
    (await limits.takeRequest(bob))();
    await limits.takeRequest(bob);
    expect((await failure(limits.takeRequest(bob))).message).toMatch(
      /^This caller's team may make at most 3 requests a minute; try again in \d+ s\.$/,
    );
    expect(await limits.read(bob)).toMatchObject({ requests: 2 });
    expect(await limits.readTeam(bob)).toMatchObject({ requests: 3 });
  });

  test("of a caller's name is not the caller", async () => {
    const { limits } = startLimits();
    await (await limits.reserveTokens(createCaller({}, "frontend"), hundred)).settle(100);
    expect(await limits.readTeam(ofTeam("ada"))).toMatchObject({ tokens: 0 });
  });
});

test.each([
  [0, "0s"],
  [-5, "0s"],
  [1, "1ms"],
  [999.2, "1s"],
  [1_000, "1s"],
  [1_001, "2s"],
  [59_000, "59s"],
  [60_000, "1m0s"],
  [360_000, "6m0s"],
  [3_600_000, "1h0m0s"],
  [86_399_000, "23h59m59s"],
  [31 * DAY_MS, "744h0m0s"],
])("%d ms are written as %s", (milliseconds, text) => {
  expect(describeTime(milliseconds)).toBe(text);
});
