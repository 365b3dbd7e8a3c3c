// The log: one line for each operation, with what it contains and what it never contains.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { chatCompletion } from "../support/answers.ts";
import { calls, chat, chatAnswer } from "../support/calls.ts";
import { startLogged } from "../support/log.ts";
import { startProcess } from "../support/process.ts";
import { preflighted, request } from "../support/server.ts";
import { chunk, done, event, hello, noticed, streams, streamsThen } from "../support/stream.ts";
import { connectWs, subscribeSse, subscribeWs, transports } from "../support/subscribe.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../support/upstream.ts";

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/;
const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };

describe("an operation", () => {
  test("is one line with all that is known of it", async () => {
    const answer = { ...chatAnswer, usage };
    const upstream = await startUpstream(
      inTurn(failure(500, {}, { "retry-after-ms": "1" }), json(answer, 200, { "x-request-id": "req_up" })),
    );
    const { server, operations } = await startLogged(upstream.url, {
      CLIENT_KEYS: '[{"id":"alice","key":"alices-key-0123456789"}]',
    });
    const { headers } = await server.query(chat.replace("mutation", "mutation Greet"), undefined, {
      headers: { "x-request-id": "my:request-1.a_b", authorization: "Bearer alices-key-0123456789" },
    });
    expect(headers.get("x-request-id")).toBe("my:request-1.a_b");
    const [line] = await operations(1);
    expect(line).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      pid: process.pid,
      hostname: expect.any(String),
      msg: "operation",
      requestId: "my:request-1.a_b",
      caller: "alice",
      transport: "http",
      operationType: "mutation",
      operationName: "Greet",
      fields: ["chat"],
      code: "OK",
      durationMs: expect.any(Number),
      inputTokens: 5,
      outputTokens: 7,
      upstreamMs: expect.any(Number),
      retries: 1,
      upstream: [
        {
          endpoint: "POST /chat/completions",
          model: "m",
          requestId: "req_up",
          status: 200,
          durationMs: expect.any(Number),
        },
      ],
    });
    expect(upstream.requests).toHaveLength(2);
  });

  test.each(calls)("$field is logged with its endpoint", async ({ field, operation, answer }) => {
    const upstream = await startUpstream(json(answer));
    const { server, operations } = await startLogged(upstream.url);
    await server.query(operation);
    const [line] = await operations(1);
    expect(line).toMatchObject({ level: "info", fields: [field], code: "OK", retries: 0, caller: "anonymous" });
    const endpoint = `${upstream.requests[0]?.method} ${upstream.requests[0]?.path.replace("/v1", "")}`;
    expect(line.upstream).toMatchObject([{ endpoint: endpoint.replace(/models\/m$/, "models/{model}"), status: 200 }]);
  });

  test("names aliased and repeated fields by the schema, once", async () => {
    const upstream = await startUpstream(json({ id: "m", object: "model" }));
    const { server, operations } = await startLogged(upstream.url);
    await server.query('query { a: model(id: "m") { id } ...F } fragment F on Query { b: model(id: "m") { id } }');
    const [line] = await operations(1);
    expect(line.fields).toEqual(["model"]);
    expect(line.upstream).toHaveLength(2);
  });

  test.each([
    ["strange characters", "a b"],
    ["too long", "a".repeat(129)],
    ["empty", ""],
  ])("gets a fresh id where the client's is no id: %s", async (_, id) => {
    const upstream = await startUpstream(json(chatAnswer));
    const { server, operations } = await startLogged(upstream.url);
    const { headers } = await server.query(chat, undefined, { headers: { "x-request-id": id } });
    expect(headers.get("x-request-id")).toMatch(UUID);
    const [line] = await operations(1);
    expect(line.requestId).toBe(headers.get("x-request-id"));
  });

  test("has no name where the client's is none, or is longer than 64 characters", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const { server, operations } = await startLogged(upstream.url);
    await server.query(`query ${"A".repeat(64)} { __typename }`);
    await server.query(`query ${"A".repeat(65)} { __typename }`);
    const lines = await operations(2);
    expect(lines.map(({ operationName }) => operationName)).toEqual(["A".repeat(64), undefined]);
  });
});

describe.each(transports)("a stream over $transport", ({ transport, subscribe }) => {
  const name = transport === "SSE" ? "sse" : "websocket";

  test("is one line, with the time to its first token and its tokens", async () => {
    const role = event({ ...chunk(null), choices: [{ index: 0, delta: { role: "assistant", content: "" } }] });
    const last = event({ id: "chatcmpl-1", choices: [], usage });
    const pieces = [role, event(chunk("Hel")), event(chunk("lo", "stop")), last, done];
    const upstream = await startUpstream(streams(...pieces));
    const { server, operations } = await startLogged(upstream.url);
    expect(await (await subscribe(server.url)).ended).toBe("complete");
    const [line] = await operations(1);
    expect(line).toMatchObject({
      level: "info",
      transport: name,
      operationType: "subscription",
      fields: ["chat"],
      code: "OK",
      inputTokens: 5,
      outputTokens: 7,
      upstream: [{ status: 200, model: "m" }],
    });
    expect(line.timeToFirstTokenMs).toBeLessThanOrEqual(line.durationMs);
  });

  test("that the client leaves is ABORTED and no error", async () => {
    const { answer, arrived } = noticed(streamsThen(event(chunk("Hel")), () => {}));
    const upstream = await startUpstream(answer);
    const { server, operations } = await startLogged(upstream.url);
    const subscription = await subscribe(server.url);
    await arrived;
    await subscription.next();
    subscription.leave();
    const [line] = await operations(1);
    expect(line).toMatchObject({ level: "info", code: "ABORTED", transport: name, upstream: [{ failure: "aborted" }] });
  });

  test("that breaks off is the upstream's failure", async () => {
    const upstream = await startUpstream(streamsThen(event(chunk("Hel")), (_, socket) => socket.destroy()));
    const { server, operations } = await startLogged(upstream.url);
    await (await subscribe(server.url)).ended;
    const [line] = await operations(1);
    expect(line).toMatchObject({
      level: "warn",
      code: "UPSTREAM_INTERRUPTED",
      upstream: [{ failure: "interrupted", status: 200 }],
    });
  });
});

test("a request that the client gives up is ABORTED and no error", async () => {
  const { answer, arrived } = noticed(() => {});
  const upstream = await startUpstream(answer);
  const { server, operations } = await startLogged(upstream.url);
  const controller = new AbortController();
  const asked = expect(server.query(chat, undefined, { signal: controller.signal })).rejects.toThrow();
  await arrived;
  controller.abort();
  await asked;
  const [line] = await operations(1);
  expect(line).toMatchObject({ level: "info", code: "ABORTED", upstream: [{ failure: "aborted" }] });
});

test("a mutation of several fields that is given up in the first is one line", async () => {
  const { answer, arrived } = noticed(() => {});
  const upstream = await startUpstream(answer);
  const { server, operations, lines } = await startLogged(upstream.url);
  const controller = new AbortController();
  const field = 'complete(input: { model: "m", prompt: "p" }) { text }';
  const query = `mutation { a: ${field} b: ${field} c: ${field} }`;
  const asked = expect(server.query(query, undefined, { signal: controller.signal })).rejects.toThrow();
  await arrived;
  controller.abort();
  await asked;
  await operations(1);
  await server.stop();
  expect(lines().filter(({ msg }) => msg === "operation")).toHaveLength(1);
  expect(upstream.requests).toHaveLength(1);
});

describe("the client's own mistakes are no errors", () => {
  test.each([
    ["GRAPHQL_PARSE_FAILED", "{"],
    ["GRAPHQL_VALIDATION_FAILED", "{ nothing }"],
    ["BAD_USER_INPUT", 'mutation { complete(input: { model: "", prompt: "p" }) { id } }'],
  ])("%s", async (code, query) => {
    const upstream = await startUpstream(json(chatAnswer));
    const { server, operations } = await startLogged(upstream.url);
    await server.query(query);
    const [line] = await operations(1);
    expect(line).toMatchObject({ level: "info", code });
    expect(upstream.requests).toEqual([]);
  });

  test("nor are wrong keys, wrong bodies and wrong methods", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const { server, operations } = await startLogged(upstream.url, {
      CLIENT_KEYS: '[{"id":"a","key":"k-0123456789abcdef"}]',
    });
    await server.query(chat);
    await server.query("", undefined, { body: "{", headers: { authorization: "Bearer k-0123456789abcdef" } });
    await request(server.url, { method: "DELETE" });
    const lines = await operations(3);
    expect(lines.map(({ code, level }) => [code, level])).toEqual([
      ["UNAUTHENTICATED", "info"],
      ["BAD_REQUEST", "info"],
      ["BAD_REQUEST", "info"],
    ]);
    expect(lines[0]).not.toHaveProperty("caller");
  });

  test("nor are they over WebSocket, where each operation has an id of its own", async () => {
    const upstream = await startUpstream(streams(hello));
    const { server, operations } = await startLogged(upstream.url);
    const { subscribe } = await connectWs(server.url);
    await subscribe("{ nothing }").ended;
    await subscribe().ended;
    const lines = await operations(2);
    expect(lines).toMatchObject([
      { code: "GRAPHQL_VALIDATION_FAILED", level: "info", transport: "websocket" },
      { code: "OK", level: "info" },
    ]);
    const [connection, first] = lines[0].requestId.split(":");
    expect(connection).toMatch(UUID);
    expect(first).toBe("1");
    expect(lines[1].requestId).toBe(`${connection}:2`);
  });
});

describe("what an operator has to know is louder", () => {
  test.each([
    ["UPSTREAM_UNAVAILABLE", "warn", (_, res) => res.destroy(), "unavailable"],
    ["UPSTREAM_INTERRUPTED", "warn", streamsThen("", (_, socket) => socket.destroy()), "interrupted"],
    ["UPSTREAM_ERROR", "warn", failure(500, {}), "500"],
    ["UPSTREAM_UNAUTHENTICATED", "warn", failure(401, {}), "401"],
    ["UPSTREAM_BAD_REQUEST", "info", failure(400, {}), "400"],
  ] satisfies [string, string, Answer, string][])("%s is %s", async (code, level, answer, failed) => {
    const upstream = await startUpstream(answer);
    const { server, operations } = await startLogged(upstream.url, { MAX_RETRIES: "0" });
    await server.query(chat);
    const [line] = await operations(1);
    expect(line).toMatchObject({ code, level, upstream: [{ failure: failed }] });
  });

  test("and the worst of several is the operation's", async () => {
    const upstream = await startUpstream(failure(500, {}));
    const { server, operations } = await startLogged(upstream.url, { MAX_RETRIES: "0" });
    await server.query('{ bad: model(id: "") { id } models { id } }');
    const [line] = await operations(1);
    expect(line).toMatchObject({ code: "UPSTREAM_ERROR", level: "warn" });
  });
});

test("no line holds a prompt, an answer, a key, a variable or a document, whatever goes wrong", async () => {
  const secret = "MARKER-7f3a9c2e5b";
  const upstream = await startUpstream(json({ ...chatAnswer, choices: [{ message: { content: secret } }] }));
  const {
    server,
    text: logged,
    operations,
  } = await startLogged(upstream.url, {
    OPENAI_API_KEY: `sk-${secret}`,
    CLIENT_KEYS: `[{"id":"a","key":"key-${secret}"}]`,
  });
  const headers = { authorization: `Bearer key-${secret}`, cookie: secret, "user-agent": secret, traceparent: secret };
  const input = `model: "m", messages: [{ role: USER, content: "${secret}" }], user: "${secret}"`;
  const query = `mutation { chat(input: { ${input} }) { text } }`;
  const ask = (text: string, variables = {}) => server.query(text, variables, { headers });
  const variable = 'mutation M($p: [String!]!) { complete(input: { model: "m", prompt: $p }) { text } }';
  expect((await ask(query)).text).toContain(secret);
  expect((await ask(variable, { p: secret })).body.errors).toBeUndefined();
  await ask(variable, { p: { secret } });
  await ask(`{ ${secret.replace("-", "_")} }`);
  await ask(`query "${secret}`);
  await ask(query, { headers: { authorization: `Bearer wrong-${secret}` } });
  await server.query(query, {}, { headers: { authorization: `Bearer wrong-${secret}` } });
  upstream.answer = failure(400, { message: secret, code: "bad" });
  await ask(query);
  upstream.answer = (_, res) => res.end(secret);
  await ask(query);
  await server.upload({ query: "{ __typename }", variables: { secret } }, { [secret]: ["variables.x"] }, {});
  await operations(10);
  expect(logged()).not.toContain("7f3a");
});

describe("LOG_LEVEL", () => {
  test.each([
    ["debug", ["attempt", "operation", "attempt", "operation"]],
    ["info", ["operation", "operation"]],
    ["warn", ["operation"]],
    ["error", []],
    ["silent", []],
  ] as const)("%s", async (level, messages) => {
    const upstream = await startUpstream(inTurn(json(chatAnswer), failure(500, {})));
    const { server, lines } = await startLogged(upstream.url, { MAX_RETRIES: "0" }, level);
    await server.query(chat);
    await server.query(chat);
    await server.stop();
    expect(lines().map(({ msg }) => msg)).toEqual(messages);
  });

  test("debug: a request for another path is a line without its query, at info it is none", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    for (const level of ["debug", "info"] as const) {
      const { server, lines, text } = await startLogged(upstream.url, {}, level);
      const { headers } = await request(new URL(`/wp-admin/${"a".repeat(200)}?key=sk-marker`, server.url).href);
      await server.stop();
      const requestId = headers.get("x-request-id");
      const path = `/wp-admin/${"a".repeat(90)}`;
      const line = { level: "debug", msg: "refused", requestId, method: "GET", path, code: "404" };
      expect(lines()).toEqual(level === "debug" ? [expect.objectContaining(line)] : []);
      expect(text()).not.toContain("sk-marker");
    }
    expect(upstream.requests).toHaveLength(0);
  });

  test("silent writes nothing at all, info JSON lines alone, also as the process stops", async () => {
    const upstream = await startUpstream(json(chatCompletion));
    const silent = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url, LOG_LEVEL: "silent" });
    const spoken = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url });
    const { status } = await request(await spoken.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: chat }),
    });
    expect(status).toBe(200);
    spoken.child.kill("SIGTERM");
    expect(await spoken.ended).toBe(0);
    const lines = spoken.output().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      expect.stringContaining("OpenAI GraphQL server at"),
      "operation",
      expect.stringContaining("SIGTERM"),
    ]);
    silent.child.kill("SIGTERM");
    await silent.ended;
    expect(silent.output()).toBe("");
  });
});

test("every HTTP answer has an id: refused, not found, preflight, page, handshake", async () => {
  const upstream = await startUpstream(json(chatAnswer));
  const { server } = await startLogged(upstream.url);
  const { host, port, origin } = new URL(server.url);
  const headers = { "x-request-id": "mine" };
  for (const answer of [
    await request(`${origin}/nowhere`, { headers }),
    await request(server.url, { method: "PUT", headers }),
    await request(server.url, { method: "OPTIONS", headers }),
    await request(server.url, { headers: { ...headers, accept: "text/html" } }),
  ]) {
    expect(answer.headers.get("x-request-id")).toBe("mine");
  }
  const upgrade = `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\nx-request-id: mine\r\n\r\n`;
  const refused = connect(Number(port), "127.0.0.1");
  refused.write(`GET /other HTTP/1.1\r\nhost: ${host}\r\n${upgrade}`);
  expect(await text(refused)).toMatch(/^HTTP\/1\.1 404 .*x-request-id: mine\r\n/s);
  const accepted = connect(Number(port), "127.0.0.1");
  accepted.write(`GET /graphql HTTP/1.1\r\nhost: ${host}\r\n${upgrade}`);
  const [bytes] = await new Promise<Buffer[]>((resolve) => accepted.once("data", (data) => resolve([data])));
  expect(String(bytes)).toMatch(/^HTTP\/1\.1 101 .*x-request-id: mine\r\n/s);
  accepted.destroy();
});

test("a pipelined request behind one that is left is logged as well", async () => {
  const { answer, arrived } = noticed(() => {}, 2);
  const upstream = await startUpstream(answer);
  const { server, operations } = await startLogged(upstream.url);
  const body = JSON.stringify({ query: chat });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${Object.entries(
    preflighted,
  )
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}content-length: ${body.length}\r\n\r\n`;
  socket.write((head + body).repeat(2));
  await arrived;
  socket.destroy();
  const lines = await operations(2);
  expect(lines.map(({ code }) => code)).toEqual(["ABORTED", "ABORTED"]);
});

test("a subscription that is refused is logged once, over either transport", async () => {
  const upstream = await startUpstream(streams(hello));
  const { server, operations } = await startLogged(upstream.url);
  await (await subscribeSse(server.url, "subscription { nothing }")).ended;
  await (await subscribeWs(server.url, "subscription { nothing }")).ended;
  const lines = await operations(2);
  expect(lines.map(({ code }) => code)).toEqual(["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED"]);
});
