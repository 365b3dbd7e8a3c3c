// The cost of calls for which the upstream reported no usage although it may have worked: given up, hung up, failed midway.
import { describe, expect, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startServed } from "../support/served-upstream.ts";
import type { TestServer } from "../support/server.ts";
import { chat as chatStream, chunk, done, event, streams, streamsThen } from "../support/stream.ts";
import { type Answer, failure, inTurn, json } from "../support/upstream.ts";

/** How long an upstream works before it fails: 75 tokens of a choice, by what is taken to be written unseen. */
const WORK_MS = 300;
const work = () => new Promise((resolve) => setTimeout(resolve, WORK_MS));
const noRetry = { MAX_RETRIES: "0" };

const start = (
  answer: Answer,
  environment: Record<string, string> = noRetry,
  limits: Record<string, unknown> = { tokensPerDay: 1_000_000 },
) => startServed(answer, { ...aliceWith(limits), ...environment });

async function readUsed(server: TestServer) {
  const { body } = await server.query("{ viewer { used { requests tokens } } }", {}, alice);
  return body.data.viewer.used;
}

const sse = { headers: { ...alice.headers, accept: "text/event-stream" } };

describe("a call that may have been paid for costs by the time it took:", () => {
  test.each<[string, Answer]>([
    ["the upstream hangs up before its answer", async (_, res) => work().then(() => res.destroy())],
    ["a gateway has given the model up", async (...p) => work().then(() => failure(504, {})(...p))],
    ["an error inside HTTP 200", async (...p) => work().then(() => json({ error: { message: "no" } })(...p))],
    ["an answer that is none", async (_, res) => work().then(() => res.end("<html>"))],
    [
      "an answer that breaks off",
      async (_, res) => work().then(() => res.writeHead(200).write("{", () => res.destroy())),
    ],
  ])("%s", async (_, answer) => {
    const { server } = await start(answer);
    expect((await server.query(chat, {}, alice)).body.errors).toHaveLength(1);
    const { tokens } = await readUsed(server);
    expect(tokens).toBeGreaterThanOrEqual(WORK_MS / 4);
    expect(tokens).toBeLessThan(5_000);
  });

  test("of each choice", async () => {
    const { server } = await start(async (_, res) => work().then(() => res.destroy()));
    await server.query(chat.replace("model:", "n: 10, model:"), {}, alice);
    expect((await readUsed(server)).tokens).toBeGreaterThanOrEqual((10 * WORK_MS) / 4);
  });

  test("a stream that fails before its first word", async () => {
    const silent = async (res: Parameters<Answer>[1]) =>
      work().then(() => void res.write(event({ error: { message: "no" } })));
    const { server } = await start(streamsThen(event(chunk("")), silent));
    await server.query(chatStream, {}, sse);
    expect((await readUsed(server)).tokens).toBeGreaterThanOrEqual(WORK_MS / 4);
  });

  test("never more than was estimated for it", async () => {
    const obeyed = { ...noRetry, OUTPUT_CAP_FIELD: "max_tokens" };
    const { server } = await start(async (_, res) => work().then(() => res.destroy()), obeyed);
    await server.query(chat.replace("model:", "maxTokens: 3, model:"), {}, alice);
    expect((await readUsed(server)).tokens).toBeLessThan(60);
  });
});

describe("a call that the upstream answers with", () => {
  const long = chat.replace("hi", "word ".repeat(900));
  const of = (status: number) => json({ error: { message: "no" } }, status);

  test.each([408, 460, 499, 502, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530, 598, 599])(
    "%i costs its prompt: a gateway gave up, and the model may work on",
    async (status) => {
      const { server } = await start(of(status));
      expect((await server.query(long, {}, alice)).body.errors).toHaveLength(1);
      expect((await readUsed(server)).tokens).toBeGreaterThanOrEqual(900);
      await server.query(chatStream, {}, sse);
      expect((await readUsed(server)).tokens).toBeLessThan(5_000);
    },
  );

  test.each([400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422, 429, 451, 500, 501, 503, 529])(
    "%i costs nothing: it was refused",
    async (status) => {
      const { server } = await start(of(status));
      expect((await server.query(long, {}, alice)).body.errors).toHaveLength(1);
      expect((await readUsed(server)).tokens).toBe(0);
    },
  );

  test("502 costs its prompt also if the call is repeated, with what the last attempt costs", async () => {
    const at = { "retry-after-ms": "1" };
    const answers = [json({}, 502, at), json({}, 502, at), json({ ...chatAnswer, usage: { total_tokens: 50 } })];
    const { upstream, server } = await start(inTurn(...answers), { MAX_RETRIES: "2" });
    expect((await server.query(long, {}, alice)).body.data.chat.text).toBe("hello");
    expect(upstream.requests).toHaveLength(3);
    expect((await readUsed(server)).tokens).toBeGreaterThanOrEqual(1_850);
    upstream.answer = inTurn(json({}, 502, at), failure(429, {}));
    const before = (await readUsed(server)).tokens;
    await server.query(long, {}, alice);
    expect((await readUsed(server)).tokens).toBeGreaterThanOrEqual(before + 900);
  });
});

test("a failed attempt costs its prompt and its time also if the call is repeated", async () => {
  const gaveUp: Answer = async (...p) => work().then(() => failure(502, {}, { "retry-after-ms": "1" })(...p));
  const answer = json({ ...chatAnswer, usage: { total_tokens: 50 } });
  const { upstream, server } = await start(inTurn(gaveUp, gaveUp, answer), { MAX_RETRIES: "2" });
  expect((await server.query(chat, {}, alice)).body.data.chat.text).toBe("hello");
  expect(upstream.requests).toHaveLength(3);
  expect((await readUsed(server)).tokens).toBeGreaterThanOrEqual(50 + (2 * WORK_MS) / 4);
});

describe("nothing is charged", () => {
  test.each<[string, Answer | undefined]>([
    ["for a call that the upstream refuses, however late", async (...p) => work().then(() => failure(429, {})(...p))],
    ["for a call that reaches no upstream", undefined],
  ])("%s", async (_, answer) => {
    const { upstream, server } = await start(answer ?? (() => {}));
    if (!answer) await new Promise((resolve) => upstream.server.close(resolve));
    expect((await server.query(chat, {}, alice)).body.errors).toHaveLength(1);
    expect((await readUsed(server)).tokens).toBe(0);
  });
});

describe("what the upstream reports", () => {
  test.each<[string, unknown, number]>([
    ["a total", { total_tokens: 700 }, 700],
    ["parts without a total", { prompt_tokens: 10, completion_tokens: 20 }, 30],
    ["a total below its parts", { total_tokens: 0, prompt_tokens: 10, completion_tokens: 500 }, 510],
  ])("counts: %s", async (_, usage, tokens) => {
    const { server } = await start(json({ ...chatAnswer, usage }));
    await server.query(chat, {}, alice);
    expect((await readUsed(server)).tokens).toBe(tokens);
  });

  test.each([
    {},
    { total_tokens: -5 },
    { total_tokens: "9" },
    { total_tokens: 1.5 },
    { total_tokens: 1e300 },
    [],
    7,
    null,
  ])("does not where it is no count: %j", async (usage) => {
    const { server } = await start(json({ ...chatAnswer, usage }));
    expect((await server.query(chat, {}, alice)).body.data.chat.text).toBe("hello");
    const { tokens } = await readUsed(server);
    expect(tokens).toBeGreaterThan(0);
    expect(tokens).toBeLessThan(100);
    expect(server.faults).toEqual([]);
  });

  test("in the middle of a stream does not stand for what comes after it", async () => {
    const words = Array.from({ length: 100 }, () => event(chunk("word "))).join("");
    const early = event({ id: "1", choices: [], usage: { total_tokens: 5 } });
    const { server } = await start(streamsThen(early + words, (res) => void res.destroy()));
    await server.query(chatStream, {}, sse);
    expect((await readUsed(server)).tokens).toBeGreaterThan(100);
  });

  test("at the end of a stream does", async () => {
    const { server } = await start(
      streams(event(chunk("Hi", "stop")), event({ choices: [], usage: { total_tokens: 42 } }), done),
    );
    await server.query(chatStream, {}, sse);
    expect((await readUsed(server)).tokens).toBe(42);
  });

  test("nested without an end is the upstream's fault", async () => {
    const nested = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const text = `{"id":"1","choices":[{"index":0,"message":{"content":"hello","x":${nested}}}]}`;
    const { server } = await start((_, res) => res.writeHead(200, { "content-type": "application/json" }).end(text));
    const { body } = await server.query(chat, {}, alice);
    expect(body.errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
    expect(server.faults).toEqual([]);
  });
});

test("images whose usage nobody tells cost what was estimated, where such models are billed by tokens", async () => {
  const edits = { IMAGE_VARIATIONS_VIA: "edits", ...noRetry };
  const query = 'mutation { imageVariations(input: { n: 2, image: "data:image/png;base64,aGk=" }) { data { url } } }';
  const { server } = await start(json({ data: [{ url: "https://images.example.com/1.png" }] }), edits);
  expect((await server.query(query, {}, alice)).body.errors).toBeUndefined();
  expect((await readUsed(server)).tokens).toBe(16_000);
});

describe("images", () => {
  const query = 'mutation { imageVariations(input: { image: "data:image/png;base64,aGk=" }) { data { url } } }';
  const image = { data: [{ url: "https://images.example.com/1.png" }] };

  test.each([{}, { IMAGE_VARIATIONS_VIA: "edits" }])("are refused once the day is used up: %j", async (environment) => {
    const answer = json({ ...chatAnswer, ...image, usage: { total_tokens: 500 } });
    const { upstream, server } = await start(answer, environment, { tokensPerDay: 500 });
    expect((await server.query(chat, {}, alice)).body.data.chat.text).toBe("hello");
    const { status, body } = await server.query(query, {}, alice);
    expect([status, body.errors[0].extensions.code]).toEqual([429, "BUDGET_EXCEEDED"]);
    expect(body.errors[0].message).toContain("0 are left");
    expect(upstream.requests).toHaveLength(1);
  });

  test("are made while one token is left, and cost nothing if nothing is reported", async () => {
    const { server } = await start(json(image), noRetry, { tokensPerDay: 1 });
    for (let time = 0; time < 3; time++) expect((await server.query(query, {}, alice)).body.errors).toBeUndefined();
    expect((await readUsed(server)).tokens).toBe(0);
  });

  test.each([
    [{ total_tokens: 70 }, 70],
    [{ input_tokens: 30, output_tokens: 50 }, 80],
    [{ prompt_tokens: 3, completion_tokens: 5 }, 8],
  ])("cost what is reported: %j", async (usage, tokens) => {
    const { server } = await start(json({ ...image, usage }), noRetry, { tokensPerDay: 100 });
    expect((await server.query(query, {}, alice)).body.errors).toBeUndefined();
    expect((await readUsed(server)).tokens).toBe(tokens);
  });
});

test("a repeated call counts as a request, and is not made where none is left", async () => {
  const limits = { requestsPerMinute: 2, tokensPerDay: 1_000_000 };
  const { upstream, server } = await start(failure(500, {}, { "retry-after-ms": "1" }), { MAX_RETRIES: "5" }, limits);
  const { body } = await server.query(chat, {}, alice);
  expect(body.errors[0].extensions.code).toBe("UPSTREAM_ERROR");
  expect(upstream.requests).toHaveLength(2);
  expect((await readUsed(server)).requests).toBe(2);
});

test("a call refused for its tokens, or for want of a slot, takes no request", async () => {
  const limits = { requestsPerMinute: 2, tokensPerDay: 500 };
  const { upstream, server } = await start(() => {}, { MAX_CONCURRENT: "1", OUTPUT_CAP_FIELD: "max_tokens" }, limits);
  const large = chat.replace("model:", "maxTokens: 1000, model:");
  for (let i = 0; i < 4; i++) expect((await server.query(large, {}, alice)).status).toBe(429);
  expect((await readUsed(server)).requests).toBe(0);
  const controller = new AbortController();
  const held = server.query(
    chat.replace("model:", "maxTokens: 10, model:"),
    {},
    { ...alice, signal: controller.signal },
  );
  await vi.waitFor(() => expect(upstream.requests).toHaveLength(1), 10_000);
  const small = chat.replace("model:", "maxTokens: 20, model:");
  for (let i = 0; i < 4; i++)
    expect((await server.query(small, {}, alice)).body.errors[0].extensions.code).toBe("OVERLOADED");
  expect((await readUsed(server)).requests).toBe(1);
  controller.abort();
  await held.catch(() => {});
  expect(upstream.requests).toHaveLength(1);
});

describe("prompts are estimated so that parallel calls do not overspend:", () => {
  const user = (content: string) => ({ messages: [{ role: "USER", content }] });
  const part = (inner: object) => ({ messages: [{ role: "USER", parts: [inner] }] });
  const query = "mutation ($input: ChatInput!) { chat(input: $input) { text } }";
  test.each<[string, object, number]>([
    ["digits, which are tokens one by one", user("1 2 3 4 5 6 7 8 9 0 ".repeat(100)), 1_000],
    ["signs", user("{}[]();,.".repeat(100)), 900],
    ["other scripts", user("日本語のテキスト".repeat(100)), 800],
    ["an image", part({ imageUrl: { url: "https://example.com/cat.png" } }), 3_000],
    ["a document", part({ file: { fileData: "A".repeat(40_000), filename: "a.pdf" } }), 10_000],
  ])("%s", async (_, fields, least) => {
    const limits = { tokensPerDay: least };
    const { upstream, server } = await start(json(chatAnswer), noRetry, limits);
    const { status, body } = await server.query(query, { input: { model: "m", maxTokens: 1, ...fields } }, alice);
    expect([status, body.errors[0].extensions.code]).toEqual([429, "BUDGET_EXCEEDED"]);
    expect(upstream.requests).toHaveLength(0);
  });
});
