// The sandbox's chat completions through the official SDK: answers, limits, tools, schemas, refusals.
import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;
const model = "gpt-4o-mini";
const messages = [{ role: "user" as const, content: "Tell me about 🎉 and 日本" }];

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("the answer quotes the last user message and counts real tokens", async () => {
  const completion = await client.chat.completions.create({ model, messages });
  expect(completion.choices[0]).toMatchObject({
    finish_reason: "stop",
    logprobs: null,
    message: { role: "assistant", refusal: null, annotations: [], content: expect.stringContaining("🎉 and 日本") },
  });
  expect(completion.usage).toMatchObject({ prompt_tokens: 14, completion_tokens: 38, total_tokens: 52 });
});

test("the same request has the same answer, and every choice its own", async () => {
  const [first, second] = await Promise.all(
    [1, 2].map(() => client.chat.completions.create({ model, messages, n: 128 })),
  );
  const texts = first?.choices.map(({ message }) => message.content);
  expect(second?.choices.map(({ message }) => message.content)).toEqual(texts);
  expect(new Set(texts).size).toBe(128);
});

test("the answer ends before a stop sequence and at the token limit", async () => {
  const stopped = await client.chat.completions.create({ model, messages, stop: ["never", " sandbox"] });
  expect(stopped.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello from the" } });
  const cut = await client.chat.completions.create({ model, messages, max_completion_tokens: 3 });
  expect(cut.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "Hello from the" } });
  expect(cut.usage?.completion_tokens).toBe(3);
});

test("tools are called with arguments from their schema, and their result is told", async () => {
  const tools = ["weather", "news"].map((name) => ({
    type: "function" as const,
    function: {
      name,
      parameters: {
        type: "object",
        properties: { city: { type: "string" }, days: { type: "integer", minimum: 3 }, unit: { enum: ["C", "F"] } },
        required: ["city", "days", "unit"],
      },
    },
  }));
  const both = await client.chat.completions.create({ model, messages, tools });
  expect(both.choices[0]?.message.tool_calls).toHaveLength(2);
  const asked = await client.chat.completions.create({ model, messages, tools, parallel_tool_calls: false });
  const [call] = asked.choices[0]?.message.tool_calls ?? [];
  expect(asked.choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
  expect(call).toMatchObject({ id: expect.stringMatching(/^call_/), function: { name: "weather" } });
  expect(JSON.parse(call?.type === "function" ? call.function.arguments : "")).toEqual({
    city: expect.any(String),
    days: 3,
    unit: "C",
  });
  const told = await client.chat.completions.create({
    model,
    tools,
    messages: [
      ...messages,
      asked.choices[0]?.message ?? { role: "assistant", content: "" },
      { role: "tool", tool_call_id: call?.id ?? "", content: "7 degrees" },
    ],
  });
  expect(told.choices[0]?.message.content).toContain('"7 degrees"');
  const named = await client.chat.completions.create({
    model,
    messages,
    tools,
    tool_choice: { type: "function", function: { name: "news" } },
  });
  expect(named.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: "news" } }]);
  const none = await client.chat.completions.create({ model, messages, tools, tool_choice: "none" });
  expect(none.choices[0]?.finish_reason).toBe("stop");
});

test("a JSON schema is satisfied, recursion included", async () => {
  const schema = {
    type: "object",
    properties: {
      tree: { $ref: "#/$defs/node" },
      tags: { type: "array", items: { type: "string" }, minItems: 2 },
      kind: { const: "demo" },
      score: { type: "number", minimum: 2.5 },
    },
    required: ["tree", "tags", "kind", "score"],
    additionalProperties: false,
    $defs: {
      node: {
        type: "object",
        properties: { name: { type: "string" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["name", "next"],
        additionalProperties: false,
      },
    },
  };
  const completion = await client.chat.completions.create({
    model,
    messages,
    response_format: { type: "json_schema", json_schema: { name: "demo", strict: true, schema } },
  });
  const value: unknown = JSON.parse(completion.choices[0]?.message.content ?? "");
  expect(value).toMatchObject({
    tree: { name: expect.any(String) },
    tags: [expect.any(String), expect.any(String)],
    kind: "demo",
    score: 2.5,
  });
});

test("logprobs spell the answer in tokens, the chosen one first", async () => {
  const completion = await client.chat.completions.create({ model, messages, logprobs: true, top_logprobs: 3 });
  const content = completion.choices[0]?.logprobs?.content ?? [];
  expect(Buffer.from(content.flatMap(({ bytes }) => bytes ?? [])).toString()).toBe(
    completion.choices[0]?.message.content,
  );
  for (const { token, logprob, top_logprobs: top } of content) {
    expect(top).toHaveLength(3);
    expect(top[0]).toMatchObject({ token, logprob });
    expect(logprob).toBeLessThan(0);
  }
});

test.each([
  [{ messages: [] }, "messages", "empty_array"],
  [{ messages: "hi" }, "messages", "invalid_type"],
  [{ messages: [{ role: "robot", content: "x" }] }, "messages[0].role", "invalid_value"],
  [{ temperature: 2.1 }, "temperature", "decimal_above_max_value"],
  [{ temperature: "warm" }, "temperature", "invalid_type"],
  [{ top_p: -0.1 }, "top_p", "decimal_below_min_value"],
  [{ presence_penalty: 3 }, "presence_penalty", "decimal_above_max_value"],
  [{ n: 129 }, "n", "integer_above_max_value"],
  [{ max_tokens: 0 }, "max_tokens", "integer_below_min_value"],
  [{ top_logprobs: 2 }, "top_logprobs", null],
  [{ stop: ["1", "2", "3", "4", "5"] }, "stop", "array_above_max_length"],
  [{ zap: 1 }, null, null],
])("%j is refused at %s with %s", async (fields, param, code) => {
  const body = { model, messages, ...fields } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
  const error = await failure(client.chat.completions.create(body));
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ param, code, type: "invalid_request_error" });
});

test("an unknown model is not found, and a prompt beyond the context is refused", async () => {
  const error = await failure(client.chat.completions.create({ model: "gpt-9", messages }));
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ code: "model_not_found" });
  const long = [{ role: "user" as const, content: "日本".repeat(600_000) }];
  expect(await failure(client.chat.completions.create({ model, messages: long }))).toMatchObject({
    code: "context_length_exceeded",
  });
});
