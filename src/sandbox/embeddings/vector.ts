// Owns how the sandbox makes a vector of a text: texts that share words or stems point in a similar direction, others do not.
import { hashText } from "../shared/ids.ts";

/** Words of so few letters are in most texts, and say little. */
const shortLength = 3;
const shortWeight = 0.5;
const trigramWeight = 0.6;

/** The text's vector of `size` numbers, cut to `dimensions` of them; its length is 1. The same text has the same vector. */
export function createVector(text: string, size: number, dimensions: number): number[] {
  const sums = new Float64Array(size);
  const words =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}]+|\p{N}+/gu) ?? [];
  for (const word of words) {
    const weight = word.length <= shortLength ? shortWeight : 1;
    add(sums, `word ${word}`, weight);
    for (const trigram of trigramsOf(word)) add(sums, trigram, weight * trigramWeight);
  }
  // Signs alone are a text, too.
  if (words.length === 0) add(sums, text, 1);
  return normalise(sums.subarray(0, dimensions));
}

/** All runs of three letters, with a blank for each end of the word. */
function trigramsOf(word: string): string[] {
  const letters = [...` ${word} `];
  return letters.slice(2).map((_, start) => letters.slice(start, start + 3).join(""));
}

function add(sums: Float64Array, feature: string, weight: number): void {
  const hash = hashText(feature);
  const place = (hash >>> 1) % sums.length;
  sums[place] = (sums[place] ?? 0) + (hash & 1 ? weight : -weight);
}

/** With eight digits, as OpenAI writes them. */
function normalise(sums: Float64Array): number[] {
  const length = Math.sqrt(sums.reduce((squares, number) => squares + number * number, 0));
  if (length === 0) return Array.from(sums, (_, place) => (place === 0 ? 1 : 0));
  return Array.from(sums, (number) => Number((number / length).toPrecision(8)));
}
