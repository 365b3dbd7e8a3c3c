// The cap on an answer's length: trusted only if the upstream is known to obey it, and what happens if it does not.
import { describe, expect, test, vi } from "vitest";
import { chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startServed } from "../support/served-upstream.ts";
import type { TestServer } from "../support/server.ts";
import { chunk, done, event, openStream, streams, streamsThen, write } from "../support/stream.ts";
import { subscribeSse, transports } from "../support/subscribe.ts";
import { type Answer, json } from "../support/upstream.ts";

const messages = '[{ role: USER, content: "hi" }]';
const chat = (caps: string) => `mutation { chat(input: { model: "m", ${caps} messages: ${messages} }) { text } }`;
const chatStream = (caps: string) => chat(caps).replace("mutation", "subscription");
const complete = (caps: string) => `mutation { complete(input: { model: "m", ${caps} prompt: "hi" }) { text } }`;
const usage = { prompt_tokens: 10, completion_tokens: 5_000, total_tokens: 5_010 };

const start = (answer: Answer, environment: Record<string, string> = {}, tokensPerDay = 1_000) =>
  startServed(answer, { ...aliceWith({ tokensPerDay }), MAX_RETRIES: "0", ...environment });

async function readUsed(server: TestServer): Promise<number> {
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  return body.data.viewer.used.tokens;
}

describe("60 calls side by side on an upstream that writes 5,000 tokens whatever it is told spend one answer at most", () => {
  test.each<[string, Record<string, string>, string]>([
    ["with maxCompletionTokens", {}, chat("maxCompletionTokens: 1,")],
    ["with maxTokens", {}, chat("maxTokens: 1,")],
    ["with the field that it does not know", { OUTPUT_CAP_FIELD: "max_tokens" }, chat("maxCompletionTokens: 1,")],
    ["with the other one", { OUTPUT_CAP_FIELD: "max_completion_tokens" }, chat("maxTokens: 1,")],
    ["with a cap for each of several choices", {}, chat("maxTokens: 1, n: 5,")],
    ["without a cap", {}, chat("")],
    ["with a completion's, on an upstream of which nothing is known", {}, complete("maxTokens: 1,")],
    ["with that of several prompts", {}, complete("maxTokens: 1,").replace('prompt: "hi"', 'prompt: ["a", "b"]')],
  ])("%s", async (_, environment, query) => {
    const late: Answer = async (...parameters) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return json({ ...chatAnswer, usage })(...parameters);
    };
    const { upstream, server } = await start(late, environment);
    const answers = await Promise.all(Array.from({ length: 60 }, () => server.query(query, {}, alice)));
    const codes = answers.map(({ body }) => body.errors?.[0].extensions.code ?? "OK");
    expect([...new Set(codes)].sort()).toEqual(["BUDGET_EXCEEDED", "OK"]);
    expect(upstream.requests).toHaveLength(1);
    expect(await readUsed(server)).toBe(5_010);
    expect((await server.query(query, {}, alice)).body.errors[0].extensions.code).toBe("BUDGET_EXCEEDED");
  });
});

describe("a cap that the upstream is known to obey is all that is reserved", () => {
  test.each<[string, string, string]>([
    ["max_tokens", "max_tokens", chat("maxTokens: 100,")],
    ["max_completion_tokens", "max_completion_tokens", chat("maxCompletionTokens: 100,")],
    ["both, of which one is given", "both", chat("maxTokens: 100,")],
    ["the two of them given, of which each server knows one", "", chat("maxTokens: 100, maxCompletionTokens: 100,")],
    ["the only one that completions have", "max_tokens", complete("maxTokens: 100,")],
    ["the same, whatever chats obey", "max_completion_tokens", complete("maxTokens: 100,")],
  ])("%s", async (_, OUTPUT_CAP_FIELD, query) => {
    const { upstream, server } = await start(() => {}, { OUTPUT_CAP_FIELD });
    const controller = new AbortController();
    const held = server.query(query, {}, { ...alice, signal: controller.signal }).catch(() => {});
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1), 10_000);
    expect(await readUsed(server)).toBeGreaterThan(100);
    expect(await readUsed(server)).toBeLessThan(150);
    controller.abort();
    await held;
  });

  test("a higher one under the other name counts, too", async () => {
    const { upstream, server } = await start(json(chatAnswer), { OUTPUT_CAP_FIELD: "max_tokens" });
    const { body } = await server.query(chat("maxTokens: 1, maxCompletionTokens: 2000,"), {}, alice);
    expect(body.errors[0].extensions.code).toBe("BUDGET_EXCEEDED");
    expect(upstream.requests).toHaveLength(0);
  });
});

describe("a chat's cap goes up", () => {
  test.each<[string, string, object]>([
    ["", "maxTokens: 5,", { max_tokens: 5 }],
    ["", "maxCompletionTokens: 5,", { max_completion_tokens: 5 }],
    ["max_tokens", "maxCompletionTokens: 5,", { max_completion_tokens: 5 }],
    ["max_completion_tokens", "maxTokens: 5,", { max_tokens: 5 }],
    ["both", "maxTokens: 5,", { max_tokens: 5, max_completion_tokens: 5 }],
    ["both", "maxCompletionTokens: 5,", { max_tokens: 5, max_completion_tokens: 5 }],
    ["both", "maxTokens: 5, maxCompletionTokens: 6,", { max_tokens: 5, max_completion_tokens: 6 }],
    ["both", "", {}],
  ])("with OUTPUT_CAP_FIELD=%s and %s as %j", async (OUTPUT_CAP_FIELD, caps, sent) => {
    const { upstream, server } = await startServed(json(chatAnswer), { OUTPUT_CAP_FIELD });
    await server.query(chat(caps));
    expect(upstream.requests[0]?.json()).toEqual({ model: "m", messages: [{ role: "user", content: "hi" }], ...sent });
  });

  test("of a completion under its one name", async () => {
    const { upstream, server } = await startServed(json(chatAnswer), { OUTPUT_CAP_FIELD: "both" });
    await server.query(complete("maxTokens: 5,"));
    expect(upstream.requests[0]?.json()).toEqual({ model: "m", prompt: "hi", max_tokens: 5 });
  });
});

describe("a stream that passes its cap by more than a tenth", () => {
  /** Words without an end, one an event. */
  const endless =
    (text: string): Answer =>
    async (_, res) => {
      openStream(res);
      while (!res.destroyed) await write(res, event(chunk(text)));
    };

  test.each(transports)("is ended over $transport, and its upstream call too", async ({ subscribe }) => {
    const { upstream, server } = await start(endless("word "), { OUTPUT_CAP_FIELD: "both" }, 100_000);
    const { results, ended } = await subscribe(server.url, chatStream("maxTokens: 20,"), {}, alice.headers);
    expect(await ended).toBe("complete");
    const { errors } = results.at(-1);
    expect(errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
    expect(errors[0].message).toMatch(/20 tokens .* paid for/);
    expect(results.length).toBeGreaterThan(22);
    await upstream.requests[0]?.closed;
    const used = await readUsed(server);
    expect(used).toBeGreaterThan(results.length);
    expect(used).toBeLessThan(10_000);
    expect(server.faults).toEqual([]);
  });

  test.each<[string, string]>([
    ["in one large event", event(chunk("word ".repeat(300)))],
    ["in one read", Array.from({ length: 300 }, () => event(chunk("x"))).join("")],
    ["in tool calls", event(toolCall("a")).repeat(300)],
    ["unseen, by what it reports", event({ ...chunk(""), usage })],
    ["in several choices together", Array.from({ length: 300 }, (_, i) => event(chunk("w ", null, i % 2))).join("")],
  ])("is ended if it does so %s", async (_, events) => {
    const { upstream, server } = await start(
      streamsThen(events, () => {}),
      { OUTPUT_CAP_FIELD: "both" },
      100_000,
    );
    const query = chatStream("maxTokens: 20, n: 2,");
    const { results, ended } = await subscribeSse(server.url, query, {}, alice.headers);
    expect(await ended).toBe("complete");
    expect(results.at(-1).errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
    await upstream.requests[0]?.closed;
    await vi.waitFor(async () => expect(await readUsed(server)).toBeGreaterThan(100), 10_000);
    expect(await readUsed(server)).toBeLessThan(6_000);
  });

  test.each<[string, string]>([
    ["goes on after its end", event(chunk("a", "stop")) + event(chunk("word ")).repeat(300)],
    ["calls each event its end", event(chunk("word ", "stop")).repeat(300)],
  ])("is ended if it %s", async (_, events) => {
    const { upstream, server } = await start(
      streamsThen(events, () => {}),
      { OUTPUT_CAP_FIELD: "both" },
    );
    const { results, ended } = await subscribeSse(server.url, chatStream("maxTokens: 20,"), {}, alice.headers);
    expect(await ended).toBe("complete");
    expect(results.at(-1).errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
    await upstream.requests[0]?.closed;
  });

  test("is ended also for a completion, and for a caller without limits", async () => {
    const { upstream, server } = await startServed(streamsThen(event({ choices: [{ text: "a b c d e" }] }), () => {}));
    const { results, ended } = await subscribeSse(
      server.url,
      complete("maxTokens: 2,").replace("mutation", "subscription"),
    );
    expect(await ended).toBe("complete");
    expect(results.at(-1).errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
    await upstream.requests[0]?.closed;
  });
});

describe("a stream within its cap is not ended:", () => {
  const end = event(chunk(null, "length")) + done;
  test.each<[string, string, string]>([
    ["one word an event", "maxTokens: 20,", event(chunk("word ")).repeat(20)],
    ["one sign an event", "maxTokens: 20,", event(chunk("{")).repeat(20)],
    ["twenty tokens of Japanese", "maxTokens: 20,", event(chunk("日本")).repeat(20)],
    ["long words and spaces", "maxTokens: 4,", event(chunk(`antidisestablishmentarianism${" ".repeat(60)}`)).repeat(4)],
    ["words in pieces", "maxTokens: 6,", ["un", "believ", "able", " un", "believ", "able"].map(eventOf).join("")],
    ["words with apostrophes", "maxTokens: 2,", event(chunk("don't don't"))],
    ["a text under two names", "maxTokens: 9,", event(reasoning("think ")).repeat(9)],
    ["empty events", "maxTokens: 1,", event(chunk("")).repeat(50) + eventOf("Hi")],
    ["a tool that was asked for by name", "maxTokens: 2,", event(toolCall("")).repeat(9) + event(toolCall("{}"))],
    [
      "several choices",
      "maxTokens: 10, n: 3,",
      [0, 1, 2].map((i) => event(chunk("word ", null, i)).repeat(10)).join(""),
    ],
    ["no cap at all", "", event(chunk("word ")).repeat(900)],
    ["special tokens", "maxTokens: 2,", eventOf("<|start_of_turn|>") + eventOf("<|end_of_turn|>")],
    [
      "a choice whose end repeats it while another goes on",
      "maxTokens: 10, n: 2,",
      event(chunk("word ")).repeat(10) +
        event(chunk("word ".repeat(10), "length")) +
        event(chunk("word ", null, 1)).repeat(10),
    ],
    [
      "a chat that repeats its last message",
      "maxTokens: 2, extraBody: { echo: true },",
      ["Once upon a time there was a ", "fox ", "in"].map(eventOf).join(""),
    ],
    [
      "an end that has come before it shows",
      "maxTokens: 1,",
      event(chunk("Hi", "stop")) + event({ choices: [], usage }),
    ],
  ])("%s", async (_, caps, events) => {
    const { server } = await startServed(streams(events, event(chunk(null, "length", 1)), end), { MAX_N: "3" });
    const { results, ended } = await subscribeSse(server.url, chatStream(caps));
    expect(await ended).toBe("complete");
    expect(results.filter(({ errors }) => errors)).toEqual([]);
  });

  test("a completion that repeats its prompt", async () => {
    const { server } = await startServed(
      streams(event({ choices: [{ text: "a b c d ", finish_reason: null }] }), done),
    );
    const query =
      'subscription { complete(input: { model: "m", echo: true, maxTokens: 1, prompt: "a b c d" }) { text } }';
    const { results, ended } = await subscribeSse(server.url, query);
    expect([await ended, results]).toEqual(["complete", [{ data: { complete: { text: "a b c d " } } }]]);
  });
});

test("a whole answer beyond its cap is delivered and charged, and the next call is refused", async () => {
  const { upstream, server } = await start(json({ ...chatAnswer, usage }), { OUTPUT_CAP_FIELD: "max_tokens" });
  expect((await server.query(chat("maxTokens: 5,"), {}, alice)).body.data.chat.text).toBe("hello");
  expect(await readUsed(server)).toBe(5_010);
  expect((await server.query(chat("maxTokens: 5,"), {}, alice)).body.errors[0].extensions.code).toBe("BUDGET_EXCEEDED");
  expect(upstream.requests).toHaveLength(1);
});

function eventOf(text: string): string {
  return event(chunk(text));
}

function toolCall(given: string) {
  const call = { index: 0, id: "call_a1b2c3", type: "function", function: { name: "get_weather", arguments: given } };
  return { id: "chatcmpl-1", choices: [{ index: 0, delta: { tool_calls: [call] } }] };
}

function reasoning(text: string) {
  return { id: "chatcmpl-1", choices: [{ index: 0, delta: { reasoning: text, reasoning_content: text } }] };
}
