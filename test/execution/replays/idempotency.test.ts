// Mutations with an idempotency key: run once, and answered again at no charge.
import { describe, expect, test } from "vitest";
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
} from "../../support/multipart.ts";
import { findPort, hasRedis, startBrokenRedis, startRedis } from "../../support/redis.ts";
import { startServed } from "../../support/served-upstream.ts";
import { request, startTestServer } from "../../support/server.ts";
import { connectWs } from "../../support/subscribe.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../../support/upstream.ts";

const mutation =
  'mutation ($text: String = "hi") { chat(input: { model: "m", messages: [{ role: USER, content: $text }] }) { id } }';
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const twoCallers = {
  CLIENT_KEYS: JSON.stringify(["ann", "bob"].map((id) => ({ id, key: `${id}-key-0123456789` }))),
};

test("the same request again gets the first answer, and makes no call", async () => {
  const { upstream, server } = await startServed(numbered());
  const first = await server.query(mutation, {}, keyed("k-1"));
  expect(first.headers.get("idempotent-replayed")).toBeNull();
  const second = await server.query(mutation, {}, keyed("k-1"));
  expect([first.body, second.body]).toEqual([chatId("answer-1"), chatId("answer-1")]);
  expect(second.text).toBe(first.text);
  expect(second.status).toBe(200);
  expect(second.headers.get("idempotent-replayed")).toBe("true");
  expect(upstream.requests).toHaveLength(1);
});

test("it costs neither tokens nor a request of the caller's", async () => {
  const { server } = await startServed(numbered(), aliceWith({ requestsPerMinute: 1, tokensPerDay: 1_000 }));
  const usage = async () =>
    (await server.query("{ viewer { used { requests tokens } } }", {}, alice)).body.data.viewer.used;
  await server.query(mutation, {}, keyed("k", alice.headers));
  const before = await usage();
  const again = await server.query(mutation, {}, keyed("k", alice.headers));
  expect(again.body).toEqual(chatId("answer-1"));
  expect(await usage()).toEqual(before);
});

test("the key in the extensions is the same as in the header", async () => {
  const { upstream, server } = await startServed(numbered());
  const send = (extensions: unknown, headers = {}) =>
    request(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query: mutation, variables: {}, extensions }),
    });
  expect((await send({ idempotencyKey: "k" })).body).toEqual(chatId("answer-1"));
  expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
  expect((await send({ idempotencyKey: "k" }, { "idempotency-key": "k" })).body).toEqual(chatId("answer-1"));
  const twice = await send({ idempotencyKey: "k" }, { "idempotency-key": "other" });
  expect([twice.status, twice.body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
  expect(upstream.requests).toHaveLength(1);
});

test.each(["application/json", "application/graphql-response+json"])(
  "another request with the key is refused with 409, as %s",
  async (accept) => {
    const { upstream, server } = await startServed(numbered());
    await server.query(mutation, {}, keyed("k"));
    for (const [query, variables] of [
      [mutation, { text: "other" }],
      [mutation.replace("{ id }", "{ id model }"), {}],
      [`${mutation} `, {}],
    ] as const) {
      const { status, body } = await server.query(query, variables, keyed("k", { accept }));
      expect(status).toBe(409);
      expect(body).toMatchObject({
        errors: [
          {
            message: "The idempotency key was used for another request; each request needs a key of its own.",
            extensions: { code: "IDEMPOTENCY_CONFLICT" },
          },
        ],
      });
    }
    expect(upstream.requests).toHaveLength(1);
  },
);

test("a key is its caller's alone", async () => {
  const { upstream, server } = await startServed(numbered(), twoCallers);
  const send = (who: string) => server.query(mutation, {}, keyed("k", bearer(`${who}-key-0123456789`)));
  expect((await send("ann")).body).toEqual(chatId("answer-1"));
  expect((await send("bob")).body).toEqual(chatId("answer-2"));
  expect((await send("ann")).body).toEqual(chatId("answer-1"));
  expect(upstream.requests).toHaveLength(2);
});

test("without a key each request is a call; a query's key means nothing", async () => {
  const { upstream, server } = await startServed(numbered());
  await server.query(mutation);
  await server.query(mutation);
  expect(upstream.requests).toHaveLength(2);
  upstream.answer = json({ id: "m" });
  for (let turn = 0; turn < 2; turn++) {
    const { headers, body } = await server.query('{ model(id: "m") { id } }', {}, keyed("k"));
    expect(body).toEqual({ data: { model: { id: "m" } } });
    expect(headers.get("idempotent-replayed")).toBeNull();
  }
  expect(upstream.requests).toHaveLength(4);
});

test("who asks while it runs waits for the same answer", async () => {
  const { hold, answerAll, count } = startHeld();
  const { upstream, server } = await startServed(hold);
  const first = server.query(mutation, {}, keyed("k"));
  await expect.poll(count).toBe(1);
  const others = [server.query(mutation, {}, keyed("k")), server.query(mutation, {}, keyed("k"))];
  const other = await server.query(mutation, { text: "other" }, keyed("k"));
  expect(other.status).toBe(409);
  answerAll();
  const answers = await Promise.all([first, ...others]);
  expect(answers.map(({ body }) => body)).toEqual(Array(3).fill(chatId("answer-1")));
  expect(answers.map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true", "true"]);
  expect(upstream.requests).toHaveLength(1);
});

test("a client whose connection breaks gets the answer when it asks again", async () => {
  const { hold, answerAll, count } = startHeld();
  const { upstream, server } = await startServed(hold);
  const controller = new AbortController();
  const first = server.query(mutation, {}, { ...keyed("k"), signal: controller.signal });
  await expect.poll(count).toBe(1);
  controller.abort();
  await expect(first).rejects.toThrow();
  const again = server.query(mutation, {}, keyed("k"));
  answerAll();
  expect((await again).body).toEqual(chatId("answer-1"));
  expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
  expect(upstream.requests).toHaveLength(1);
});

test("a client that leaves while it waits for another's run leaves that run alone", async () => {
  const { hold, answerAll, count } = startHeld();
  const { server } = await startServed(hold);
  const first = server.query(mutation, {}, keyed("k"));
  await expect.poll(count).toBe(1);
  const controller = new AbortController();
  const second = server.query(mutation, {}, { ...keyed("k"), signal: controller.signal });
  await server.query("{ __typename }");
  controller.abort();
  await expect(second).rejects.toThrow();
  answerAll();
  expect((await first).body).toEqual(chatId("answer-1"));
});

test("errors that were not paid for are not kept", async () => {
  const refusals = inTurn(failure(400, { message: "no such thing" }), failure(401, {}), answerOf("answer-1"));
  const { upstream, server } = await startServed(refusals);
  const codes = [];
  for (let turn = 0; turn < 4; turn++) {
    const { body } = await server.query(mutation, {}, keyed("k"));
    codes.push(body.errors?.[0].extensions.code ?? body.data.chat.id);
  }
  expect(codes).toEqual(["UPSTREAM_BAD_REQUEST", "UPSTREAM_UNAUTHENTICATED", "answer-1", "answer-1"]);
  expect(upstream.requests).toHaveLength(3);
});

test("a call that never reached the upstream is not kept", async () => {
  const server = await startTestServer(`http://127.0.0.1:${await findPort()}/v1`, { MAX_RETRIES: "0" });
  const first = await server.query(mutation, {}, keyed("k"));
  expect(first.body.errors[0].extensions.code).toBe("UPSTREAM_UNAVAILABLE");
  const second = await server.query(mutation, {}, keyed("k"));
  expect(second.headers.get("idempotent-replayed")).toBeNull();
});

test("what this server refuses is not kept", async () => {
  const { upstream, server } = await startServed(numbered(), aliceWith({ models: ["other"] }));
  for (let turn = 0; turn < 2; turn++) {
    const { body, headers } = await server.query(mutation, {}, keyed("k", alice.headers));
    expect(body.errors[0].extensions.code).toBe("FORBIDDEN");
    expect(headers.get("idempotent-replayed")).toBeNull();
  }
  expect(upstream.requests).toEqual([]);
});

test("an error that may have been paid for is kept, as it was told", async () => {
  const { upstream, server } = await startServed(
    inTurn(
      (_, res) =>
        void res
          .writeHead(200, { "content-type": "application/json", "content-length": "100" })
          .end('{"id":', () => res.destroy()),
      answerOf("answer-2"),
    ),
    { MAX_RETRIES: "0" },
  );
  const first = await server.query(mutation, {}, keyed("k"));
  const second = await server.query(mutation, {}, keyed("k"));
  expect(first.body.errors[0]).toMatchObject({ path: ["chat"], extensions: { code: "UPSTREAM_INTERRUPTED" } });
  expect(second.body).toEqual(first.body);
  expect(second.status).toBe(first.status);
  expect(second.headers.get("idempotent-replayed")).toBe("true");
  expect(upstream.requests).toHaveLength(1);
});

test("an answer of which a part failed is kept whole", async () => {
  const chat = 'chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { id }';
  const two = `mutation {\r\n a: ${chat}\n  b: ${chat} }`;
  const { upstream, server } = await startServed(inTurn(answerOf("a"), failure(400, { message: "no" })));
  const first = await server.query(two, {}, keyed("k"));
  const second = await server.query(two, {}, keyed("k"));
  expect(first.body).toMatchObject({
    data: { a: { id: "a" }, b: null },
    errors: [{ path: ["b"], locations: [{ line: 3, column: 3 }], extensions: { code: "UPSTREAM_BAD_REQUEST" } }],
  });
  expect(second.body).toEqual(first.body);
  expect(upstream.requests).toHaveLength(2);
});

test("numbers beyond 2^53 in an answer are the same again", async () => {
  const big = `{"id":"a","choices":[{"index":0,"message":{"content":"9007199254740993"},"finish_reason":"stop"}]}`;
  const { server } = await startServed(
    (_, res) => void res.writeHead(200, { "content-type": "application/json" }).end(big),
  );
  const query = mutation.replace("{ id }", "{ id choices { message { content } } }");
  const first = await server.query(query, {}, keyed("k"));
  expect((await server.query(query, {}, keyed("k"))).text).toBe(first.text);
});

test("an answer of more than 1 MiB is not kept", async () => {
  const long = "a".repeat(2 ** 20);
  const { upstream, server } = await startServed(
    json({ id: "a", choices: [{ index: 0, message: { content: long }, finish_reason: "stop" }] }),
  );
  const query = mutation.replace("{ id }", "{ choices { message { content } } }");
  for (let turn = 0; turn < 2; turn++) {
    const { body, headers } = await server.query(query, {}, keyed("k"));
    expect(body.data.chat.choices[0].message.content).toHaveLength(2 ** 20);
    expect(headers.get("idempotent-replayed")).toBeNull();
  }
  expect(upstream.requests).toHaveLength(2);
});

test("IDEMPOTENCY_TTL_SECONDS=0 turns keys off", async () => {
  const { upstream, server } = await startServed(numbered(), { IDEMPOTENCY_TTL_SECONDS: "0" });
  expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
  expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-2"));
  expect(upstream.requests).toHaveLength(2);
});

test.each([
  ["", "it has 0"],
  ["a".repeat(256), "it has 256"],
])("the key %j is refused", async (key, why) => {
  const { upstream, server } = await startServed(numbered());
  const { status, body } = await server.query(mutation, {}, keyed(key));
  expect([status, body.errors[0].message]).toEqual([400, `Idempotency-Key must have 1 to 255 characters; ${why}.`]);
  expect(upstream.requests).toEqual([]);
});

test("a key of 255 characters is one", async () => {
  const { upstream, server } = await startServed(numbered());
  for (let turn = 0; turn < 2; turn++) await server.query(mutation, {}, keyed("a".repeat(255)));
  expect(upstream.requests).toHaveLength(1);
});

test("a client's own deadline holds for a run with a key", async () => {
  const { upstream, server } = await startServed(() => {});
  const { body } = await server.query(mutation, {}, keyed("k", { "x-request-timeout-ms": "60" }));
  expect(body.errors[0].extensions.code).toBe("UPSTREAM_TIMEOUT");
  await upstream.requests[0]?.closed;
});

test("over WebSocket the key is in the extensions", async () => {
  const { upstream, server } = await startServed(numbered());
  const { client } = await connectWs(server.url);
  const run = () =>
    new Promise((resolve, reject) => {
      client.subscribe(
        { query: mutation, extensions: { idempotencyKey: "k" } },
        { next: resolve, error: reject, complete() {} },
      );
    });
  expect(await run()).toEqual(chatId("answer-1"));
  expect(await run()).toEqual(chatId("answer-1"));
  // Variables that are not given are the same as none.
  expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
  expect(upstream.requests).toHaveLength(1);
});

test("with an embedder's plugins as well", async () => {
  const upstream = await startUpstream(numbered());
  const server = await startTestServer(upstream.url, {}, [], [{}]);
  expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
  const again = await server.query(mutation, {}, keyed("k"));
  expect(again.body).toEqual(chatId("answer-1"));
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect((await server.query(mutation, { text: "other" }, keyed("k"))).status).toBe(409);
  expect(upstream.requests).toHaveLength(1);
});

test("a run whose client has gone ends with the server", async () => {
  const { upstream, server } = await startServed(() => {});
  const controller = new AbortController();
  const first = server.query(mutation, {}, { ...keyed("k"), signal: controller.signal });
  await expect.poll(() => upstream.requests.length).toBe(1);
  controller.abort();
  await expect(first).rejects.toThrow();
  await server.stop();
  await upstream.requests[0]?.closed;
});

describe("with files", () => {
  const small = makeBytes(2_000);
  const large = makeBytes(3_000_000);
  const send = (url: string, bytes: Buffer, key = "k") =>
    request(url, {
      method: "POST",
      headers: { "content-type": CONTENT_TYPE, "idempotency-key": key },
      body: writeBody(...varyFields, filePart(bytes)),
    });

  test.each([
    ["small", small],
    ["large", large],
  ])("the same %s file is the same request", async (_, bytes) => {
    const { upstream, server } = await startServed(json(variations));
    expect((await send(server.url, bytes)).body).toEqual({ data: { imageVariations: varied } });
    const again = await send(server.url, bytes);
    expect(again.body).toEqual({ data: { imageVariations: varied } });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(upstream.requests).toHaveLength(1);
  });

  test.each([
    ["small", small],
    ["large", large],
  ])("another %s file is another request", async (_, bytes) => {
    const { upstream, server } = await startServed(json(variations));
    await send(server.url, bytes);
    const other = Buffer.from(bytes);
    other[bytes.length - 1] = (other.at(-1) ?? 0) ^ 1;
    const { status, body } = await send(server.url, other);
    expect([status, body.errors[0].extensions.code]).toEqual([409, "IDEMPOTENCY_CONFLICT"]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("a file that comes while the first is under way is compared, too", async () => {
    const { hold, answerAll, count } = startHeld(json(variations));
    const { upstream, server } = await startServed(hold);
    const first = send(server.url, large);
    await expect.poll(count).toBe(1);
    const same = send(server.url, large);
    const other = send(server.url, makeBytes(3_000_001));
    answerAll();
    expect((await first).body).toEqual({ data: { imageVariations: varied } });
    expect((await same).body).toEqual({ data: { imageVariations: varied } });
    expect((await other).status).toBe(409);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe.skipIf(!hasRedis)("with Redis", () => {
  async function startTwo(answer: Answer, environment: Record<string, string> = {}) {
    const redis = await startRedis();
    const upstream = await startUpstream(answer);
    const start = () => startTestServer(upstream.url, { REDIS_URL: redis.url, ...environment });
    return { redis, upstream, servers: [await start(), await start()] as const };
  }

  test("servers share answers", async () => {
    const { upstream, servers } = await startTwo(numbered());
    for (const server of [...servers, ...servers]) {
      expect((await server.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
    }
    expect((await servers[1].query(mutation, { text: "other" }, keyed("k"))).status).toBe(409);
    expect(upstream.requests).toHaveLength(1);
  });

  test("a run on one server is waited for on the other", async () => {
    const { hold, answerAll, count } = startHeld();
    const { upstream, servers } = await startTwo(hold);
    const first = servers[0].query(mutation, {}, keyed("k"));
    await expect.poll(count).toBe(1);
    const second = servers[1].query(mutation, {}, keyed("k"));
    expect((await servers[1].query(mutation, { text: "other" }, keyed("k"))).status).toBe(409);
    answerAll();
    expect((await first).body).toEqual(chatId("answer-1"));
    const { body, headers } = await second;
    expect(body).toEqual(chatId("answer-1"));
    expect(headers.get("idempotent-replayed")).toBe("true");
    expect(upstream.requests).toHaveLength(1);
  });

  test("an error that was not paid for leaves the key free for the other server", async () => {
    const { upstream, servers } = await startTwo(inTurn(failure(400, { message: "no" }), answerOf("answer-1")));
    expect((await servers[0].query(mutation, {}, keyed("k"))).body.errors[0].extensions.code).toBe(
      "UPSTREAM_BAD_REQUEST",
    );
    expect((await servers[1].query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
    expect(upstream.requests).toHaveLength(2);
  });

  test("files are compared between servers", async () => {
    const { upstream, servers } = await startTwo(json(variations));
    const send = (url: string, bytes: Buffer) =>
      request(url, {
        method: "POST",
        headers: { "content-type": CONTENT_TYPE, "idempotency-key": "k" },
        body: writeBody(...varyFields, filePart(bytes)),
      });
    const bytes = makeBytes(2_000);
    await send(servers[0].url, bytes);
    expect((await send(servers[1].url, bytes)).headers.get("idempotent-replayed")).toBe("true");
    expect((await send(servers[1].url, makeBytes(2_001))).status).toBe(409);
    expect(upstream.requests).toHaveLength(1);
  });

  test("while Redis is away a key is refused; with REDIS_DOWN=serve this process alone knows it", async () => {
    const url = await startBrokenRedis();
    const upstream = await startUpstream(numbered());
    const strict = await startTestServer(upstream.url, { REDIS_URL: url });
    const { status, body } = await strict.query(mutation, {}, keyed("k"));
    expect([status, body.errors[0].extensions.code]).toEqual([503, "OVERLOADED"]);
    expect(upstream.requests).toEqual([]);
    const lenient = await startTestServer(upstream.url, { REDIS_URL: url, REDIS_DOWN: "serve" });
    expect((await lenient.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
    expect((await lenient.query(mutation, {}, keyed("k"))).body).toEqual(chatId("answer-1"));
    expect(upstream.requests).toHaveLength(1);
  });
});
