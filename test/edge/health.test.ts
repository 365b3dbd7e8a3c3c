// /healthz and /readyz: who may ask, what they answer, and when the upstream counts as dead.
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { UpstreamHealth } from "../../src/openai/client/upstream-health.ts";
import { chat, chatAnswer } from "../support/calls.ts";
import { exchange, portOf } from "../support/exchange.ts";
import { aliceWith } from "../support/keys.ts";
import { startLogged } from "../support/log.ts";
import { startProcess } from "../support/process.ts";
import { startTestServer } from "../support/server.ts";
import { failure, json, startUpstream } from "../support/upstream.ts";

/** Where nobody listens. */
const NOWHERE = "http://127.0.0.1:1/v1";

/** Asks as probes do, with no header of its own. */
async function ask(url: string, path: string, init?: RequestInit) {
  const response = await fetch(new URL(path, url), init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("a server with callers' keys", () => {
  test.each(["/healthz", "/readyz"])("%s is answered to everyone, without the upstream", async (path) => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, aliceWith());
    for (const init of [{}, { headers: { origin: "https://evil.example", authorization: "Bearer wrong" } }]) {
      const answer = await ask(server.url, `${path}?from=probe`, init);
      expect(answer).toMatchObject({ status: 200, text: '{"status":"ok"}' });
      expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    const head = await ask(server.url, path, { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers.get("content-length")).toBe("15");
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test.each(["POST", "DELETE"])("%s is refused with 405", async (method) => {
    const server = await startTestServer(NOWHERE, aliceWith());
    const answer = await ask(server.url, "/readyz", { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
    expect(JSON.parse(answer.text).errors[0].extensions).toEqual({ code: "BAD_REQUEST" });
  });

  test.each(["/healthz/", "/readyz/x", "/HEALTHZ", "/health"])("%s is nothing", async (path) => {
    const server = await startTestServer(NOWHERE, aliceWith());
    expect((await ask(server.url, path)).status).toBe(404);
  });
});

describe("while the server stops", () => {
  test("for DRAIN_DELAY_MS it is alive, not ready, and serves on; its answers close their connections", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url, DRAIN_DELAY_MS: "1000" });
    const url = await server.url;
    server.child.kill("SIGTERM");
    await vi.waitFor(async () =>
      expect(await ask(url, "/readyz")).toMatchObject({ status: 503, text: '{"status":"stopping"}' }),
    );
    expect((await ask(url, "/healthz")).status).toBe(200);
    const headers = { "content-type": "application/json" };
    const answer = await ask(url, "/graphql", { method: "POST", headers, body: JSON.stringify({ query: chat }) });
    expect(answer).toMatchObject({ status: 200, text: '{"data":{"chat":{"text":"hello"}}}' });
    expect(answer.headers.get("connection")).toBe("close");
    expect(await server.ended).toBe(0);
    expect(upstream.requests).toHaveLength(1);
  });

  test("on a connection that is still open it is not ready", async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const upstream = await startUpstream(async (...parameters) => {
      arrive();
      await released;
      json(chatAnswer)(...parameters);
    });
    const server = await startTestServer(upstream.url);
    const socket = connect(portOf(server.url), "127.0.0.1");
    const body = JSON.stringify({ query: chat });
    const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    socket.write(`${head}\r\n\r\n${body}`);
    await arrived;
    const stopped = server.stop();
    socket.write("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    release();
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*"hello".*HTTP\/1\.1 503 .*"stopping"/s);
    await stopped;
  });
});

describe("an upstream that is not there", () => {
  afterEach(() => void vi.useRealTimers());

  async function startOn(upstreamUrl: string) {
    const server = await startTestServer(upstreamUrl, { MAX_RETRIES: "0", READY_NEEDS_UPSTREAM: "true" });
    vi.useFakeTimers({ toFake: ["performance"] });
    /** Five calls in four seconds, and their codes. */
    const callFiveTimes = async () => {
      const codes = new Set<string>();
      for (let count = 0; count < 5; count++) {
        if (count > 0) vi.advanceTimersByTime(1_000);
        codes.add((await server.query(chat)).body.errors?.[0].extensions.code);
      }
      return [...codes];
    };
    const isReady = async () => (await ask(server.url, "/readyz")).status === 200;
    return { server, callFiveTimes, isReady };
  }

  test("makes the server not ready, though alive; it is ready again after 30 s without calls", async () => {
    const { server, callFiveTimes, isReady } = await startOn(NOWHERE);
    expect(await isReady()).toBe(true);
    expect(await callFiveTimes()).toEqual(["UPSTREAM_UNAVAILABLE"]);
    expect(await ask(server.url, "/readyz")).toMatchObject({ status: 503, text: '{"status":"upstream unreachable"}' });
    expect((await ask(server.url, "/healthz")).status).toBe(200);
    vi.advanceTimersByTime(29_000);
    expect(await isReady()).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(await isReady()).toBe(true);
  });

  test("that is back with an answer of any kind makes it ready at once", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const { server, callFiveTimes, isReady } = await startOn(`http://127.0.0.1:${port}/v1`);
    await callFiveTimes();
    expect(await isReady()).toBe(false);
    const upstream = await startUpstream(failure(500, {}));
    const relay: Server = createServer((socket) => {
      const onward = connect(portOf(upstream.url), "127.0.0.1");
      socket
        .on("error", () => {})
        .pipe(onward.on("error", () => {}))
        .pipe(socket);
    }).listen(port, "127.0.0.1");
    onTestFinished(() => void relay.close());
    await once(relay, "listening");
    expect((await server.query(chat)).body.errors[0].extensions.code).toBe("UPSTREAM_ERROR");
    expect(await isReady()).toBe(true);
  });

  test.each([
    ["answers with errors", () => startUpstream(failure(503, {})), "UPSTREAM_ERROR"],
    ["hangs up on a request", () => startUpstream((_, res) => res.destroy()), "UPSTREAM_UNAVAILABLE"],
  ])("is not one that %s", async (_, start, code) => {
    const { callFiveTimes, isReady } = await startOn((await start()).url);
    expect(await callFiveTimes()).toEqual([code]);
    expect(await isReady()).toBe(true);
  });
});

describe("UpstreamHealth", () => {
  function create() {
    let now = 1_000_000;
    const health = new UpstreamHealth(() => now);
    const fail = (times: number, apartMs: number) => {
      for (let count = 0; count < times; count++) {
        now += apartMs;
        health.failed();
      }
    };
    return { health, fail };
  }

  test.each([
    [4, 10_000, false],
    [5, 700, false],
    [100, 10, false],
    [5, 750, true],
    [1_000, 10, true],
    [5, 29_999, true],
    [5, 30_000, false],
  ])("%i failures in a row, %i ms apart: dead is %s", (times, apartMs, isDead) => {
    const { health, fail } = create();
    fail(times, apartMs);
    expect(health.isDead()).toBe(isDead);
  });

  test("an answer among them begins anew", () => {
    const { health, fail } = create();
    fail(4, 5_000);
    health.answered();
    fail(4, 5_000);
    expect(health.isDead()).toBe(false);
    fail(1, 5_000);
    expect(health.isDead()).toBe(true);
    health.answered();
    expect(health.isDead()).toBe(false);
  });
});

describe("a probe", () => {
  const probes = [
    ["of HAProxy's httpchk", "OPTIONS PATH HTTP/1.0\r\n\r\n"],
    ["of HTTP/1.0 without Host", "GET PATH HTTP/1.0\r\n\r\n"],
    ["of HTTP/1.0 by HEAD", "HEAD PATH HTTP/1.0\r\n\r\n"],
    ["of HTTP/1.1 without Host", "GET PATH HTTP/1.1\r\nconnection: close\r\n\r\n"],
    ["with an empty Host", "GET PATH HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n"],
    ["with a Host of another form", "GET PATH HTTP/1.1\r\nhost: user@_x_:99999/y\r\nconnection: close\r\n\r\n"],
    ["with two Hosts", "GET PATH HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n"],
    ["with a foreign Host", "GET PATH HTTP/1.1\r\nhost: 10.1.2.3:8080\r\nconnection: close\r\n\r\n"],
    [
      "with an absolute target",
      "GET http://pod.internal:80PATH?x=/readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    ],
    [
      "of a page",
      "OPTIONS PATH HTTP/1.1\r\nhost: a\r\norigin: https://evil.example\r\naccess-control-request-method: GET\r\nconnection: close\r\n\r\n",
    ],
  ];

  test.each(probes)("%s is answered by both paths, without keys and without the upstream", async (_, bytes = "") => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, { ...aliceWith(), ALLOWED_HOSTS: "api.example.com" });
    for (const path of ["/healthz", "/readyz"]) {
      const { status, text: all, closed } = await exchange(server.url, bytes.replace("PATH", path));
      expect([status, closed]).toEqual([200, true]);
      expect(all).not.toMatch(/access-control/i);
      expect(all.endsWith('{"status":"ok"}')).toBe(!bytes.startsWith("HEAD"));
    }
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test.each(["/graphql", "/", "/metrics"])("without Host is answered nowhere else: %s", async (path) => {
    const server = await startTestServer(NOWHERE, { METRICS: "true" });
    const answer = await exchange(server.url, `GET ${path} HTTP/1.1\r\n\r\n`);
    expect(answer).toMatchObject({ status: 400, closed: true });
    expect(answer.text).toContain("Host header");
  });

  test("that sends a body is refused, and its connection ends", async () => {
    const server = await startTestServer(NOWHERE);
    const answer = await exchange(server.url, "GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n");
    expect(answer).toMatchObject({ status: 400, closed: true });
  });
});

describe("an upstream that is dead", () => {
  afterEach(() => void vi.useRealTimers());

  test("leaves the server ready, and is a warning and a metric: once for each change", async () => {
    const log = await startLogged(NOWHERE, { MAX_RETRIES: "0" }, "warn");
    const dead = async (url: string) => /^upstream_dead (\d)$/m.exec((await ask(url, "/metrics")).text)?.[1];
    const warnings = () => log.lines().filter(({ msg }) => /^the upstream /.test(msg));
    expect(await dead((await startTestServer(NOWHERE)).url)).toBe("0");
    vi.useFakeTimers({ toFake: ["performance"] });
    for (let count = 0; count < 12; count++) {
      await log.server.query(chat);
      vi.advanceTimersByTime(1_000);
    }
    expect((await ask(log.server.url, "/readyz")).status).toBe(200);
    expect(warnings()).toMatchObject([{ level: "warn", msg: expect.stringContaining("the upstream is dead") }]);
    expect(JSON.stringify(warnings())).not.toContain("127.0.0.1");
    expect(await dead(log.server.url)).toBe("1");
  });

  test("is told anew once it has answered", () => {
    let now = 1_000_000;
    const changes: boolean[] = [];
    const health = new UpstreamHealth(
      () => now,
      (isDead) => changes.push(isDead),
    );
    const fail = (times: number) => {
      for (let count = 0; count < times; count++) {
        now += 1_000;
        health.failed();
      }
    };
    health.answered();
    fail(4);
    expect(changes).toEqual([]);
    fail(20);
    expect(changes).toEqual([true]);
    now += 40_000;
    fail(8);
    expect(changes).toEqual([true]);
    health.answered();
    health.answered();
    expect(changes).toEqual([true, false]);
    fail(5);
    expect(changes).toEqual([true, false, true]);
  });
});
