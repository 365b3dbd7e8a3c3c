// The largest batch of vectors that OpenAI makes, 2,048 of 1,536 numbers, through a server with default limits.
import { describe, expect, test } from "vitest";
import { readVectors } from "../../src/openai/embeddings/vectors.ts";
import { shared } from "../support/lifetime.ts";
import { startServed } from "../support/served-upstream.ts";
import { json } from "../support/upstream.ts";

const TEXTS = 2_048;
const DIMENSIONS = 1_536;
const input = Array.from({ length: TEXTS }, (_, index) => `text ${index}`);
/** A few vectors stand for all. */
const vectors = Array.from({ length: 8 }, (_, which) =>
  Array.from({ length: DIMENSIONS }, (_, place) => Math.fround(Math.sin(which * DIMENSIONS + place) / 28)),
);
const vectorOf = (index: number) => vectors[index % vectors.length] ?? [];
const base64Of = (index: number) => Buffer.from(Float32Array.from(vectorOf(index)).buffer).toString("base64");
const bodyOf = (embedding: (index: number) => unknown) =>
  Buffer.from(JSON.stringify({ data: input.map((_, index) => ({ index, embedding: embedding(index) })) }));
const digits = vectors.map((vector) => vector.map((number) => Number(number.toPrecision(9))));
const bodies = {
  numbers: bodyOf((index) => digits[index % digits.length]),
  base64: bodyOf(base64Of),
};
const served = shared(() => startServed(json({})));

async function embed(form: keyof typeof bodies, fields: string, type = "application/json") {
  const { upstream, server } = served();
  upstream.answer = (_, res) => res.writeHead(200, { "content-type": type }).end(bodies[form]);
  const query = `mutation ($input: EmbedInput!) { embed(input: $input) { data { ${fields} } } }`;
  const { body } = await server.query(query, { input: { model: "m", input } });
  expect(server.faults).toEqual([]);
  expect(body.errors).toBeUndefined();
  expect(body.data.embed.data).toHaveLength(TEXTS);
  return body.data.embed.data;
}

describe.each(["numbers", "base64"] as const)("vectors that come as %s", (form) => {
  test("are given as numbers", { timeout: 60_000 }, async () => {
    const data = await embed(form, "index embedding");
    for (const index of [0, 1, 7, 8, 1_000, 2_047]) {
      // From base64 with the digits that tell a number of 32 bits from all others.
      const { embedding } = data[index];
      const read = form === "base64" ? embedding.map(Math.fround) : embedding;
      expect([data[index].index, read]).toEqual([
        index,
        form === "base64" ? vectorOf(index) : digits[index % digits.length],
      ]);
    }
  });

  test("are given as base64", { timeout: 60_000 }, async () => {
    const data = await embed(form, "base64", "text/plain");
    for (const index of [0, 1, 7, 8, 1_000, 2_047]) expect(data[index]).toEqual({ base64: base64Of(index) });
  });

  test("are compared", { timeout: 60_000 }, async () => {
    const data = await embed(form, "dimensions near: similarity(to: 3) none: similarity(to: 2048)");
    for (const index of [3, 11, 2_043]) expect(data[index].near).toBeCloseTo(1, 12);
    expect(data[4]).toEqual({ dimensions: DIMENSIONS, near: expect.any(Number), none: null });
    expect(Math.abs(data[4].near)).toBeLessThan(0.99);
  });
});

test("more numbers than an answer may have bytes for are refused in words that say what to do", async () => {
  const { upstream, server } = await startServed(json({}), { MAX_RESPONSE_BYTES: "1000000" });
  upstream.answer = (_, res) => res.end(bodies.base64);
  const query = "mutation ($input: EmbedInput!) { embed(input: $input) { data { embedding } } }";
  const { body } = await server.query(query, { input: { model: "m", input } });
  expect(body).toEqual({
    data: null,
    errors: [
      {
        message: "The answer has more than 1000000 bytes; select less of it.",
        extensions: { code: "OPERATION_TOO_COMPLEX" },
      },
    ],
  });
});

test("numbers in base64 are checked in several turns, and once however often they are selected", async () => {
  const encoded = [0, 1, 2, 3].map(base64Of);
  const data = input.map((_, index) => ({ index, embedding: encoded[index % encoded.length] }));
  const vectors = readVectors(data, TEXTS);
  const select = () => vectors.list.map((vector) => vectors.numbersOf(vector));
  const first = select();
  const areLater = first.map((list) => list instanceof Promise);
  expect([areLater[0], areLater.at(-1)]).toEqual([false, true]);
  expect(areLater.filter(Boolean).length).toBeGreaterThan(TEXTS / 2);
  const last = JSON.parse(JSON.stringify(await first.at(-1))) as number[];
  expect(last.map(Math.fround)).toEqual(vectorOf(3));
  await Promise.all(first);
  expect(select().some((list) => list instanceof Promise)).toBe(false);
});
