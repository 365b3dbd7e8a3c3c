// A client's own deadline: the upstream call ends when it is up, whichever way the operation came.
import { describe, expect, test } from "vitest";
import { aliceWith } from "../support/keys.ts";
import { countResources } from "../support/own-process.ts";
import { startServed } from "../support/served-upstream.ts";
import { request, startTestServer } from "../support/server.ts";
import { chat, chunk, event, streamsThen } from "../support/stream.ts";
import { connectWs, subscribeSse } from "../support/subscribe.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../support/upstream.ts";

const mutation = chat.replace("subscription", "mutation").replace("text", "id");
const silent: Answer = () => {};
const whole = json({ id: "chatcmpl-1", choices: [{ index: 0, message: { content: "Hello" }, finish_reason: "stop" }] });
const post = { method: "POST", headers: { "content-type": "application/json" } };

const timedOut = (ms: number) => ({
  message: expect.stringContaining(`The upstream took longer than ${ms} ms, the client's own limit.`),
  extensions: { code: "UPSTREAM_TIMEOUT" },
});

describe.each([
  ["the header", { "x-request-timeout-ms": "60" }, undefined],
  ["the extension", {}, { timeoutMs: 60 }],
  ["the shorter one of both", { "x-request-timeout-ms": "60000" }, { timeoutMs: 60 }],
])("by %s", (_, headers, extensions) => {
  const send = (url: string, query: string, accept = "application/json") =>
    request(url, {
      ...post,
      headers: { ...post.headers, ...headers, accept },
      body: JSON.stringify({ query, extensions }),
    });

  test("a whole answer is waited for no longer, and its call ends", async () => {
    const { upstream, server } = await startServed(silent);
    const { body } = await send(server.url, mutation);
    expect(body).toMatchObject({ errors: [{ ...timedOut(60), path: ["chat"] }] });
    await upstream.requests[0]?.closed;
    expect(upstream.requests).toHaveLength(1);
  });

  test("a stream ends after the words so far", async () => {
    const { upstream, server } = await startServed(streamsThen(event(chunk("Hel")), () => {}));
    const { text } = await send(server.url, chat, "text/event-stream");
    const results = [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
    expect(results).toMatchObject([{ data: { chat: { text: "Hel" } } }, { errors: [timedOut(60)] }]);
    expect(text.endsWith("event: complete\ndata:\n\n")).toBe(true);
    await upstream.requests[0]?.closed;
  });

  test("with an embedder's plugins as well", async () => {
    const upstream = await startUpstream(silent);
    const server = await startTestServer(upstream.url, {}, [], [{}]);
    const { body } = await send(server.url, mutation);
    expect(body).toMatchObject({ errors: [timedOut(60)] });
    await upstream.requests[0]?.closed;
  });
});

test("the waits between attempts count", async () => {
  const { upstream, server } = await startServed(failure(503, {}, { "retry-after": "15" }));
  const { body } = await server.query(mutation, {}, { headers: { "x-request-timeout-ms": "80" } });
  expect(body).toMatchObject({ errors: [timedOut(80)] });
  expect(upstream.requests).toHaveLength(1);
});

describe("a time that is up while another attempt is waited for", () => {
  const headers = {
    authorization: "Bearer alice-key-0123456789",
    "x-request-timeout-ms": "80",
    "idempotency-key": "k",
  };

  async function ask(status: number) {
    const refusal = failure(status, {}, { "retry-after": "15" });
    const { upstream, server } = await startServed(inTurn(refusal, whole), aliceWith({ tokensPerDay: 100_000 }));
    const { body } = await server.query(mutation, {}, { headers });
    expect(body).toMatchObject({ errors: [timedOut(80)] });
    const { viewer } = (await server.query("{ viewer { used { tokens } } }", {}, { headers })).body.data;
    const again = (await server.query(mutation, {}, { headers })).body;
    return { message: body.errors[0].message, tokens: viewer.used.tokens, again, requests: upstream.requests.length };
  }

  test.each([429, 500, 503])("costs nothing after %i, and the key is free again", async (status) => {
    const { message, tokens, again, requests } = await ask(status);
    expect(message).not.toMatch(/paid/);
    expect(tokens).toBe(0);
    expect(again.errors).toBeUndefined();
    expect(requests).toBe(2);
  });

  test.each([408, 502])("may have cost something after %i", async (status) => {
    const { message, tokens, again, requests } = await ask(status);
    expect(message).toMatch(/This call may have been paid for\.$/);
    expect(tokens).toBeGreaterThan(0);
    expect(again.errors).toMatchObject([timedOut(80)]);
    expect(requests).toBe(1);
  });
});

test("all fields of an operation have the time together", async () => {
  const { upstream, server } = await startServed(silent);
  const two =
    'mutation { a: complete(input: { model: "m", prompt: "hi" }) { id } b: complete(input: { model: "m", prompt: "hi" }) { id } }';
  const { body } = await server.query(two, {}, { headers: { "x-request-timeout-ms": "80" } });
  expect(body.errors).toMatchObject([timedOut(80), timedOut(80)]);
  await upstream.requests[0]?.closed;
  expect(upstream.requests).toHaveLength(1);
});

test("over WebSocket it is in the extensions of the operation", async () => {
  const { upstream, server } = await startServed(silent);
  const { client } = await connectWs(server.url);
  const results: unknown[] = [];
  await new Promise<void>((resolve) => {
    client.subscribe(
      { query: mutation, extensions: { timeoutMs: 60 } },
      { next: (result) => void results.push(result), error: resolve, complete: () => resolve() },
    );
  });
  expect(results).toMatchObject([{ errors: [timedOut(60)] }]);
  await upstream.requests[0]?.closed;
});

test("a GET has it as well", async () => {
  const { server } = await startServed(silent);
  const parameters = new URLSearchParams({ query: '{ model(id: "m") { id } }', extensions: '{"timeoutMs":60}' });
  const { body } = await request(`${server.url}?${parameters}`);
  expect(body).toMatchObject({ errors: [timedOut(60)] });
});

test("who shares the call for the models is not cut off by another's deadline", async () => {
  let answer = () => {};
  const { upstream, server } = await startServed(
    (...parameters) => {
      answer = () => json({ data: [{ id: "m" }] })(...parameters);
    },
    { MODELS_TTL_SECONDS: "60" },
  );
  const patient = server.query("{ models { id } }");
  await expect.poll(() => upstream.requests.length).toBe(1);
  const hasty = await server.query("{ models { id } }", {}, { headers: { "x-request-timeout-ms": "40" } });
  expect(hasty.body).toMatchObject({ errors: [timedOut(40)] });
  answer();
  expect((await patient).body).toEqual({ data: { models: [{ id: "m" }] } });
  expect(upstream.requests).toHaveLength(1);
});

test("the server's own deadline holds where it is shorter", async () => {
  const { server } = await startServed(silent, { UPSTREAM_TOTAL_TIMEOUT_MS: "50" });
  const { body } = await server.query(mutation, {}, { headers: { "x-request-timeout-ms": "9999999999999999" } });
  expect(body.errors).toMatchObject([
    { message: expect.stringContaining("The upstream took longer than 50 ms in all.") },
  ]);
});

test("an answer in time leaves no timer behind", async () => {
  const { server } = await startServed(whole);
  const headers = { "x-request-timeout-ms": "60000" };
  await server.query(mutation, {}, { headers });
  const { timers } = countResources();
  for (let turn = 0; turn < 30; turn++) {
    const { body } = await server.query(mutation, {}, { headers });
    expect(body).toEqual({ data: { chat: { id: "chatcmpl-1" } } });
  }
  expect(countResources().timers).toBeLessThan(timers + 10);
});

test("a stream that ends in time, or that is left, leaves no timer behind", async () => {
  const { upstream, server } = await startServed(streamsThen(event(chunk("Hello", "stop")), (res) => res.end()));
  const subscribe = () => subscribeSse(server.url, chat, {}, { "x-request-timeout-ms": "60000" });
  expect(await (await subscribe()).ended).toBe("complete");
  const { timers } = countResources();
  for (let turn = 0; turn < 30; turn++) await (await subscribe()).ended;
  upstream.answer = streamsThen(event(chunk("Hel")), () => {});
  const left = await subscribe();
  await left.next();
  left.leave();
  await upstream.requests.at(-1)?.closed;
  expect(countResources().timers).toBeLessThan(timers + 10);
});

test.each(["0", "-1", "1.5", "soon", "", "1e3", "60, 60"])("the header %j is refused", async (value) => {
  const { upstream, server } = await startServed(whole);
  const { status, body } = await server.query(mutation, {}, { headers: { "x-request-timeout-ms": value } });
  expect(status).toBe(400);
  expect(body.errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
  expect(body.errors[0].message).toMatch(/^x-request-timeout-ms must be a whole number of milliseconds, at least 1/);
  expect(upstream.requests).toEqual([]);
});

test.each([0, -1, 1.5, "60", true, [], {}])("the extension %j is refused", async (timeoutMs) => {
  const { upstream, server } = await startServed(whole);
  const { status, body } = await request(server.url, {
    ...post,
    body: JSON.stringify({ query: mutation, extensions: { timeoutMs } }),
  });
  expect(status).toBe(400);
  expect(body.errors[0].message).toMatch(/^extensions.timeoutMs must be a whole number of milliseconds, at least 1/);
  expect(upstream.requests).toEqual([]);
});

test.each([null, undefined])("the extension %j is none", async (timeoutMs) => {
  const { server } = await startServed(whole);
  const { body } = await request(server.url, {
    ...post,
    body: JSON.stringify({ query: mutation, extensions: { timeoutMs } }),
  });
  expect(body).toEqual({ data: { chat: { id: "chatcmpl-1" } } });
});
