// Small pieces of work that come thousands in one turn of the event loop: a few are done at once, the rest in later turns.
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { inBurst } from "../../src/openai/client/bytes/burst.ts";

/** Keeps this process busy. */
function work(durationMs: number): void {
  for (const end = performance.now() + durationMs; performance.now() < end; ) {}
}

test("a piece alone is done at once", async () => {
  await setImmediate();
  let isDone = false;
  inBurst(() => {
    isDone = true;
  });
  expect(isDone).toBe(true);
});

test("pieces that take long are done in several turns, all of them and in order", async () => {
  await setImmediate();
  const done: number[] = [];
  const all = Array.from({ length: 60 }, (_, place) => place);
  for (const place of all) {
    inBurst(() => {
      work(1);
      done.push(place);
    });
  }
  const perTurn = [done.length];
  while (done.length < all.length) {
    const before = done.length;
    await setImmediate();
    perTurn.push(done.length - before);
  }
  expect(done).toEqual(all);
  // Ten milliseconds of work, and the piece that is under way when they are over.
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(12);
  expect(perTurn[0]).toBeGreaterThan(0);
});

test("pieces that others bring are done after those that wait", async () => {
  await setImmediate();
  const done: string[] = [];
  inBurst(() => {
    work(15);
    done.push("first");
  });
  inBurst(() => {
    done.push("second");
    inBurst(() => done.push("fourth"));
  });
  inBurst(() => {
    done.push("third");
  });
  expect(done).toEqual(["first"]);
  while (done.length < 4) await setImmediate();
  expect(done).toEqual(["first", "second", "third", "fourth"]);
});
