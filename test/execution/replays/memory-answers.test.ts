// What one process keeps of answers: bounded, and fair to those who keep little.
import { expect, test, vi } from "vitest";
import { MemoryAnswers } from "../../../src/execution/replays/memory-answers.ts";

const answer = (json: string) => ({ fingerprint: "f", files: [], json, hasErrors: false });
const text = (length: number) => "a".repeat(length);

test("an answer is found until its time is up", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const answers = new MemoryAnswers(1_000, 10_000);
    await answers.keep("one", "ann", answer("{}"));
    vi.advanceTimersByTime(999);
    expect(await answers.claim("one")).toEqual(answer("{}"));
    vi.advanceTimersByTime(1);
    expect(await answers.claim("one")).toBeUndefined();
    expect(answers.bytes).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("those whose time is up make room when another comes", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const answers = new MemoryAnswers(1_000, 1_000_000);
    for (let id = 0; id < 10; id++) await answers.keep(`${id}`, "ann", answer(text(1_000)));
    const before = answers.bytes;
    vi.advanceTimersByTime(1_000);
    await answers.keep("last", "ann", answer(text(1_000)));
    expect(answers.bytes).toBe(before / 10);
  } finally {
    vi.useRealTimers();
  }
});

test("no more bytes are kept than there may be, and the oldest go first", async () => {
  const answers = new MemoryAnswers(60_000, 20_000);
  for (let id = 0; id < 100; id++) {
    await answers.keep(`${id}`, "ann", answer(text(1_000)));
    expect(answers.bytes).toBeLessThanOrEqual(20_000);
  }
  expect(await answers.claim("0")).toBeUndefined();
  expect(await answers.claim("99")).toBeDefined();
});

test("a caller with many answers drives out none of another's", async () => {
  const answers = new MemoryAnswers(60_000, 20_000);
  await answers.keep("bob's", "bob", answer(text(100)));
  for (let id = 0; id < 100; id++) await answers.keep(`${id}`, "ann", answer(text(1_000)));
  expect(await answers.claim("bob's")).toEqual(answer(text(100)));
});

test("the same id again takes the place of the first", async () => {
  const answers = new MemoryAnswers(60_000, 20_000);
  await answers.keep("one", "ann", answer("1"));
  const { bytes } = answers;
  await answers.keep("one", "ann", answer("2"));
  expect([await answers.claim("one"), answers.bytes]).toEqual([answer("2"), bytes]);
});

test("an answer that is larger than all there may be is not kept", async () => {
  const answers = new MemoryAnswers(60_000, 2_000);
  await answers.keep("small", "ann", answer("{}"));
  await answers.keep("large", "ann", answer(text(2_000)));
  expect(await answers.claim("large")).toBeUndefined();
  expect(await answers.claim("small")).toBeDefined();
});
