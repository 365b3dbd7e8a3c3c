// Kept answers are bounded by what is in them, whatever names of models clients ask for.
import { expect, test } from "vitest";
import { createReadCache } from "../../src/limits/read-cache.ts";

const { signal } = new AbortController();

/** How often each key is asked for upstream when all of them are read twice. */
async function countLoads(keys: number, answer: () => object): Promise<number> {
  const cache = createReadCache(60_000);
  let loads = 0;
  for (let round = 0; round < 2; round++) {
    for (let key = 0; key < keys; key++) {
      await cache.read(`k${key}`, signal, async () => {
        loads++;
        return answer();
      });
    }
  }
  return loads;
}

const models = (count: number) => ({
  data: Array.from({ length: count }, (_, id) => ({ id: `model-${id}`, owned_by: "x" })),
});

test("a list of a thousand models is kept", async () => {
  expect(await countLoads(1, () => models(1_000))).toBe(1);
});

test("an answer of more than a million characters is not kept", async () => {
  expect(await countLoads(1, () => ({ data: ["x".repeat(2 ** 20)] }))).toBe(2);
  expect(await countLoads(1, () => models(50_000))).toBe(2);
});

test("all of them together have four million at most: the oldest go first", async () => {
  expect(await countLoads(10, () => ({ data: ["x".repeat(900_000)] }))).toBe(20);
  expect(await countLoads(4, () => ({ data: ["x".repeat(900_000)] }))).toBe(4);
});
