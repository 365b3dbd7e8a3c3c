// The sandbox's streams: their order, their usage, and what happens when either side leaves.
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;
const model = "gpt-4o-mini";
const messages = [{ role: "user" as const, content: "Tell me about 🎉 and 日本" }];

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 1 });
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

describe("chat stream", () => {
  test("several choices take turns and say what the whole answer says", async () => {
    const whole = await client.chat.completions.create({ model, messages, n: 2 });
    const stream = await client.chat.completions.create({
      model,
      messages,
      n: 2,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ["", ""];
    const order: number[] = [];
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      for (const { index, delta } of chunk.choices) {
        order.push(index);
        texts[index] += delta.content ?? "";
      }
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content));
    expect(order.slice(0, 6)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "", refusal: null });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  });

  test("a tool call opens with id and name, then its arguments arrive in pieces", async () => {
    const runner = client.chat.completions.stream({
      model,
      messages,
      tools: [
        { type: "function", function: { name: "weather", parameters: { properties: { city: { type: "string" } } } } },
      ],
    });
    const deltas: object[] = [];
    runner.on("chunk", ({ choices }) => deltas.push(...(choices[0]?.delta.tool_calls ?? [])));
    const completion = await runner.finalChatCompletion();
    expect(deltas[0]).toMatchObject({ index: 0, type: "function", function: { name: "weather", arguments: "" } });
    expect(deltas.length).toBeGreaterThan(2);
    const [call] = completion.choices[0]?.message.tool_calls ?? [];
    expect(JSON.parse(call?.type === "function" ? call.function.arguments : "")).toEqual({ city: expect.any(String) });
    expect(completion.choices[0]?.finish_reason).toBe("tool_calls");
  });

  test("logprobs come with the words they belong to", async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true, logprobs: true });
    for await (const { choices } of stream) {
      const content = choices[0]?.logprobs?.content ?? [];
      const spelled = Buffer.from(content.flatMap(({ bytes }) => bytes ?? [])).toString();
      expect(spelled).toBe(choices[0]?.delta.content ?? "");
    }
  });

  test("the wire ends with [DONE]", async () => {
    const response = await fetch(`${sandbox.url}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sandbox" },
      body: JSON.stringify({ model, messages, stream: true, max_tokens: 1 }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = (await response.text()).split("\n\n");
    expect(events).toHaveLength(5);
    expect(events.slice(-2)).toEqual(["data: [DONE]", ""]);
  });
});

describe("leaving", () => {
  test("close ends an open stream", async () => {
    const slow = await startSandbox({ delayMs: 60_000 });
    const slowClient = new OpenAI({ apiKey: "sandbox", baseURL: slow.url, maxRetries: 0 });
    const stream = await slowClient.chat.completions.create({ model, messages, stream: true });
    const chunks = stream[Symbol.asyncIterator]();
    expect((await chunks.next()).done).toBe(false);
    const rest = chunks.next().catch((error: unknown) => error);
    await slow.close();
    expect(await rest).toBeInstanceOf(Error);
    await slow.close();
  });

  test("the sandbox goes on after a client that left mid-stream", async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const _chunk of stream) break;
    expect((await client.chat.completions.create({ model, messages })).choices).toHaveLength(1);
  });
});
