// Floats written as JSON: what is read again and rounded to 32 bits is the same number, and hardly any shorter text is.
import { expect, test } from "vitest";
import { writeFloats } from "../../../src/openai/embeddings/write-floats.ts";
import { createRandom } from "../../support/random.ts";

const write = (...numbers: number[]) => Buffer.from(writeFloats(Float32Array.from(numbers))).toString();

test.each([
  [[], "[]"],
  [[0], "[0]"],
  [[-0], "[0]"],
  [[1, -1, 2.5], "[1,-1,2.5]"],
  [[0.5, -0.25, 0.125], "[0.5,-0.25,0.125]"],
  [[0.1], "[0.1]"],
  [[-0.01, 0.001, 0.0001], "[-0.01,0.001,0.0001]"],
  [[0.0123456789], "[0.012345679]"],
  [[16777216, 3.4028234663852886e38, -1.401298464324817e-45], "[16777216,3.4028235e+38,-1e-45]"],
  [[2500, 1.25, -9999.5, 10, 100.25, 0.99999994, 9999.999], "[2500,1.25,-9999.5,10,100.25,0.99999994,9999.999]"],
])("%j is %s", (numbers, text) => {
  expect(write(...numbers)).toBe(text);
  expect(JSON.parse(text).map(Math.fround)).toEqual(numbers.map((number) => Math.fround(number) || 0));
});

const { below } = createRandom(16);
const next = () => below(2 ** 31) / 2 ** 31;
test.each<[string, () => number]>([
  ["of a vector", () => ((next() + next() + next() - 1.5) * 2) / Math.sqrt(1536)],
  ["up to 1", next],
  ["up to thousands", () => (next() - 0.5) * 10 ** (5 * next())],
  ["of all sizes below 1", () => (next() - 0.5) * 10 ** (-6 * next())],
  ["of all sizes", () => (next() - 0.5) * 10 ** (76 * next() - 38)],
  ["with few bits", () => Math.round(next() * 4096) / 4096 / 2 ** below(14)],
  ["around powers of two", () => 2 ** -below(16) * (1 + (below(5) - 2) * 2 ** -23)],
  ["around powers of ten", () => 10 ** -below(6) * (1 + (below(9) - 4) * 2 ** -23)],
])("numbers %s are read again as they were", (_, make) => {
  const floats = Float32Array.from({ length: 50_000 }, make);
  const text = Buffer.from(writeFloats(floats)).toString();
  const read = JSON.parse(text);
  expect(read.length).toBe(floats.length);
  expect(read.findIndex((number: number, index: number) => Math.fround(number) !== (floats[index] || 0))).toBe(-1);
  expect(text.length).toBeLessThanOrEqual(JSON.stringify(Array.from(floats, shortest)).length * 1.001);
});

/** The number of the fewest digits that is rounded to the float. */
function shortest(float: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(float.toPrecision(digits));
    if (Math.fround(rounded) === float) return rounded;
  }
  return Number(float.toPrecision(9));
}
