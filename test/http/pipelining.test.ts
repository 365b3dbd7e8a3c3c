// Many requests on one connection, behind one another: few at a time, little held, and a client that leaves is noticed.
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { getIntrospectionQuery } from "graphql";
import { describe, expect, onTestFinished, test } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { portOf } from "../support/exchange.ts";
import { scrape } from "../support/metrics.ts";
import { connectRaw } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestServer } from "../support/server.ts";
import { chat as chatStream, chunk, event, noticed, streamsThen } from "../support/stream.ts";
import { type Answer, inTurn, json, startUpstream } from "../support/upstream.ts";
import { UPGRADE } from "../support/websocket-frames.ts";

const MEBIBYTE = 2 ** 20;
const PAGE = "https://app.example.com";
const silence: Answer = () => {};

/** A request without a body. */
const request = (target: string, method = "GET", lines: string[] = []) =>
  `${[`${method} ${target} HTTP/1.1`, "host: localhost", ...lines].join("\r\n")}\r\n\r\n`;
const get = (target: string, ...lines: string[]) => request(target, "GET", ["graphql-require-preflight: 1", ...lines]);
/** A POST to the endpoint. */
const post = (body: string, ...lines: string[]) =>
  `${request("/graphql", "POST", [...lines, `content-length: ${Buffer.byteLength(body)}`])}${body}`;
const operation = (query: string, ...lines: string[]) =>
  post(JSON.stringify({ query }), "content-type: application/json", ...lines);
const preflight = (headers = "content-type") =>
  request("/graphql", "OPTIONS", [
    `origin: ${PAGE}`,
    "access-control-request-method: POST",
    `access-control-request-headers: ${headers}`,
  ]);
const browser = ["accept: text/html", "accept-encoding: identity"];

/** A request of each kind, and the status of its answer; undefined where it is the answer before that ends the connection. */
const kinds: [string, string, number | undefined][] = [
  ["queries", get("/graphql?query={__typename}"), 200],
  ["chats that are refused", operation(chat), 503],
  ["scrapes", get("/metrics"), 200],
  ["scrapes through a proxy", get("/metrics", "via: 1.1 a"), 403],
  ["health checks", get("/healthz"), 200],
  ["checks of readiness", get("/readyz"), 200],
  ["GraphiQL's page", get("/graphql", ...browser), 200],
  ["files that GraphiQL does not have", get("/graphql/graphiql-x.js"), 404],
  ["unknown paths", get("/elsewhere"), 404],
  ["preflights", preflight(), 204],
  ["requests of a wrong method", request("/graphql", "DELETE"), 405],
  ["bodies of a wrong type", post("x", "content-type: text/plain"), 415],
  ["bodies that are not JSON", post("{", "content-type: application/json"), 400],
];

async function start(answer: Answer, environment: Record<string, string> = {}, plugins: readonly object[] = []) {
  const upstream = await startUpstream(answer);
  // So that the second chat is refused.
  const limits = { MAX_CONCURRENT: "1", CORS_ORIGINS: PAGE, ...environment };
  return { upstream, server: await startTestServer(upstream.url, limits, [], plugins) };
}

/** Connects, and reads all that comes. */
function open(url: string) {
  const socket = connect(portOf(url), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const bytes: Buffer[] = [];
  socket.on("error", () => {}).on("data", (data) => void bytes.push(data));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const text = () => Buffer.concat(bytes).toString("latin1");
  const statuses = () => [...text().matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
  return { socket, closed, text, statuses };
}

describe("behind a chat that hangs", () => {
  test.each(kinds)("15 %s are answered in their turn", async (_, bytes, status) => {
    let release = () => {};
    const { answer, arrived } = noticed((...parameters) => {
      release = () => json(chatAnswer)(...parameters);
    });
    const { upstream, server } = await start(answer);
    const { socket, statuses } = open(server.url);
    socket.write(operation(chat));
    await arrived;
    socket.write(bytes.repeat(15));
    // One that comes later is served meanwhile, on a connection of its own.
    expect((await server.query("{ __typename }")).status).toBe(200);
    expect(statuses()).toEqual([]);
    release();
    await expect.poll(statuses, { timeout: 10_000 }).toEqual([200, ...Array(15).fill(status)]);
    // And their room is free again.
    upstream.answer = json(chatAnswer);
    socket.write(bytes.repeat(15));
    await expect.poll(() => statuses().length, { timeout: 10_000 }).toBe(31);
    expect(server.faults).toEqual([]);
  });

  test.each([
    ...kinds,
    ["requests behind a refused one", `${request("/", "GET", ["host: a/b"])}${get("/")}`, undefined],
  ])("16 %s end the connection, and the chat's upstream call", async (_, bytes) => {
    const { answer, arrived } = noticed(silence);
    const { upstream, server } = await start(answer);
    const { socket, closed, statuses } = open(server.url);
    socket.write(operation(chat));
    await arrived;
    socket.write(bytes.repeat(16));
    await closed;
    await upstream.requests[0]?.closed;
    expect(statuses()).toEqual([]);
    expect(upstream.requests).toHaveLength(1);
    const url = new URL("/metrics", server.url).href;
    const counted = async () => (await scrape(url)).value("graphql_requests_refused_total", { code: "pipelined" });
    await expect.poll(counted, { timeout: 5_000 }).toBe(1);
    expect(server.faults).toEqual([]);
  });

  test("an upgrade ends the connection, and the chat's upstream call", async () => {
    const { answer, arrived } = noticed(silence);
    const { upstream, server } = await start(answer);
    const { socket, closed, text } = open(server.url);
    socket.write(operation(chat));
    await arrived;
    socket.write(UPGRADE);
    await closed;
    await upstream.requests[0]?.closed;
    expect(text()).toBe("");
    expect(server.faults).toEqual([]);
  });
});

test("16 chats on a connection are served at once; one more ends all of them", async () => {
  const { answer, arrived } = noticed(silence, 16);
  const { upstream, server } = await start(answer, { MAX_CONCURRENT: "100" });
  const { socket, closed } = open(server.url);
  socket.write(operation(chat).repeat(16));
  await arrived;
  socket.write(operation(chat));
  await closed;
  await Promise.all(upstream.requests.map((request) => request.closed));
  expect(upstream.requests).toHaveLength(16);
});

test("a hundred chats in one packet make 16 upstream calls at most, and none goes on", async () => {
  const { upstream, server } = await start(silence, { MAX_CONCURRENT: "32" });
  const { socket, closed, text } = open(server.url);
  socket.write(operation(chat).repeat(100));
  await closed;
  await Promise.all(upstream.requests.map((request) => request.closed));
  expect(upstream.requests.length).toBeLessThan(17);
  expect(text()).toBe("");
  upstream.answer = json(chatAnswer);
  expect((await server.query(chat)).body).toEqual({ data: { chat: { text: "hello" } } });
  expect(server.faults).toEqual([]);
});

test.each([
  [16, 16],
  [17, 0],
])("METRICS_PORT: %i scrapes at once get %i answers", async (count, answered) => {
  const { server } = await start(silence, { METRICS_PORT: "0" });
  const { socket, closed, statuses } = open(server.metricsUrl ?? "");
  socket.write(get("/metrics").repeat(count));
  if (answered === 0) await closed;
  await expect.poll(() => statuses().length).toBe(answered);
});

/** What fills a connection behind a chat that hangs: answers that wait, or bodies that nobody needs. */
const fillings: [string, string, object[]?][] = [
  ["refused chats", operation(chat).repeat(15)],
  ["scrapes", get("/metrics").repeat(15)],
  ["introspection", operation(getIntrospectionQuery()).repeat(15)],
  ["introspection with a plugin", operation(getIntrospectionQuery()).repeat(15), [{}]],
  ["GraphiQL's page", get("/graphql", ...browser).repeat(15)],
  ["preflights with 8 KB of header names", preflight("x".repeat(8_000)).repeat(15)],
  ["a refused body of 500 KB", post("x".repeat(500_000), "content-type: text/plain") + get("/healthz")],
  [
    "a refused scrape with a body of 500 KB",
    request("/metrics", "POST", ["content-length: 500000"]) + "x".repeat(500_000),
  ],
  [
    "a body of 500 KB behind a refused request",
    request("/", "GET", ["host: a/b"]) + post("x".repeat(500_000), "content-type: application/json"),
  ],
  ["a body that is too large", post("x".repeat(500_000), "content-type: application/json") + get("/healthz")],
];

describe("a client that leaves is noticed, and its upstream call ends,", () => {
  test.each(fillings)("though its connection is full of %s", async (_, bytes, plugins) => {
    const { answer, arrived } = noticed(silence);
    const { upstream, server } = await start(answer, { MAX_BODY_BYTES: "100000" }, plugins);
    const { socket } = open(server.url);
    socket.write(operation(chat));
    await arrived;
    socket.write(bytes);
    for (let turn = 0; turn < 5; turn++) await server.query(getIntrospectionQuery());
    const left = performance.now();
    socket.destroy();
    await upstream.requests[0]?.closed;
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(server.faults).toEqual([]);
  });

  test.each([
    ["", []],
    [" with a plugin", [{}]],
  ])("though a stream waits behind it%s", async (_, plugins) => {
    const text = event(chunk("x".repeat(1_000))).repeat(200);
    const holds = noticed(silence);
    const speaks = noticed(streamsThen("", (res) => void res.write(text)));
    const { upstream, server } = await start(inTurn(holds.answer, speaks.answer), { MAX_CONCURRENT: "2" }, plugins);
    const { socket } = open(server.url);
    socket.write(operation(chat));
    await holds.arrived;
    socket.write(operation(chatStream, "accept: text/event-stream"));
    await speaks.arrived;
    socket.write(get("/healthz").repeat(5));
    for (let turn = 0; turn < 5; turn++) await server.query("{ __typename }");
    const left = performance.now();
    socket.destroy();
    await Promise.all(upstream.requests.map(({ closed }) => closed));
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(server.faults).toEqual([]);
  });

  test("though it has not read 20 MB that come before it", async () => {
    const large = { choices: [{ index: 0, message: { role: "assistant", content: "x".repeat(20 * MEBIBYTE) } }] };
    const { answer, arrived } = noticed(inTurn(json(large), silence), 2);
    const { upstream, server } = await startServed(answer, { STREAM_WRITE_STALL_MS: "60000" });
    const client = await connectRaw(server.url);
    await client.send(operation(chat).repeat(2) + get("/healthz").repeat(5));
    await arrived;
    for (let turn = 0; turn < 5; turn++) await server.query("{ __typename }");
    const left = performance.now();
    client.socket.destroy();
    await upstream.requests[1]?.closed;
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(server.faults).toEqual([]);
  });

  test("though ten chats of its own are answered and not read", async () => {
    const large = { choices: [{ index: 0, message: { role: "assistant", content: "x".repeat(3 * MEBIBYTE) } }] };
    const hangs = noticed(silence, 2);
    const answers = Array.from({ length: 8 }, () => json(large));
    const { upstream, server } = await startServed(inTurn(...answers, hangs.answer));
    const client = await connectRaw(server.url);
    await client.send(operation(chat).repeat(10));
    await hangs.arrived;
    const left = performance.now();
    client.socket.destroy();
    await Promise.all(upstream.requests.slice(8).map(({ closed }) => closed));
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(server.faults).toEqual([]);
  });
});

test.each([
  ["health checks", get("/healthz"), 200],
  ["unknown paths", get("/elsewhere"), 404],
  ["preflights", preflight(), 204],
])("a client that half-closes behind 5 %s gets its answers", async (_, bytes, status) => {
  const { server } = await start(silence);
  const { socket, closed, statuses } = open(server.url);
  socket.end(bytes.repeat(5));
  await closed;
  expect(statuses()).toEqual(Array(5).fill(status));
});

test("an event stream behind a chat begins when the chat is answered, and comes whole", async () => {
  let release = () => {};
  const holds = noticed((...parameters) => {
    release = () => json(chatAnswer)(...parameters);
  });
  const text = event(chunk("x".repeat(1_000))).repeat(100) + event(chunk(null, "stop")) + event("[DONE]");
  const speaks = noticed(streamsThen("", (res) => void res.end(text)));
  const { server } = await start(inTurn(holds.answer, speaks.answer), { MAX_CONCURRENT: "2", STREAM_PING_MS: "20" });
  const { socket, text: received } = open(server.url);
  socket.write(operation(chat));
  await holds.arrived;
  socket.write(operation(chatStream, "accept: text/event-stream"));
  await speaks.arrived;
  expect(received()).toBe("");
  release();
  await expect.poll(received).toContain("event: complete");
  expect(received()).toMatch(/^HTTP\/1\.1 200 .*\{"data":\{"chat":\{"text":"hello"\}\}\}HTTP\/1\.1 200 /s);
  expect(received().match(/x{1000}/g)).toHaveLength(100);
});

/** What this process holds, without garbage: the server and the clients. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("connections that read nothing hold little:", () => {
  test("4 that ask for 900 scrapes", async () => {
    const { server } = await start(silence, { STREAM_WRITE_STALL_MS: "60000" });
    const before = heldBytes();
    const clients = await Promise.all(Array.from({ length: 4 }, () => connectRaw(server.url)));
    for (const { socket } of clients) socket.write(get("/metrics").repeat(900));
    for (let turn = 0; turn < 5; turn++) await server.query(getIntrospectionQuery());
    expect(heldBytes() - before).toBeLessThan(8 * MEBIBYTE);
    expect(server.faults).toEqual([]);
  });

  test.each([
    ["scrapes", "PORT", get("/metrics")],
    ["scrapes", "METRICS_PORT", get("/metrics")],
    ["GraphiQL's largest file, in no coding", "PORT", undefined],
  ])("100 that ask for 16 %s (%s)", async (_, port, given) => {
    const { server } = await start(silence, {
      STREAM_WRITE_STALL_MS: "60000",
      ...(port === "METRICS_PORT" && { METRICS_PORT: "0" }),
    });
    const file = async () => {
      const page = await (await fetch(server.url, { headers: { accept: "text/html" } })).text();
      const [, name] = /<script src="([^"]+)"/.exec(page) ?? [];
      return get(new URL(name ?? "", server.url).pathname, "accept-encoding: identity");
    };
    const bytes = given ?? (await file());
    const url = server.metricsUrl ?? server.url;
    // What is made once has been made.
    const first = open(url);
    first.socket.write(bytes);
    await expect.poll(() => first.statuses().length, { timeout: 10_000 }).toBe(1);
    first.socket.destroy();
    const before = heldBytes();
    const clients = await Promise.all(Array.from({ length: 100 }, () => connectRaw(url)));
    await Promise.all(clients.map(({ send }) => send(bytes.repeat(16))));
    for (let turn = 0; turn < 5; turn++) await server.query(getIntrospectionQuery());
    expect(heldBytes() - before).toBeLessThan(24 * MEBIBYTE);
    expect(server.faults).toEqual([]);
  });
});

test("METRICS_PORT: a client that does not read its scrapes is cut off after STREAM_WRITE_STALL_MS", async () => {
  const { server } = await start(silence, { METRICS_PORT: "0", STREAM_WRITE_STALL_MS: "300" });
  const client = await connectRaw(server.metricsUrl ?? "");
  const bytes = get("/metrics").repeat(16);
  await client.send(bytes);
  // It goes on asking until the server takes no more; what it sends then is refused.
  const knocks = setInterval(() => client.socket.write(get("/metrics")), 5);
  onTestFinished(() => clearInterval(knocks));
  await client.closed;
});

test("scrapes are made once for all who ask within a second, and never given out for longer", async () => {
  const { server } = await startServed(json(chatAnswer));
  const url = new URL("/metrics", server.url).href;
  const at = performance.now();
  const pages = await Promise.all(Array.from({ length: 50 }, () => scrape(url)));
  await server.query("{ __typename }");
  pages.push(await scrape(url));
  const seconds = Math.floor((performance.now() - at) / 1_000);
  expect(new Set(pages.map(({ text }) => text)).size).toBeLessThan(seconds + 2);
  const counted = async () => (await scrape(url)).value("graphql_operations_total", { type: "query" });
  await expect.poll(counted, { timeout: 1_500, interval: 100 }).toBe(1);
});
