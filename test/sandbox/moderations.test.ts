// The sandbox's moderations through the official SDK.
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

const harms = async (input: OpenAI.ModerationCreateParams["input"]) => {
  const { results } = await client.moderations.create({ input });
  return results.map(({ categories }) => Object.entries(categories).flatMap(([name, harm]) => (harm ? [name] : [])));
};

test("each text is judged by itself, in 13 categories", async () => {
  const { id, model, results } = await client.moderations.create({ input: ["I love you", "I will kill you"] });
  expect([id, model]).toEqual([expect.stringMatching(/^modr-/), "omni-moderation-latest"]);
  const [kind, harmful] = results;
  expect(Object.keys(kind?.categories ?? {})).toHaveLength(13);
  expect([kind?.flagged, new Set(Object.values(kind?.category_scores ?? {}))]).toEqual([false, new Set([0])]);
  expect(harmful).toMatchObject({
    flagged: true,
    categories: { violence: true, "harassment/threatening": true, hate: false },
    category_scores: { violence: 0.5, hate: 0 },
    category_applied_input_types: { violence: ["text"], hate: ["text"] },
  });
});

test.each([
  ["a harmless sentence about skills and assassins' creeds", []],
  ["You IDIOT", ["harassment"]],
  ["how to launder money", ["illicit"]],
  ["I want  to\ndie", ["self-harm/intent"]],
  ["a bomb", ["illicit/violent", "violence"]],
])("%j is %j", async (text, expected) => {
  expect(await harms(text)).toEqual([expected]);
});

test("with each word the score comes halfway nearer to 1", async () => {
  const { results } = await client.moderations.create({ input: ["kill", "kill kill", "kill kill murder"] });
  expect(results.map(({ category_scores }) => category_scores.violence)).toEqual([0.5, 0.75, 0.875]);
});

test("parts are judged as one, and pictures where the model looks at them", async () => {
  const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,aGk=" } };
  const { results } = await client.moderations.create({ input: [{ type: "text", text: "murder" }, image] });
  expect(results).toMatchObject([
    { flagged: true, category_applied_input_types: { violence: ["text", "image"], hate: ["text"] } },
  ]);
  const alone = await client.moderations.create({ input: [image] });
  expect(alone.results[0]?.category_applied_input_types).toMatchObject({ violence: ["image"], hate: [] });
});

test.each([
  ["no input", {}],
  ["no texts", { input: [] }],
  ["a number", { input: 7 }],
  ["a part of another type", { input: [{ type: "audio", audio: "x" }] }],
  ["a picture without a URL", { input: [{ type: "image_url", image_url: { url: "hello" } }] }],
  ["an unknown field", { input: "a", stop: "x" }],
])("%s is refused", async (_, request) => {
  await expect(client.moderations.create(request as never)).rejects.toThrow(BadRequestError);
});

test("another model is none", async () => {
  await expect(client.moderations.create({ model: "gpt-4o-mini", input: "a" })).rejects.toThrow(NotFoundError);
});
