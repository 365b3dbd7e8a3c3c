// The fetch handler: it answers a Request as the server answers the same request on its port, and streams both ways.
import { once } from "node:events";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import type { Observer } from "../../src/telemetry/operation-record.ts";
import { models } from "../support/answers.ts";
import { chatAnswer, chat as chatMutation } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { shared } from "../support/lifetime.ts";
import { CONTENT_TYPE, variations, varied, vary, varyFields, writeBody } from "../support/multipart.ts";
import { startServed } from "../support/served-upstream.ts";
import { preflighted, startTestServer } from "../support/server.ts";
import { chat, chunk, done, event, openStream, streams, streamsThen, write } from "../support/stream.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";

const LISTED = "https://app.example.com";
const JSON_TYPE = { "content-type": "application/json" };
const PAGE = { accept: "text/html", "accept-encoding": "identity" };
const SSE = { ...JSON_TYPE, accept: "text/event-stream" };

/** Answers each of the upstream's endpoints. */
const answers: Answer = (request, ...rest) => {
  if (request.path.endsWith("/models")) return json(models)(request, ...rest);
  if (request.path.includes("/images/")) return json(variations)(request, ...rest);
  const isStream = (request.json() as { stream?: boolean }).stream === true;
  const answer = isStream ? streams(event(chunk("Hel")), event(chunk("lo", "stop")), done) : json(chatAnswer);
  return answer(request, ...rest);
};

/** The outcome and the transport of every operation that has ended, and the status of every request that was refused before. */
function record() {
  const told: string[] = [];
  const observer: Observer = {
    operationEnds: ({ outcome, transport, fields }) => told.push([outcome, transport, fields.length].join(" ")),
    requestRefused: ({ method, path, code }) => told.push([method, path, code].join(" ")),
  };
  return { told, observer };
}

const post = (query: string, headers: Record<string, string> = JSON_TYPE, more: RequestInit = {}) =>
  new Request("http://127.0.0.1/graphql", { method: "POST", headers, body: JSON.stringify({ query }), ...more });

/** An upload by `vary`, of these chunks. */
function upload(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Request {
  const around = writeBody(...varyFields, { name: "0", body: "|", filename: "a.png", contentType: "image/png" });
  const at = around.indexOf("|");
  async function* body() {
    yield around.subarray(0, at);
    yield* chunks;
    yield around.subarray(at + 1);
  }
  const headers = { "content-type": CONTENT_TYPE, ...preflighted };
  const init = { method: "POST", headers, body: body(), duplex: "half" } as unknown as RequestInit;
  return new Request("http://127.0.0.1/graphql", init);
}

/** Requests that are neither operations nor refused. */
const UNTOLD = new Set(["a preflight", "GraphiQL", "GraphiQL's head", "liveness", "liveness by HEAD", "readiness"]);

describe("a Request is answered as on the port", () => {
  const { told, observer } = record();
  const server = shared(async () => {
    const limits = { MAX_BODY_BYTES: "4096", MAX_UPLOAD_BYTES: "4096" };
    const upstream = await startUpstream(answers);
    return startTestServer(upstream.url, { CORS_ORIGINS: LISTED, ...limits }, [observer]);
  });
  const secured = shared(() => startServed(answers, aliceWith({ models: ["other"] })));
  const form = (size: number) => {
    const data = new FormData();
    data.set("operations", JSON.stringify({ query: vary, variables: { image: null } }));
    data.set("map", '{"0":["variables.image"]}');
    data.set("0", new Blob(["x".repeat(size)], { type: "image/png" }), "a.png");
    return data;
  };
  const body = (query: unknown) => JSON.stringify({ query });
  const get = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;

  test.each<[string, string, RequestInit]>([
    ["a query by POST", "/graphql", { method: "POST", headers: JSON_TYPE, body: body("{ models { id } }") }],
    ["a query by GET", get("{ models { id } }"), { headers: preflighted }],
    ["a mutation", "/graphql", { method: "POST", headers: JSON_TYPE, body: body(chatMutation) }],
    ["a mutation by GET", get(chatMutation), { headers: preflighted }],
    ["a subscription by POST", "/graphql", { method: "POST", headers: SSE, body: body(chat) }],
    ["a subscription by GET", get(chat), { headers: { ...preflighted, accept: "text/event-stream" } }],
    [
      "a subscription that accepts JSON",
      "/graphql",
      { method: "POST", headers: { ...JSON_TYPE, accept: "application/json" }, body: body(chat) },
    ],
    [
      "a query that accepts multipart/mixed",
      "/graphql",
      { method: "POST", headers: { ...JSON_TYPE, accept: "multipart/mixed" }, body: body("{ models { id } }") },
    ],
    ["an upload", "/graphql", { method: "POST", headers: preflighted, body: form(100) }],
    ["an upload that is too large", "/graphql", { method: "POST", headers: preflighted, body: form(5000) }],
    ["a document that is not valid", "/graphql", { method: "POST", headers: JSON_TYPE, body: body("{ nothing }") }],
    [
      "its error as GraphQL's own type",
      "/graphql",
      {
        method: "POST",
        headers: { ...JSON_TYPE, accept: "application/graphql-response+json" },
        body: body("{ nothing }"),
      },
    ],
    ["a body that is not JSON", "/graphql", { method: "POST", headers: JSON_TYPE, body: "{" }],
    ["a body that is too large", "/graphql", { method: "POST", headers: JSON_TYPE, body: body("x".repeat(5000)) }],
    ["no body", "/graphql", { method: "POST", headers: JSON_TYPE }],
    ["a type that is not taken", "/graphql", { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" }],
    [
      "a compressed body",
      "/graphql",
      { method: "POST", headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: "{}" },
    ],
    ["a method that is not served", "/graphql", { method: "PUT", headers: JSON_TYPE, body: "{}" }],
    ["a DELETE without a body", "/graphql", { method: "DELETE" }],
    ["another path", "/elsewhere?key=1", {}],
    ["what any page could send", get("{ models { id } }"), {}],
    [
      "a page of a listed origin",
      "/graphql",
      { method: "POST", headers: { ...JSON_TYPE, origin: LISTED }, body: body("{ models { id } }") },
    ],
    [
      "a preflight",
      "/graphql",
      { method: "OPTIONS", headers: { origin: LISTED, "access-control-request-method": "POST" } },
    ],
    [
      "a preflight of another origin",
      "/graphql",
      { method: "OPTIONS", headers: { origin: "https://evil.example", "access-control-request-method": "POST" } },
    ],
    ["GraphiQL", "/graphql", { headers: PAGE }],
    ["GraphiQL's head", "/graphql", { method: "HEAD", headers: PAGE }],
    ["liveness", "/healthz", {}],
    ["liveness by HEAD", "/healthz", { method: "HEAD" }],
    ["readiness", "/readyz", {}],
    ["metrics by POST", "/metrics", { method: "POST" }],
    ["metrics through a proxy", "/metrics", { headers: { "x-forwarded-for": "192.0.2.1" } }],
  ])("%s", async (name, path, init) => {
    const { app, url, faults } = server();
    const target = new URL(path, url).href;
    // A form has another boundary each time.
    const make = () => new Request(target, { ...init, headers: { "x-request-id": "one", ...init.headers } });
    const seen = async (response: Response) => ({
      status: response.status,
      headers: Object.fromEntries([...response.headers].filter(([name]) => !OF_CONNECTION.has(name))),
      text: await response.text(),
    });
    told.length = 0;
    const onPort = await seen(await fetch(make()));
    await expect.poll(() => told).toHaveLength(UNTOLD.has(name) ? 0 : 1);
    const toldOnPort = told.splice(0);
    expect(await seen(await app.fetch(make()))).toEqual(onPort);
    await expect.poll(() => told).toEqual(toldOnPort);
    expect(faults).toEqual([]);
  });

  test.each([
    ["its Host", "http://127.0.0.1/graphql", { host: "evil.example" }],
    ["its URL, where it has no Host", "http://evil.example/graphql", {}],
  ])("the name in %s is checked", async (_, url, headers) => {
    const init = {
      method: "POST",
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify({ query: chatMutation }),
    };
    const answer = await server().app.fetch(new Request(url, init));
    expect(answer.status).toBe(400);
    expect((await answer.json()).errors[0].message).toContain("ALLOWED_HOSTS");
  });

  test("metrics", async () => {
    const { app } = server();
    const answer = await app.fetch(new Request("http://localhost/metrics"));
    expect(await answer.text()).toMatch(/^graphql_operations_total|^# HELP/m);
  });

  test("a key, and what its caller may use", async () => {
    const { server, upstream } = secured();
    const codeOf = async (request: Request) =>
      (await (await server.app.fetch(request)).json()).errors[0].extensions.code;
    expect(await codeOf(post(chatMutation))).toBe("UNAUTHENTICATED");
    expect(await codeOf(post(chatMutation, { ...JSON_TYPE, ...alice.headers }))).toBe("FORBIDDEN");
    const twice = new Headers([["content-type", "application/json"]]);
    for (const value of [alice.headers.authorization, "Bearer other"]) twice.append("authorization", value);
    expect(await codeOf(new Request("http://localhost/graphql", { method: "POST", headers: twice, body: "{}" }))).toBe(
      "UNAUTHENTICATED",
    );
    expect(upstream.requests).toEqual([]);
  });
});

/** What differs between connections, and what the server says of its own. */
const OF_CONNECTION = new Set(["connection", "date", "keep-alive", "transfer-encoding"]);

describe("a stream", () => {
  test("hands each event out as it comes", async () => {
    let goOn = () => {};
    const { server } = await startServed(
      streamsThen(event(chunk("Hel")), async (res) => {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        await write(res, event(chunk("lo", "stop")) + done);
        res.end();
      }),
    );
    const response = await server.app.fetch(post(chat, SSE));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = readerOf(response);
    expect(await reader.until("Hel")).not.toContain('"lo"');
    goOn();
    expect(await reader.rest()).toMatch(/"lo".*event: complete/s);
  });

  test.each(["the body is cancelled", "the signal aborts"])("ends its upstream call when %s", async (how) => {
    const { told, observer } = record();
    const upstream = await startUpstream(streamsThen(event(chunk("Hel")), () => {}));
    const server = await startTestServer(upstream.url, {}, [observer]);
    const controller = new AbortController();
    const response = await server.app.fetch(post(chat, SSE, { signal: controller.signal }));
    const reader = readerOf(response);
    await reader.until("Hel");
    if (how === "the signal aborts") controller.abort();
    else await reader.cancel();
    await upstream.requests[0]?.closed;
    await expect.poll(() => told).toEqual(["ABORTED sse 1"]);
    expect(server.faults).toEqual([]);
  });

  test("that breaks off ends with an error in it", async () => {
    const { server } = await startServed(streamsThen(event(chunk("Hel")), (_res, socket) => socket.destroy()));
    const text = await (await server.app.fetch(post(chat, SSE))).text();
    expect(text).toMatch(/"Hel".*UPSTREAM_INTERRUPTED.*event: complete/s);
  });

  test("that is not read holds the upstream back, and is cut off after STREAM_WRITE_STALL_MS", async () => {
    let sent = 0;
    const flood: Answer = async (_, res) => {
      openStream(res);
      const closed = once(res, "close");
      const text = event(chunk("x".repeat(16_000)));
      while (!res.destroyed) {
        sent += text.length;
        if (!res.write(text)) await Promise.race([once(res, "drain"), closed]);
      }
    };
    const { server, upstream } = await startServed(flood, { STREAM_WRITE_STALL_MS: "400" });
    const response = await server.app.fetch(post(chat, SSE));
    await readerOf(response).until("xxx");
    await upstream.requests[0]?.closed;
    expect(sent).toBeLessThan(32 * 2 ** 20);
    expect(server.faults).toEqual([]);
  });

  test("is told that the server stops", async () => {
    const { server } = await startServed(streamsThen(event(chunk("Hel")), () => {}));
    const reader = readerOf(await server.app.fetch(post(chat, SSE)));
    await reader.until("Hel");
    server.app.drain();
    const refused = await server.app.fetch(post(chatMutation));
    expect([refused.status, (await refused.json()).errors[0].extensions.code]).toEqual([503, "SHUTTING_DOWN"]);
    server.app.endAll();
    expect(await reader.rest()).toMatch(/SHUTTING_DOWN.*event: complete/s);
  });
});

describe("a request", () => {
  test("that is aborted before its answer ends the upstream call", async () => {
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { server, upstream } = await startServed(() => arrive());
    const controller = new AbortController();
    const response = server.app.fetch(post(chatMutation, JSON_TYPE, { signal: controller.signal }));
    await arrived;
    controller.abort();
    expect((await response).status).toBe(499);
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });

  test("that is aborted already calls nothing", async () => {
    const { server, upstream } = await startServed(answers);
    const response = await server.app.fetch(post(chatMutation, JSON_TYPE, { signal: AbortSignal.abort() }));
    expect(response.status).toBe(499);
    expect(upstream.requests).toEqual([]);
  });

  test("whose body fails calls nothing", async () => {
    const { server, upstream } = await startServed(answers);
    const broken = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('{"query":')),
      pull: (controller) => controller.error(new Error("gone")),
    });
    const init = { method: "POST", headers: JSON_TYPE, body: broken, duplex: "half" } as RequestInit;
    expect((await server.app.fetch(new Request("http://localhost/graphql", init))).status).toBe(499);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test("whose body has been read is the embedder's mistake", async () => {
    const { server } = await startServed(answers);
    const request = post(chatMutation);
    await request.text();
    await expect(server.app.fetch(request)).rejects.toThrow(new TypeError("The request's body has been read already."));
  });

  test("streams its upload on while it arrives", async () => {
    let received = 0;
    const answer: Answer = async (_, res, req) => {
      for await (const bytes of req) received += (bytes as Buffer).length;
      res.writeHead(200, JSON_TYPE).end(JSON.stringify(variations));
    };
    const { server } = await startServed(answer, {}, { streamBodies: true });
    async function* chunks() {
      for (let count = 0; count < 40; count++) yield Buffer.alloc(100_000, count);
      // The last one comes when the upstream has most of those before it.
      await expect.poll(() => received).toBeGreaterThan(2_000_000);
      yield Buffer.from("end");
    }
    const response = await server.app.fetch(upload(chunks()));
    expect(await response.json()).toEqual({ data: { imageVariations: varied } });
    expect(received).toBeGreaterThan(4_000_003);
  });

  test("may leave in the middle of its upload", async () => {
    let received = 0;
    const answer: Answer = async (_, _res, req) => {
      for await (const bytes of req) received += (bytes as Buffer).length;
    };
    const { server, upstream } = await startServed(answer, {}, { streamBodies: true });
    async function* chunks() {
      for (let count = 0; count < 40; count++) yield Buffer.alloc(100_000, count);
      await expect.poll(() => received).toBeGreaterThan(2_000_000);
      throw new Error("gone");
    }
    expect((await server.app.fetch(upload(chunks()))).status).toBe(499);
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });
});

test("a large answer comes as fast as it is read", async () => {
  const text = "x".repeat(5_000_000);
  const { server } = await startServed(
    json({ ...chatAnswer, choices: [{ ...chatAnswer.choices[0], message: { role: "assistant", content: text } }] }),
  );
  const response = await server.app.fetch(post(chatMutation));
  expect((await response.json()).data.chat.text).toBe(text);
});

test("plugins run, and Yoga answers", async () => {
  const seen: string[] = [];
  const plugin = { onParams: ({ params }: { params: { query: string } }) => void seen.push(params.query) };
  const { upstream } = await startServed(answers);
  const { app } = await startTestServer(upstream.url, {}, [], [plugin]);
  expect(await (await app.fetch(post("{ models { id } }"))).json()).toMatchObject({ data: { models: [{}, {}, {}] } });
  expect(await (await app.fetch(post(chat, SSE))).text()).toMatch(/"Hel".*event: complete/s);
  expect(seen).toEqual(["{ models { id } }", chat]);
});

test("Hono serves it beside its own pages, under a path of its own as well", async () => {
  const { server } = await startServed(answers);
  const hono = new Hono().get("/hello", (context) => context.text("Hello"));
  hono.all("/graphql", (context) => server.app.fetch(context.req.raw));
  hono.mount("/api", server.app.fetch);
  expect(await (await hono.request("/hello")).text()).toBe("Hello");
  for (const path of ["/graphql", "/api/graphql"]) {
    const init = { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ query: chatMutation }) };
    expect(await (await hono.request(path, init)).json()).toEqual({ data: { chat: { text: "hello" } } });
    const stream = { ...init, headers: SSE, body: JSON.stringify({ query: chat }) };
    expect(await (await hono.request(path, stream)).text()).toMatch(/"Hel".*"lo".*event: complete/s);
  }
});

/** Reads a body piece by piece. */
function readerOf({ body }: Response) {
  if (!body) throw new Error("The answer has no body.");
  const reader = body.getReader();
  const read = async (isEnough: (text: string) => boolean) => {
    let text = "";
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      text += Buffer.from(next.value).toString();
      if (isEnough(text)) return text;
    }
    return text;
  };
  return {
    until: (words: string) => read((text) => text.includes(words)),
    rest: () => read(() => false),
    cancel: () => reader.cancel(),
  };
}
