// Tokens a day: reserved before a call, settled after it, however it ended; and what a caller can read about them.
import { describe, expect, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { chunk, done, event, noticed, streams, streamsThen } from "../support/stream.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../support/upstream.ts";

const usage = (total_tokens: number) => ({
  usage: { prompt_tokens: 1, completion_tokens: total_tokens - 1, total_tokens },
});
const answerOf = (tokens: number) => json({ ...chatAnswer, ...usage(tokens) });

const start = (answer: Answer, limits: Record<string, unknown> = { tokensPerDay: 1000 }) =>
  startServed(answer, { ...aliceWith(limits), OUTPUT_CAP_FIELD: "max_completion_tokens" });

const capped = (tokens: number) =>
  `mutation { chat(input: { model: "m", maxCompletionTokens: ${tokens}, messages: [{ role: USER, content: "hi" }] }) { text } }`;
const stream = (tokens: number) => capped(tokens).replace("mutation", "subscription");

async function readUsed(server: TestServer): Promise<{ requests: number; tokens: number }> {
  const { body } = await server.query("{ viewer { used { requests tokens } } }", {}, alice);
  return body.data.viewer.used;
}

/** Streams to the end and yields the last event's errors. */
async function runStream(server: TestServer, tokens: number) {
  const headers = { ...alice.headers, accept: "text/event-stream" };
  const { text } = await server.query(stream(tokens), {}, { headers });
  return text;
}

describe("tokens of a day", () => {
  test("are settled with the real usage: calls go on until it is used up, then BUDGET_EXCEEDED, unpaid", async () => {
    const { upstream, server } = await start(answerOf(200));
    for (const call of [1, 2, 3, 4]) {
      expect((await server.query(capped(100), {}, alice)).body.data.chat.text).toBe("hello");
      expect(await readUsed(server)).toEqual({ requests: call, tokens: call * 200 });
    }
    const { status, headers, body } = await server.query(capped(300), {}, alice);
    expect(status).toBe(429);
    const { code, retryAfterMs } = body.errors[0].extensions;
    expect(code).toBe("BUDGET_EXCEEDED");
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(86_400_000);
    expect(Number(headers.get("retry-after"))).toBe(Math.ceil(retryAfterMs / 1000));
    expect(upstream.requests).toHaveLength(4);
    expect((await readUsed(server)).tokens).toBe(800);
  });

  test("parallel calls cannot overspend: of 40 that cap 150 tokens on 1000 no more than 6 reach the upstream", async () => {
    const held: Parameters<Answer>[] = [];
    const { upstream, server } = await start((...parameters) => void held.push(parameters));
    let refused = 0;
    const answers = Array.from({ length: 40 }, async () => {
      const { body } = await server.query(capped(150), {}, alice);
      if (body.errors?.[0].extensions.code === "BUDGET_EXCEEDED") refused++;
    });
    await vi.waitFor(() => expect(refused).toBe(34), 10_000);
    expect(upstream.requests).toHaveLength(6);
    for (const parameters of held) answerOf(160)(...parameters);
    await Promise.all(answers);
    expect((await readUsed(server)).tokens).toBe(960);
  });

  test("a refusal while others' answers are awaited asks for a short wait: their reservations end", async () => {
    const { answer, arrived } = noticed(() => {});
    const { upstream, server } = await start(answer);
    const first = server.query(capped(900), {}, alice);
    await arrived;
    const { body } = await server.query(capped(900), {}, alice);
    expect(body.errors[0].extensions).toEqual({ code: "BUDGET_EXCEEDED", retryAfterMs: 1000 });
    expect(upstream.requests).toHaveLength(1);
    await server.stop();
    await first;
  });

  test("an uncapped answer reserves what is left: none beside it, and another one after it", async () => {
    const { answer, arrived } = noticed(() => {});
    const { upstream, server } = await start(answer);
    upstream.answer = inTurn(answer, answerOf(10));
    const controller = new AbortController();
    const first = server.query(chat, {}, { ...alice, signal: controller.signal }).catch(() => {});
    await arrived;
    expect((await server.query(capped(10), {}, alice)).body.errors[0].extensions.code).toBe("BUDGET_EXCEEDED");
    controller.abort();
    await first;
    await vi.waitFor(async () => expect((await readUsed(server)).tokens).toBeLessThan(900), 10_000);
    expect((await server.query(capped(10), {}, alice)).body.data.chat.text).toBe("hello");
    expect(upstream.requests).toHaveLength(2);
  });

  test.each<[string, Answer]>([
    ["refused", failure(400, {})],
    ["failed with", failure(500, {}, { "x-should-retry": "false" })],
  ])("cost nothing where the upstream %s the call", async (_, answer) => {
    const { server } = await start(answer);
    expect((await server.query(capped(100), {}, alice)).body.errors).toHaveLength(1);
    expect(await readUsed(server)).toEqual({ requests: 1, tokens: 0 });
  });

  test.each([
    ["n", capped(100).replace("model:", "n: 5, model:")],
    [
      "prompts",
      'mutation { complete(input: { model: "m", maxTokens: 100, prompt: ["a", "b", "c", "d", "e", "f"] }) { text } }',
    ],
    ["bestOf", 'mutation { complete(input: { model: "m", maxTokens: 100, bestOf: 9, prompt: "a" }) { text } }'],
    ["a long prompt", capped(10).replace("hi", "word ".repeat(700))],
    [
      "long tools",
      capped(10).replace(
        "model:",
        `tools: [{ function: { name: "f", description: "${"word ".repeat(700)}" } }], model:`,
      ),
    ],
  ])("are reserved for %s before the call", async (_, query) => {
    const { upstream, server } = await start(answerOf(10), { tokensPerDay: 450 });
    expect((await server.query(query, {}, alice)).body.errors[0].extensions.code).toBe("BUDGET_EXCEEDED");
    expect(upstream.requests).toHaveLength(0);
    expect((await readUsed(server)).tokens).toBe(0);
  });

  test("where the upstream tells no usage, its answer's length is taken", async () => {
    const long = {
      ...chatAnswer,
      choices: [{ index: 0, message: { role: "assistant", content: "word ".repeat(60) } }],
    };
    const { server } = await start(json(long));
    await server.query(capped(500), {}, alice);
    const { tokens } = await readUsed(server);
    expect(tokens).toBeGreaterThanOrEqual(60);
    expect(tokens).toBeLessThan(200);
  });
});

describe("a stream's tokens", () => {
  const words = Array.from({ length: 20 }, () => event(chunk("word "))).join("");

  test("are settled with the usage of its last chunk", async () => {
    const { upstream, server } = await start(streams(words, event({ id: "1", choices: [], ...usage(77) }), done));
    expect(await runStream(server, 500)).toContain("event: complete");
    expect((await readUsed(server)).tokens).toBe(77);
    expect(upstream.requests[0]?.json()).toMatchObject({ stream_options: { include_usage: true } });
  });

  test("are counted by what came where it was cut", async () => {
    const { server } = await start(streamsThen(words, (res) => res.destroy()));
    expect(await runStream(server, 500)).toContain("UPSTREAM_INTERRUPTED");
    const { tokens } = await readUsed(server);
    expect(tokens).toBeGreaterThanOrEqual(20);
    expect(tokens).toBeLessThan(200);
  });

  test("are counted by what came where the client left", async () => {
    const { server } = await start(streamsThen(words, () => {}));
    const headers = { ...alice.headers, "content-type": "application/json", accept: "text/event-stream" };
    const controller = new AbortController();
    const response = await fetch(server.url, {
      method: "POST",
      headers,
      body: JSON.stringify({ query: stream(500) }),
      signal: controller.signal,
    });
    await response.body?.getReader().read();
    controller.abort();
    await vi.waitFor(async () => expect((await readUsed(server)).tokens).toBeLessThan(200), 10_000);
    expect((await readUsed(server)).tokens).toBeGreaterThanOrEqual(20);
  });

  test("refused before it began, it says so in its only event, unpaid", async () => {
    const { upstream, server } = await start(streams(words, done), { tokensPerDay: 10 });
    expect(await runStream(server, 500)).toContain('"code":"BUDGET_EXCEEDED"');
    expect(upstream.requests).toHaveLength(0);
  });
});

describe("requests a minute", () => {
  test("of 40 parallel calls on a limit of 5 exactly 5 reach the upstream, the rest gets 429 and Retry-After", async () => {
    const { upstream, server } = await start(answerOf(1), { requestsPerMinute: 5 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => server.query(chat, {}, alice)));
    expect(answers.filter(({ body }) => body.data?.chat)).toHaveLength(5);
    for (const { status, headers, body } of answers.filter(({ body }) => body.errors)) {
      const { code, retryAfterMs } = body.errors[0].extensions;
      expect([status, code]).toEqual([429, "RATE_LIMITED"]);
      expect(retryAfterMs).toBeLessThanOrEqual(60_000);
      expect(Number(headers.get("retry-after"))).toBe(Math.ceil(retryAfterMs / 1000));
    }
    expect(upstream.requests).toHaveLength(5);
    expect((await readUsed(server)).requests).toBe(5);
  });

  test("each field of one operation counts, and the rest of the operation keeps its answers", async () => {
    const { upstream, server } = await start(answerOf(1), { requestsPerMinute: 2 });
    const field = 'chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text }';
    const { status, body } = await server.query(`mutation { a: ${field} b: ${field} c: ${field} }`, {}, alice);
    expect(status).toBe(200);
    expect(body.data).toEqual({ a: { text: "hello" }, b: { text: "hello" }, c: null });
    expect(body.errors[0]).toMatchObject({ path: ["c"], extensions: { code: "RATE_LIMITED" } });
    expect(upstream.requests).toHaveLength(2);
  });

  test("free queries that need the upstream count as well, `viewer` does not", async () => {
    const { upstream, server } = await start(json({ data: [{ id: "m" }] }), { requestsPerMinute: 1 });
    for (let i = 0; i < 3; i++) await server.query("{ viewer { id } }", {}, alice);
    expect((await server.query("{ models { id } }", {}, alice)).body.data.models).toHaveLength(1);
    expect((await server.query("{ models { id } }", {}, alice)).status).toBe(429);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("viewer", () => {
  test("tells a caller who it is, its limits and what is left", async () => {
    const limits = { requestsPerMinute: 5, tokensPerDay: 1000, models: ["gpt-*"], operations: ["*"] };
    const { upstream, server } = await start(answerOf(1), limits);
    const fields = "requestsPerMinute tokensPerDay models operations";
    const query = `{ viewer { id limits { ${fields} } used { requests tokens requestsResetAt tokensResetAt } } }`;
    const { body } = await server.query(query, {}, alice);
    const { used, ...viewer } = body.data.viewer;
    expect(viewer).toEqual({ id: "alice", limits });
    expect(used).toMatchObject({ requests: 0, tokens: 0 });
    expect(used.tokensResetAt).toMatch(/T00:00:0\d\.\d+Z$|T23:59:5\d\.\d+Z$/);
    expect(upstream.requests).toHaveLength(0);
  });

  test("is anonymous, with no limits, where callers are not told apart", async () => {
    const upstream = await startUpstream(answerOf(1));
    const server = await startTestServer(upstream.url);
    const query =
      "{ viewer { id limits { requestsPerMinute tokensPerDay models operations } used { requests tokens } } }";
    expect((await server.query(query)).body.data.viewer).toEqual({
      id: "anonymous",
      limits: { requestsPerMinute: null, tokensPerDay: null, models: null, operations: null },
      used: { requests: 0, tokens: 0 },
    });
  });

  test("callers do not share their counters", async () => {
    const upstream = await startUpstream(answerOf(1));
    const keys = ["a", "b"].map((id) => ({ id, key: `${id}-key-0123456789`, requestsPerMinute: 1 }));
    const server = await startTestServer(upstream.url, { CLIENT_KEYS: JSON.stringify(keys) });
    const as = (id: string) => server.query(chat, {}, { headers: { authorization: `Bearer ${id}-key-0123456789` } });
    expect([(await as("a")).status, (await as("b")).status, (await as("a")).status]).toEqual([200, 200, 429]);
    expect(upstream.requests).toHaveLength(2);
  });
});
