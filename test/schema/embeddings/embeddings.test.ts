// Embeddings: what is asked of the upstream, and vectors in every form that an upstream sends and a client selects.
import { describe, expect, test } from "vitest";
import { alice, aliceWith } from "../../support/keys.ts";
import { shared } from "../../support/lifetime.ts";
import { startServed } from "../../support/served-upstream.ts";
import { type Answer, json } from "../../support/upstream.ts";

const answerOf = (...vectors: unknown[]) => ({
  object: "list",
  data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
  model: "text-embedding-3-small",
  usage: { prompt_tokens: 5, total_tokens: 5 },
});
const base64Of = (numbers: readonly number[]) => Buffer.from(Float32Array.from(numbers).buffer).toString("base64");
const served = shared(() => startServed(json(answerOf([1, 0]))));

const embed = (fields: string) => `mutation ($input: EmbedInput!) { embed(input: $input) { ${fields} } }`;
const ask = async (answer: unknown, fields: string, input: string[] = ["a"]) => {
  const { upstream, server } = served();
  upstream.answer = typeof answer === "function" ? (answer as Answer) : json(answer);
  const { body } = await server.query(embed(fields), { input: { model: "m", input } });
  expect(server.faults).toEqual([]);
  return body;
};
const refusal = ({ data, errors: [error] }: { data: unknown; errors: [{ message: string; extensions: object }] }) => ({
  data,
  message: error.message,
  ...error.extensions,
});

describe("embed sends", () => {
  test.each([
    ["one text as a string", { input: "hello" }, { input: "hello" }],
    ["a list of one text as a string", { input: ["hello"] }, { input: "hello" }],
    ["several texts as a list", { input: ["a", "b"] }, { input: ["a", "b"] }],
    [
      "no field that is null",
      { input: "a", dimensions: null, encodingFormat: null, user: null, extraBody: null },
      { input: "a" },
    ],
    [
      "every field that is given, and those of extraBody",
      {
        input: "a",
        dimensions: 256,
        encodingFormat: "BASE64",
        user: "u",
        extraBody: { input_type: "query", nothing: null },
      },
      { input: "a", dimensions: 256, encoding_format: "base64", user: "u", input_type: "query", nothing: null },
    ],
    [
      "the other encoding by its name",
      { input: "a", encodingFormat: "FLOAT" },
      { input: "a", encoding_format: "float" },
    ],
  ])("%s", async (_, input, sent) => {
    const { upstream, server } = served();
    upstream.answer = json(answerOf(...[input.input].flat().map(() => [1, 0])));
    const { body } = await server.query(embed("model"), { input: { model: "m", ...input } });
    expect(body).toEqual({ data: { embed: { model: "text-embedding-3-small" } } });
    expect(upstream.requests).toMatchObject([{ method: "POST", path: "/v1/embeddings" }]);
    expect(upstream.requests[0]?.json()).toEqual({ model: "m", ...sent });
  });

  test.each([
    ["no text", { input: [] }, "input.input must hold at least 1 entry; got 0."],
    ["too many texts", { input: Array(2049).fill("a") }, "input.input must hold at most 2048 entries; got 2049."],
    ["an empty text", { input: ["a", ""] }, "input.input[1] must not be empty; got 0 characters."],
    ["no dimensions", { input: "a", dimensions: 0 }, "input.dimensions must be at least 1; got 0."],
    [
      "a field of the schema in extraBody",
      { input: "a", extraBody: { encodingFormat: "x" } },
      'input.extraBody must not hold "encodingFormat", which has its own place in this API.',
    ],
    [
      "stream in extraBody",
      { input: "a", extraBody: { stream: true } },
      'input.extraBody must not hold "stream", which has its own place in this API.',
    ],
  ])("nothing for %s", async (_, input, message) => {
    const { upstream, server } = served();
    const { body } = await server.query(embed("model"), { input: { model: "m", ...input } });
    expect(refusal(body)).toMatchObject({ data: { embed: null }, message, code: "BAD_USER_INPUT" });
    expect(upstream.requests).toEqual([]);
  });

  test("as many texts as MAX_INPUTS allows", async () => {
    const { upstream, server } = await startServed(json(answerOf([1], [2])), { MAX_INPUTS: "2" });
    const send = (input: string[]) => server.query(embed("model"), { input: { model: "m", input } });
    expect((await send(["a", "b"])).body.errors).toBeUndefined();
    expect(refusal((await send(["a", "b", "c"])).body).message).toBe("input.input must hold at most 2 entries; got 3.");
    expect(upstream.requests).toHaveLength(1);
  });
});

/** Vectors shorter and longer than what is kept as bytes, of numbers with as few digits as any 32-bit float can hold. */
const short = [0.5, -1, 0.25];
const long = Array.from({ length: 300 }, (_, place) => Number((Math.sin(place) / 17).toPrecision(6)));

describe.each([
  ["short", short],
  ["long", long],
])("a %s vector", (_, numbers) => {
  const base64 = base64Of(numbers);
  const given = { embedding: numbers, base64, dimensions: numbers.length };
  const escaped: Answer = (_request, res) =>
    res.end(JSON.stringify(answerOf(base64)).replace(base64, base64.replaceAll("/", "\\/").replace("A", "\\u0041")));
  const pretty: Answer = (_request, res) => res.end(JSON.stringify(answerOf(numbers), null, 2));

  test.each<[string, unknown]>([
    ["numbers", answerOf(numbers)],
    ["numbers, one on a line", pretty],
    ["numbers in a list of their own", answerOf([numbers])],
    ["base64", answerOf(base64)],
    ["base64 without padding", answerOf(base64.replaceAll("=", ""))],
    ["base64 of the other alphabet", answerOf(Buffer.from(base64, "base64").toString("base64url"))],
    ["base64 in lines", answerOf(base64.replace(/.{76}/g, "$&\n"))],
    ["base64 with escapes", escaped],
  ])("comes as %s, and is given in every form", async (_form, answer) => {
    const all = "index embedding base64 dimensions similarity(to: 0)";
    expect(await ask(answer, `data { ${all} } usage { promptTokens totalTokens } object`)).toEqual({
      data: {
        embed: {
          data: [{ index: 0, ...given, similarity: expect.closeTo(1, 12) }],
          usage: { promptTokens: 5, totalTokens: 5 },
          object: "list",
        },
      },
    });
    // By the road of short answers, by that of long ones, and by the executor's.
    for (const field of ["embedding", "base64", "dimensions"] as const) {
      const expected = { data: { embed: { data: [{ [field]: given[field] }] } } };
      expect(await ask(answer, `data { ${field} }`)).toEqual(expected);
      expect(await ask(answer, `data { ${field} @include(if: true) }`)).toEqual(expected);
    }
  });

  test.each(["application/json", "text/event-stream"])("comes in %s, under several names", async (accept) => {
    const { upstream, server } = served();
    upstream.answer = json(answerOf(numbers, numbers));
    const { text } = await server.query(
      embed("data { one: embedding two: embedding three: base64 }"),
      { input: { model: "m", input: ["a", "b"] } },
      { headers: { accept } },
    );
    const vector = { one: numbers, two: numbers, three: base64 };
    const result = accept === "application/json" ? text : /^data: (\{.*)$/m.exec(text)?.[1];
    expect(JSON.parse(result ?? "")).toEqual({ data: { embed: { data: [vector, vector] } } });
  });
});

test("numbers keep the digits that the upstream gives them", async () => {
  const digits = Array(100).fill("-0.00230642549693584").concat("1", "0", "-0.5", "1e-9", "2.5E+3", "0.10");
  const text = JSON.stringify(answerOf("VECTOR")).replace('"VECTOR"', `[${digits.join(", ")}]`);
  const { upstream, server } = served();
  upstream.answer = (_, res) => res.end(text);
  const answered = await server.query(embed("data { embedding }"), { input: { model: "m", input: "a" } });
  expect(answered.body.data.embed.data[0].embedding).toEqual(digits.map(Number));
  expect(answered.text).toContain(digits.slice(90).join(", "));
});

describe("vectors", () => {
  const numbered = (...entries: [unknown, number][]) => ({
    data: entries.map(([index, first]) => ({ index, embedding: [first, 1] })),
  });
  test.each([
    ["by their numbers", numbered([2, 30], [0, 10], [1, 20]), [10, 20, 30]],
    ["by numbers from 1", numbered([3, 30], [1, 10], [2, 20]), [10, 20, 30]],
    ["as they come if all have the same number", numbered([0, 10], [0, 20], [0, 30]), [10, 20, 30]],
    ["as they come without numbers", numbered([undefined, 10], [null, 20], ["x", 30]), [10, 20, 30]],
    ["as they come if one has none", numbered([1, 10], [undefined, 20], [0, 30]), [10, 20, 30]],
  ])("stand %s", async (_, answer, firsts) => {
    const { data } = await ask(answer, "data { index embedding }", ["a", "b", "c"]);
    expect(data.embed.data).toEqual(firsts.map((first, index) => ({ index, embedding: [first, 1] })));
  });

  const wide = Array(300).fill(0.5);
  test.each<[string, unknown, string]>([
    ["fewer than texts", answerOf([1]), "1 vector for 2 texts."],
    ["more than texts", answerOf([1], [2], [3]), "3 vectors for 2 texts."],
    ["of different lengths", answerOf([1, 2], [1, 2, 3]), "vectors of different lengths, 2 and 3."],
    ["without a number", answerOf([1], []), "no vector that can be read for text 1."],
    ["null", answerOf([1], null), "no vector that can be read for text 1."],
    ["with a text among the numbers", answerOf([1], ["x"]), "no vector that can be read for text 1."],
    ["with a long list that holds a text", answerOf(wide, [...wide, "x"]), "no vector that can be read for text 1."],
    ["one for each token", answerOf([1], [[1], [2]]), "no vector that can be read for text 1."],
    ["that are no base64", answerOf([1], "AAAA?A=="), "no vector that can be read for text 1."],
    ["whose base64 is cut", answerOf([1], base64Of([1]).slice(0, 5)), "no vector that can be read for text 1."],
    ["whose bytes are no floats", answerOf([1], "AAAA"), "no vector that can be read for text 1."],
    ["of a quarter of the length", answerOf(base64Of([1, 2, 3, 4]), [1]), "vectors of different lengths, 4 and 1."],
  ])("%s are an invalid answer", async (_, answer, problem) => {
    const body = await ask(answer, "data { dimensions }", ["a", "b"]);
    expect(refusal(body)).toMatchObject({
      data: { embed: null },
      message: `The upstream's answer to POST /embeddings holds ${problem}`,
      code: "UPSTREAM_INVALID_RESPONSE",
    });
  });

  test.each([
    ["null among numbers", [1, null]],
    ["NaN in base64", base64Of([1, Number.NaN])],
    ["infinity in base64", base64Of([...long, Number.POSITIVE_INFINITY])],
  ])("with %s can be compared with none, and have no numbers", async (_, vector) => {
    const answer = answerOf(vector);
    expect(await ask(answer, "data { similarity(to: 0) }")).toEqual({
      data: { embed: { data: [{ similarity: null }] } },
    });
    expect(refusal(await ask(answer, "data { embedding }"))).toMatchObject({ code: "UPSTREAM_INVALID_RESPONSE" });
    if (typeof vector === "string")
      expect((await ask(answer, "data { base64 }")).data.embed.data).toEqual([{ base64: vector }]);
  });
});

describe("similarity", () => {
  const vectors = [
    [3, 4],
    [6, 8],
    [-3, -4],
    [-4, 3],
    [0, 0],
  ];
  test.each([
    [0, [1, 1, -1, 0, null]],
    [2, [-1, -1, 1, 0, null]],
    [4, [null, null, null, null, null]],
    [5, [null, null, null, null, null]],
    [-1, [null, null, null, null, null]],
  ])("to %i is the cosine of the angle", async (to, expected) => {
    for (const form of [vectors, vectors.map(base64Of)]) {
      const { data } = await ask(answerOf(...form), `data { similarity(to: ${to}) }`, ["a", "b", "c", "d", "e"]);
      const found = data.embed.data.map(({ similarity }: { similarity: number | null }) => similarity);
      expect(found).toEqual(expected.map((cosine) => (cosine === null ? null : expect.closeTo(cosine, 6))));
    }
  });

  test("is that of the numbers as they were sent, for long vectors as for short ones", async () => {
    const other = long.map((number, place) => (place % 3 === 0 ? -number : number));
    const { data } = await ask(answerOf(long, other), "data { similarity(to: 0) }", ["a", "b"]);
    const dot = (one: number[], two: number[]) =>
      one.reduce((sum, number, place) => sum + number * (two[place] ?? 0), 0);
    const cosine = dot(long, other) / Math.sqrt(dot(long, long) * dot(other, other));
    expect(data.embed.data[1].similarity).toBeCloseTo(cosine, 6);
    expect(data.embed.data[0].similarity).toBeLessThanOrEqual(1);
  });
});

test.each([
  ["no more than vectors", { data: [{ embedding: [1] }] }],
  ["values of other kinds", { data: [{ embedding: [1], index: {}, object: 3 }], model: 7, object: [], usage: "free" }],
  ["nulls", { data: [{ embedding: [1], index: null }], model: null, object: null, usage: null }],
])("an answer of %s has nulls in the other places", async (_, answer) => {
  expect(await ask(answer, "data { index embedding } model object usage { promptTokens totalTokens }")).toEqual({
    data: { embed: { data: [{ index: 0, embedding: [1] }], model: null, object: null, usage: null } },
  });
});

test.each([
  ["in full", { prompt_tokens: 7, total_tokens: 9 }, 9],
  ["as the prompt alone", { prompt_tokens: 7 }, 7],
  ["as nothing: by their length", undefined, 1],
  ["as zero: by their length", { prompt_tokens: 0, total_tokens: 0 }, 1],
])("tokens that are reported %s are counted", async (_, usage, tokens) => {
  const { server } = await startServed(json({ ...answerOf([1]), usage }), aliceWith({ tokensPerDay: 1_000 }));
  await server.query(embed("model"), { input: { model: "m", input: "abc" } }, alice);
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  expect(body.data.viewer.used.tokens).toBe(tokens);
});
