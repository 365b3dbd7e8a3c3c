// Who starts when many operations come at once.
import { expect, test } from "vitest";
import type { Caller } from "../../src/callers/caller.ts";
import { createStarts, type UntilStart } from "../../src/limits/starts.ts";

const flooding: Caller = { id: "flooding", key: "flooding", limits: {} };
const other: Caller = { id: "other", key: "other", limits: {} };

/** Starts operations until the next one has to wait, and yields its start. */
function flood(untilStart: UntilStart): Promise<void> {
  for (;;) {
    const start = untilStart(flooding);
    if (start) return start;
  }
}

test("an operation that comes alone starts at once", () => {
  expect(createStarts()(other)).toBeUndefined();
});

test("operations start as they come, and those after a burst wait for the next turn", async () => {
  const untilStart = createStarts();
  await flood(untilStart);
  expect(untilStart(flooding)).toBeUndefined();
});

test("a caller's one operation starts among the first, however many another has sent before", async () => {
  const untilStart = createStarts();
  const started: string[] = [];
  const starts = [flood(untilStart), ...Array.from({ length: 1_000 }, () => untilStart(flooding))];
  const all = starts.map((start) => start?.then(() => started.push("flooding")));
  all.push(untilStart(other)?.then(() => started.push("other")));
  await Promise.all(all);
  expect(started).toHaveLength(1_002);
  expect(started.indexOf("other")).toBe(1);
});

test("of those that wait a few start in each turn", async () => {
  const untilStart = createStarts();
  let started = 0;
  const starts = [flood(untilStart), ...Array.from({ length: 100 }, () => untilStart(flooding))];
  const all = Promise.all(starts.map((start) => start?.then(() => started++)));
  const perTurn: number[] = [];
  let before = 0;
  const count = () => {
    perTurn.push(started - before);
    before = started;
    if (started < starts.length) setImmediate(count);
  };
  setImmediate(count);
  await all;
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(4);
});
