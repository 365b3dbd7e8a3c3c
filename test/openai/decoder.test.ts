// The text of a stream is that of its bytes, whatever they are and wherever they are cut.
import { expect, test } from "vitest";
import { createDecoder } from "../../src/openai/client/events/decoder.ts";
import { createRandom } from "../support/random.ts";

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);
const PARTS = ["data: x\n\n", "ü", "世", "🙂", "\ufeff", "\u0000"].map((text) => Buffer.from(text));
const BROKEN = [[0xff], [0xc3], [0xe4, 0xb8], [0xf0, 0x9f], [0x80], [0xed, 0xa0, 0x80], [0xef, 0xbb]].map((bytes) =>
  Buffer.from(bytes),
);

test.each(SEEDS)("bytes cut anywhere are the same text as whole, seed %i", (seed) => {
  const random = createRandom(seed);
  const bytes = Buffer.concat(Array.from({ length: 12 }, () => random.pick(random.oneIn(4) ? BROKEN : PARTS)));
  const decode = createDecoder();
  let text = "";
  for (let from = 0; from < bytes.length; ) {
    const to = from + random.below(9);
    text += decode(bytes.subarray(from, to));
    from = to;
  }
  expect(text + decode()).toBe(new TextDecoder().decode(bytes));
});
