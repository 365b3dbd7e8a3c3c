// The sandbox's embeddings through the official SDK.
import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

const model = "text-embedding-3-small";
const dot = (one: readonly number[], two: readonly number[]) =>
  one.reduce((sum, number, place) => sum + number * (two[place] ?? 0), 0);

test("a vector has 1,536 numbers and the length 1, in both encodings", async () => {
  // The SDK asks for base64 unless it is told otherwise.
  const { data, usage, object, model: named } = await client.embeddings.create({ model, input: "Hello, world!" });
  const [plain] = (await client.embeddings.create({ model, input: "Hello, world!", encoding_format: "float" })).data;
  const [vector] = data;
  expect([vector?.index, vector?.object, object, named]).toEqual([0, "embedding", "list", model]);
  expect(vector?.embedding).toHaveLength(1_536);
  expect(dot(vector?.embedding ?? [], vector?.embedding ?? [])).toBeCloseTo(1, 5);
  expect([...(vector?.embedding ?? [])]).toEqual(plain?.embedding.map(Math.fround));
  expect(usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
});

test("texts are the nearer the more words and stems they share", async () => {
  const input = [
    "How do I reset my password?",
    "How do I reset my password?",
    "Resetting a forgotten password",
    "The weather in Lisbon is sunny",
    "猫が好きです",
  ];
  const { data } = await client.embeddings.create({ model, input });
  const [same, stems, other, foreign] = data.slice(1).map(({ embedding }) => dot(embedding, data[0]?.embedding ?? []));
  expect(data.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(same).toBeCloseTo(1, 5);
  expect(stems).toBeGreaterThan(0.4);
  expect(Math.abs(other ?? 1)).toBeLessThan(0.15);
  expect(Math.abs(foreign ?? 1)).toBeLessThan(0.15);
});

test.each([
  ["text-embedding-3-small", undefined, 1_536],
  ["text-embedding-3-large", undefined, 3_072],
  ["text-embedding-ada-002", undefined, 1_536],
  ["text-embedding-3-small", 256, 256],
  ["text-embedding-3-large", 3_072, 3_072],
  ["text-embedding-3-small", 1, 1],
])("%s with dimensions %s makes %i numbers of the length 1", async (name, dimensions, size) => {
  const { data } = await client.embeddings.create({
    model: name,
    input: "some words",
    ...(dimensions && { dimensions }),
  });
  const vector = data[0]?.embedding ?? [];
  expect([vector.length, dot(vector, vector)]).toEqual([size, expect.closeTo(1, 5)]);
});

test("tokens are texts, too", async () => {
  const { data } = await client.embeddings.create({ model, input: [[13225], [2375, 13225]] });
  const one = await client.embeddings.create({ model, input: [13225] });
  expect(data).toHaveLength(2);
  expect(one.data[0]?.embedding).toEqual(data[0]?.embedding);
});

const refused: [string, object, RegExp, string | null][] = [
  ["no input", { input: undefined }, /Missing required parameter: 'input'/, "input"],
  ["an empty text", { input: "" }, /'input'/, "input"],
  ["an empty text among others", { input: ["a", ""] }, /'input\[1\]'/, "input[1]"],
  ["no texts", { input: [] }, /'input'/, "input"],
  ["too many texts", { input: Array(2_049).fill("a") }, /maximum length 2048/, "input"],
  ["an unknown field", { stop: "x" }, /Unrecognized request argument supplied: stop/, null],
  ["too many dimensions", { dimensions: 1_537 }, /less than or equal to 1536/, "dimensions"],
  ["no dimensions", { dimensions: 0 }, /'dimensions'/, "dimensions"],
  [
    "dimensions of a model that has one length",
    { model: "text-embedding-ada-002", dimensions: 5 },
    /does not support/,
    null,
  ],
  ["another encoding", { encoding_format: "int8" }, /Supported values are: 'float' and 'base64'/, "encoding_format"],
  ["a text that is too long", { input: "word ".repeat(9_000) }, /maximum context length is 8192 tokens/, null],
];
test.each(refused)("%s is refused in OpenAI's words", async (_, fields, message, param) => {
  const call = client.embeddings.create({ model, input: "a", encoding_format: "float", ...fields } as never);
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ message: expect.stringMatching(message), param });
});

test("a model of another kind is none, here and there", async () => {
  await expect(client.embeddings.create({ model: "gpt-4o-mini", input: "a" })).rejects.toThrow(NotFoundError);
  const messages = [{ role: "user" as const, content: "a" }];
  await expect(client.chat.completions.create({ model, messages })).rejects.toThrow(NotFoundError);
});
