// The memory for what a header's value says: the same as without it, and bounded.
import { expect, test } from "vitest";
import { rememberByValue } from "../../src/http/by-value.ts";
import { createRandom } from "../support/random.ts";

test("what is remembered is what would be read", () => {
  const { below, pick } = createRandom(1);
  const read = (value: string) => (value.length % 5 === 0 ? undefined : value.split(","));
  const remembered = rememberByValue(read);
  for (let count = 0; count < 20_000; count++) {
    const value = pick(["a,b", "*/*", ""]).repeat(below(150)) + below(130);
    expect(remembered(value)).toEqual(read(value));
  }
});

test("a value that comes again is read once, unless it is long, says nothing or came long ago", () => {
  const reads: string[] = [];
  const remembered = rememberByValue((value) => {
    reads.push(value);
    return value === "nothing" ? undefined : value;
  });
  const countReads = (value: string) => {
    reads.length = 0;
    remembered(value);
    remembered(value);
    return reads.length;
  };
  expect([countReads("x".repeat(256)), countReads("x".repeat(257)), countReads("nothing")]).toEqual([1, 2, 2]);
  expect(countReads("first")).toBe(1);
  for (let count = 0; count < 100; count++) remembered(`other ${count}`);
  expect(countReads("first")).toBe(1);
});
