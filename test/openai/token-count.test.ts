// How many tokens texts are taken to have, and that long ones are not looked at to their ends.
import { expect, test } from "vitest";
import { countFields, countSaid, countText } from "../../src/openai/token-count.ts";

const MIB = 2 ** 20;

test.each([
  ["letters and blanks", "three letters ".repeat(30), 140],
  ["digits", "0123456789", 10],
  ["other scripts", "語".repeat(30), 30],
  ["nothing", "", 0],
])("%s", (_, text, tokens) => {
  expect(countText(text)).toBe(tokens);
  expect(countSaid({ role: "assistant", content: text })).toBe(tokens);
});

test("names count where the model reads them", () => {
  expect(countText({ abc: "def" })).toBe(2);
  expect(countFields({ abc: "def", model: "123456" }, new Set(["model"]))).toBe(2);
  expect(countSaid({ abc: "def" })).toBe(1);
});

test("the rest of a long text is taken to be like what has been looked at", () => {
  expect(countText("1".repeat(3 * MIB))).toBe(3 * MIB);
  expect(countText("abc".repeat(MIB))).toBe(MIB);
  expect(countText("1abcdefghi".repeat(MIB))).toBeCloseTo(4 * MIB, -3);
  // Letters first, digits after them.
  expect(countText("abc".repeat(MIB) + "1".repeat(3 * MIB))).toBe(2 * MIB);
});

test("what has been looked at is what all texts of a value have together", () => {
  const texts = ["1".repeat(MIB), ...Array.from({ length: 8 }, () => "abc".repeat(MIB / 4))];
  expect(countText(texts)).toBe(MIB + (8 * 3 * MIB) / 4);
});

test("a value that is nested too deeply is counted down to a bound", () => {
  let value: unknown = "abc";
  for (let depth = 0; depth < 100_000; depth++) value = [value];
  expect(countText(value)).toBe(0);
});
