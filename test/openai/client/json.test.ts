// What a JSON text has too much of: the quick look at its length and brackets, beside the scan of each character.
import { describe, expect, test } from "vitest";
import { findExcess, JsonScan } from "../../../src/json/json.ts";
import { createRandom } from "../../support/random.ts";

/** In steps that are shorter than the text, so that every character is looked at. */
function scanInSteps(text: string, maxValues: number): string | undefined {
  const scan = new JsonScan(text, maxValues);
  while (!scan.isDone) {
    const excess = scan.findExcess(Math.max(1, Math.floor(text.length / 3)));
    if (excess) return excess;
  }
  return undefined;
}

const PIECES = ["[", "{", "]", "}", ",", '"', "\\", '\\"', '"a":', "1", "word", "漢{", " ", "[[[[", "}]", ",,,,"];
const OPEN_PIECES = ["[", "{", "[[[[", '"a":', '"word"', "{{"];

describe("a JSON text", () => {
  test("has too much of what the scan of each character finds, whatever is in it", () => {
    const found = new Set<string | undefined>();
    for (let seed = 0; seed < 3_000; seed++) {
      const random = createRandom(seed);
      const pieces = random.oneIn(3) ? OPEN_PIECES : PIECES;
      const text = Array.from({ length: random.below(600) }, () => random.pick(pieces)).join("");
      const maxValues = random.pick([1, 2, 50, 300, text.length - 1, text.length, text.length + 1, 1_000_000]);
      const excess = scanInSteps(text, maxValues);
      expect(findExcess(text, maxValues), `seed ${seed}`).toBe(excess);
      found.add(excess?.replace(/\d+/, "n"));
    }
    expect(found).toEqual(new Set([undefined, "must hold at most n values.", "must be nested at most n levels deep."]));
  });

  test.each([
    ["lists", "[", "]"],
    ["objects", '{"a":', "}"],
  ])("nests 256 %s and no more", (_, open, close) => {
    const nest = (levels: number) => open.repeat(levels) + close.repeat(levels);
    expect(findExcess(nest(256), 1_000_000)).toBeUndefined();
    expect(findExcess(nest(257), 1_000_000)).toBe("must be nested at most 256 levels deep.");
  });

  test("may have any number of brackets side by side and in its strings", () => {
    expect(findExcess(JSON.stringify(Array.from({ length: 1_000 }, () => ({}))), 1_000_000)).toBeUndefined();
    expect(findExcess(JSON.stringify("[{".repeat(1_000)), 1_000_000)).toBeUndefined();
  });

  test("holds as many values as it may and no more", () => {
    const list = (length: number) => JSON.stringify(Array.from({ length }, () => 1));
    expect(findExcess(list(99), 100)).toBe(undefined);
    expect(findExcess(list(100), 100)).toBe("must hold at most 100 values.");
  });
});
