// How a stream is slowed down for GraphiQL, on a clock of the test.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pace } from "../../src/graphiql/browser/operations/pace.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** One result each `everyMs`; `ended` tells whether its reader has left. */
function tick(count: number, everyMs: number, failure?: Error) {
  const state = { left: false };
  async function* run() {
    try {
      for (let index = 0; index < count; index += 1) {
        yield index;
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      if (failure) throw failure;
    } finally {
      state.left = true;
    }
  }
  return { state, source: run() };
}

function watch(source: AsyncIterable<unknown>, drawMs = 0) {
  const seen: unknown[] = [];
  const paced = pace(source, 100);
  const draw = async () => {
    try {
      for await (const result of paced) {
        seen.push(result);
        if (drawMs) await new Promise((resolve) => setTimeout(resolve, drawMs));
      }
      seen.push("complete");
    } catch (problem) {
      seen.push(problem);
    }
  };
  void draw();
  return { seen, paced };
}

test("the first and the last result are shown, and at most ten a second between them", async () => {
  const { seen } = watch(tick(1_000, 1).source);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(seen[0]).toBe(0);
  expect(seen.slice(-2)).toEqual([999, "complete"]);
  expect(seen.length).toBeGreaterThan(8);
  expect(seen.length).toBeLessThan(14);
});

test("a slow stream is shown whole", async () => {
  const { seen } = watch(tick(5, 150).source);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(seen).toEqual([0, 1, 2, 3, 4, "complete"]);
});

test("what takes long to draw is drawn less often", async () => {
  const { seen } = watch(tick(1_000, 10).source, 500);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(seen.length).toBeLessThan(6);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(seen.slice(-2)).toEqual([999, "complete"]);
});

test("a failure comes after the last result", async () => {
  const failure = new Error("broken");
  const { seen } = watch(tick(7, 10, failure).source);
  await vi.advanceTimersByTimeAsync(500);
  expect(seen).toEqual([0, 6, failure]);
});

test("who leaves sees nothing more, and the source ends", async () => {
  const { state, source } = tick(1_000, 10);
  const { seen, paced } = watch(source);
  await vi.advanceTimersByTimeAsync(250);
  const count = seen.length;
  void paced.return?.();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(seen.slice(count)).toEqual(["complete"]);
  expect(state.left).toBe(true);
});

test("parts of an incremental result all pass", async () => {
  async function* parts() {
    for (let index = 0; index < 4; index += 1) yield { index, hasNext: index < 3 };
  }
  const { seen } = watch(parts());
  await vi.advanceTimersByTimeAsync(10);
  expect(seen.map((part) => (typeof part === "object" ? Object(part).index : part))).toEqual([0, 1, 2, 3, "complete"]);
});
