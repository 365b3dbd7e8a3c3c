// Idempotency keys where the first request ends oddly: unread or broken files, deadlines, a Redis that restarts, what was not paid for.
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { answerOf, chatId, keyed, numbered, startHeld } from "../../support/keyed.ts";
import { alice, aliceWith } from "../../support/keys.ts";
import {
  CONTENT_TYPE,
  filePart,
  makeBytes,
  variations,
  varied,
  varyFields,
  writeBody,
  writePart,
} from "../../support/multipart.ts";
import { findPort, hasRedis, startRedis } from "../../support/redis.ts";
import { startServed } from "../../support/served-upstream.ts";
import { preflighted, request, startTestServer } from "../../support/server.ts";
import { connectWs } from "../../support/subscribe.ts";
import { failure, inTurn, json, startUpstream } from "../../support/upstream.ts";

const chat = 'chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { id }';
const mutation = `mutation { ${chat} }`;
const first = chatId("answer-1");

/** Sends a multipart request under the key `k`. */
const post = (url: string, body: RequestInit["body"], init: RequestInit = {}) =>
  request(url, {
    method: "POST",
    headers: { "content-type": CONTENT_TYPE, "idempotency-key": "k" },
    body: body ?? null,
    ...init,
  });

test.each(["__typename", "kind: __typename"])(
  "an error that was not paid for is not kept for %s beside it",
  async (field) => {
    const { upstream, server } = await startServed(inTurn(failure(400, { message: "no" }), answerOf("answer-1")));
    const query = `mutation { ${field} ${chat} }`;
    expect((await server.query(query, {}, keyed("k"))).body.errors[0].extensions.code).toBe("UPSTREAM_BAD_REQUEST");
    for (let turn = 0; turn < 2; turn++)
      expect((await server.query(query, {}, keyed("k"))).body.data.chat).toEqual({ id: "answer-1" });
    expect(upstream.requests).toHaveLength(2);
  },
);

test("an answer is given again though the caller's tokens are used up since", async () => {
  const { upstream, server } = await startServed(numbered(), aliceWith({ tokensPerDay: 10 }));
  expect((await server.query(mutation, {}, keyed("k", alice.headers))).body).toEqual(first);
  const { body } = await server.query(mutation, {}, keyed("other", alice.headers));
  expect(body.errors[0].extensions.code).toBe("BUDGET_EXCEEDED");
  expect((await server.query(mutation, {}, keyed("k", alice.headers))).body).toEqual(first);
  expect(upstream.requests).toHaveLength(1);
});

test("two callers whose own upstream keys are passed through share no answer", async () => {
  const { server } = await startServed(numbered(), { AUTH: "passthrough" });
  const ids: string[] = [];
  for (const key of ["sk-aaaaaaaaaaaaaaaa", "sk-bbbbbbbbbbbbbbbb", "sk-aaaaaaaaaaaaaaaa"])
    ids.push((await server.query(mutation, {}, keyed("k", { authorization: `Bearer ${key}` }))).body.data.chat.id);
  expect(ids).toEqual(["answer-1", "answer-2", "answer-1"]);
});

test("numbers that are one double, and not the same, make another request", async () => {
  const { upstream, server } = await startServed(numbered());
  const query = `mutation ($schema: JSONObject!) {
    chat(input: { model: "m", messages: [{ role: USER, content: "hi" }], tools: [{ function: { name: "f", parameters: $schema } }] }) { id }
  }`;
  const send = (maximum: string) =>
    request(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "k" },
      body: `{"query":${JSON.stringify(query)},"variables":{"schema":{"maximum":${maximum}}}}`,
    });
  expect((await send("9007199254740993")).body).toEqual(first);
  expect((await send("9007199254740993")).body).toEqual(first);
  expect((await send("9007199254740992")).status).toBe(409);
  expect(upstream.requests).toHaveLength(1);
});

test("an answer over SSE is given again over SSE", async () => {
  const { upstream, server } = await startServed(numbered());
  const send = () => server.query(mutation, {}, keyed("k", { accept: "text/event-stream" }));
  const { text } = await send();
  const again = await send();
  expect(again.text).toBe(text);
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect(upstream.requests).toHaveLength(1);
});

test("a mutation that is completed over WebSocket runs on, and its answer is there over HTTP", async () => {
  const { hold, answerAll, count } = startHeld();
  const { upstream, server } = await startServed(hold);
  const { client } = await connectWs(server.url);
  const operation = { query: mutation, extensions: { idempotencyKey: "k" } };
  const leave = client.subscribe(operation, { next() {}, error() {}, complete() {} });
  await expect.poll(count).toBe(1);
  leave();
  const again = server.query(mutation, {}, keyed("k"));
  await server.query("{ __typename }");
  answerAll();
  expect((await again).body).toEqual(first);
  expect(upstream.requests).toHaveLength(1);
});

describe("a client's own deadline", () => {
  const within = (ms: number) => keyed("k", { "x-request-timeout-ms": `${ms}` });

  test("ends the wait for a run of another request, and leaves that run alone", async () => {
    const { hold, answerAll, count } = startHeld();
    const { upstream, server } = await startServed(hold);
    const running = server.query(mutation, {}, keyed("k"));
    await expect.poll(count).toBe(1);
    const { body } = await server.query(mutation, {}, within(60));
    expect(body.errors[0].extensions.code).toBe("UPSTREAM_TIMEOUT");
    answerAll();
    expect((await running).body).toEqual(first);
    expect(upstream.requests).toHaveLength(1);
  });

  test("holds when that client has gone", async () => {
    const { upstream, server } = await startServed(() => {});
    const controller = new AbortController();
    const running = server.query(mutation, {}, { ...within(300), signal: controller.signal });
    await expect.poll(() => upstream.requests.length).toBe(1);
    controller.abort();
    await expect(running).rejects.toThrow();
    await upstream.requests[0]?.closed;
  });
});

describe("with files", () => {
  test.each([500, 3_000_000])("a file of %d bytes that no field has read holds nothing up", async (bytes) => {
    const { upstream, server } = await startServed(numbered());
    const query = `mutation ($image: Upload!, $skip: Boolean!) {
      ${chat} imageVariations(input: { image: $image }) @skip(if: $skip) { created }
    }`;
    const operations = JSON.stringify({ query, variables: { image: null, skip: true } });
    const body = writeBody(
      { name: "operations", body: operations },
      { name: "map", body: '{"0":["variables.image"]}' },
      filePart(makeBytes(bytes)),
    );
    for (let turn = 0; turn < 2; turn++) expect((await post(server.url, body)).body).toEqual(first);
    expect(upstream.requests).toHaveLength(1);
    await server.stop();
  });

  test("a file that broke off is no other file", async () => {
    const { server } = await startServed(json(variations), { UPLOAD_STALL_MS: "300" });
    const part = writePart(filePart(makeBytes(3_000_000)));
    const broken = Buffer.concat([...varyFields.map(writePart), part.subarray(0, 1_500_000)]);
    let sent = () => {};
    const isSent = new Promise<void>((resolve) => {
      sent = resolve;
    });
    let pulls = 0;
    const stalls = new ReadableStream({
      pull(controller) {
        if (pulls++ === 0) controller.enqueue(broken);
        else sent();
      },
    });
    const stalled = fetch(server.url, {
      method: "POST",
      headers: { ...preflighted, "content-type": CONTENT_TYPE, "idempotency-key": "k" },
      body: stalls,
      duplex: "half",
    } as RequestInit).then((response) => response.text());
    await isSent;
    const whole = writeBody(...varyFields, filePart(makeBytes(3_000_000)));
    const joined = await post(server.url, whole);
    // The first has failed, and was not paid for.
    expect(joined.body.errors?.[0].extensions.code).not.toBe("IDEMPOTENCY_CONFLICT");
    expect(await stalled).toContain("did not arrive");
    expect((await post(server.url, whole)).body).toEqual({ data: { imageVariations: varied } });
  });
});

describe.skipIf(!hasRedis)("with Redis", () => {
  test("who waits with a file for another server gets the answer though who began to wait has gone", async () => {
    const redis = await startRedis();
    const { hold, answerAll, count } = startHeld(json(variations));
    const upstream = await startUpstream(hold);
    const start = () => startTestServer(upstream.url, { REDIS_URL: redis.url });
    const servers = [await start(), await start()] as const;
    const body = writeBody(...varyFields, filePart(makeBytes(500)));
    const running = post(servers[0].url, body);
    await expect.poll(count).toBe(1);
    const controller = new AbortController();
    const leaving = post(servers[1].url, body, { signal: controller.signal });
    await servers[1].query("{ __typename }");
    const staying = post(servers[1].url, body);
    await servers[1].query("{ __typename }");
    controller.abort();
    await expect(leaving).rejects.toThrow();
    answerAll();
    expect((await running).body).toEqual({ data: { imageVariations: varied } });
    expect((await staying).body).toEqual({ data: { imageVariations: varied } });
    expect(upstream.requests).toHaveLength(1);
  });

  test("an answer that Redis could not take is known to the process that paid for it", async () => {
    const port = await findPort();
    const before = await startRedis([], port);
    const { hold, answerAll, count } = startHeld();
    const upstream = await startUpstream(hold);
    const server = await startTestServer(upstream.url, { REDIS_URL: before.url });
    const running = server.query(mutation, {}, keyed("k"));
    await expect.poll(count).toBe(1);
    await before.stop();
    answerAll();
    expect((await running).body).toEqual(first);
    expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(first);
    await startRedis([], port);
    upstream.answer = answerOf("later");
    const probe = async () => (await server.query(mutation, {}, keyed("probe"))).status;
    await expect.poll(probe, { timeout: 10_000 }).toBe(200);
    expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(first);
  });

  test("a Redis that has forgotten who runs a mutation is told again", async () => {
    const redis = await startRedis();
    const { hold, answerAll, count } = startHeld();
    const upstream = await startUpstream(hold);
    const server = await startTestServer(upstream.url, { REDIS_URL: redis.url });
    const other = await startTestServer(upstream.url, { REDIS_URL: redis.url });
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const running = server.query(mutation, {}, keyed("k"));
    await expect.poll(count).toBe(1);
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    await client.flushall();
    vi.advanceTimersByTime(10_000);
    await expect.poll(() => client.keys("openai-graphql:idempotency:*")).toHaveLength(1);
    const waiting = other.query(mutation, {}, keyed("k"));
    await other.query("{ __typename }");
    answerAll();
    expect((await running).body).toEqual(first);
    expect((await waiting).body).toEqual(first);
    expect(upstream.requests).toHaveLength(1);
  });
});
