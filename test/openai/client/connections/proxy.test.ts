// An upstream behind a proxy: what goes through it, what is reached without it, and what a proxy can do wrong.
import { describe, expect, test, vi } from "vitest";
import { calls, chat, chatAnswer } from "../../../support/calls.ts";
import { startLogged } from "../../../support/log.ts";
import { scrape } from "../../../support/metrics.ts";
import { type AnswerConnect, type ProxyServer, refuseConnect, startProxy, tunnel } from "../../../support/proxy.ts";
import { startTestServer } from "../../../support/server.ts";
import { subscribeSse } from "../../../support/subscribe.ts";
import { type Answer, json, startUpstream, type Upstream } from "../../../support/upstream.ts";

const metricsOf = (url: string) => new URL("/metrics", url).href;
const hostOf = (url: string) => new URL(url).host;

async function startProxied(
  answer: Answer = json(chatAnswer),
  environment: Record<string, string> | ((proxy: ProxyServer, upstream: Upstream) => Record<string, string>) = {},
  answerConnect?: AnswerConnect,
) {
  const upstream = await startUpstream(answer);
  const proxy = await startProxy(answerConnect);
  const more = typeof environment === "function" ? environment(proxy, upstream) : environment;
  const server = await startTestServer(upstream.url, { HTTP_PROXY: proxy.url, ...more });
  return { upstream, proxy, server };
}

/** A chunk of a chat, and the end of its stream. */
const chunk = (text: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`;
const END = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

describe("through the proxy", () => {
  test.each(calls)("$field is asked and answered", async ({ field, operation, answer, data }) => {
    const { upstream, proxy, server } = await startProxied(json(answer));
    const { body } = await server.query(operation);
    expect(body).toEqual({ data: { [field]: data } });
    expect(proxy.connects.map(({ target }) => target)).toEqual([hostOf(upstream.url)]);
    expect(proxy.others).toEqual([]);
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0]?.headers.host).toBe(hostOf(upstream.url));
  });

  test("several calls one after the other share a tunnel, and those at once have one each", async () => {
    const { upstream, proxy, server } = await startProxied();
    for (let count = 0; count < 3; count++) expect((await server.query(chat)).body.data.chat.text).toBe("hello");
    expect(proxy.connects).toHaveLength(1);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    upstream.answer = async (...parameters) => {
      if (upstream.requests.length === 3 + 5) release();
      await released;
      json(chatAnswer)(...parameters);
    };
    const answers = await Promise.all(Array.from({ length: 5 }, () => server.query(chat)));
    for (const { body } of answers) expect(body.data.chat.text).toBe("hello");
    expect(proxy.connects).toHaveLength(5);
    expect(server.faults).toEqual([]);
  });

  test("a stream comes as it is written, its connection counts, and leaving it ends the upstream call", async () => {
    const { upstream, server } = await startProxied((_, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).write(chunk("Hello"));
    });
    const subscription = await subscribeSse(server.url);
    expect(await subscription.next()).toMatchObject({ data: { chat: { text: "Hello" } } });
    const page = await scrape(metricsOf(server.url));
    expect(page.value("upstream_pool_requests", { state: "running" })).toBe(1);
    expect(page.value("upstream_pool_connections")).toBe(1);
    subscription.leave();
    await upstream.requests[0]?.closed;
    await expect
      .poll(async () => (await scrape(metricsOf(server.url))).value("upstream_pool_connections"), { timeout: 5_000 })
      .toBe(0);
  });

  test("a whole stream ends with its end, and the tunnel is used again", async () => {
    const { proxy, server } = await startProxied((_, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).end(chunk("Hello") + END);
    });
    for (let count = 0; count < 2; count++) expect(await (await subscribeSse(server.url)).ended).toBe("complete");
    expect(proxy.connects).toHaveLength(1);
  });

  test("a tunnel that has ended is replaced", async () => {
    const { upstream, proxy, server } = await startProxied();
    await server.query(chat);
    proxy.connects[0]?.socket.destroy();
    await upstream.requests[0]?.closed;
    await expect.poll(async () => (await server.query(chat)).body.data?.chat?.text).toBe("hello");
    expect(proxy.connects).toHaveLength(2);
  });

  test("the limits of answers hold", async () => {
    const { server } = await startProxied(json(chatAnswer), { MAX_UPSTREAM_BYTES: "40" });
    expect((await server.query(chat)).body.errors[0]).toMatchObject({
      message: "The upstream's answer is larger than 40 bytes.",
      extensions: { code: "UPSTREAM_INVALID_RESPONSE" },
    });
  });

  test.each([
    ["UPSTREAM_HEADERS_TIMEOUT_MS", () => {}, /did not answer within 1000 ms/],
    [
      "UPSTREAM_IDLE_TIMEOUT_MS",
      (_, res) => void res.writeHead(200, { "content-type": "application/json" }).write("{"),
      /fell silent for 1000 ms/,
    ],
  ] satisfies [string, Answer, RegExp][])("%s holds", async (variable, answer, message) => {
    const { server, upstream } = await startProxied(answer, { [variable]: "1000", MAX_RETRIES: "0" });
    const { body } = await server.query(chat);
    expect(body.errors[0]).toMatchObject({
      message: expect.stringMatching(message),
      extensions: { code: "UPSTREAM_TIMEOUT" },
    });
    await upstream.requests[0]?.closed;
  });

  test("a server that stops closes its tunnels", async () => {
    const { proxy, server } = await startProxied();
    await server.query(chat);
    await server.stop();
    await proxy.connects[0]?.closed;
  });

  test("the proxy gets its credentials, and the upstream does not", async () => {
    const { upstream, proxy, server } = await startProxied(json(chatAnswer), ({ port }) => ({
      HTTP_PROXY: `http://me%40corp:pa%3Ass-word-1@127.0.0.1:${port}`,
    }));
    expect((await server.query(chat)).body.data.chat.text).toBe("hello");
    const credentials = Buffer.from("me@corp:pa:ss-word-1").toString("base64");
    expect(proxy.connects[0]?.headers["proxy-authorization"]).toBe(`Basic ${credentials}`);
    expect(proxy.connects[0]?.headers).not.toHaveProperty("authorization");
    expect(upstream.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
    expect(upstream.requests[0]?.headers).not.toHaveProperty("proxy-connection");
  });
});

describe("which proxy", () => {
  test.each<[string, (proxy: ProxyServer, upstream: Upstream) => Record<string, string>, isUsed: boolean]>([
    ["HTTP_PROXY", ({ url }) => ({ HTTP_PROXY: url }), true],
    ["http_proxy", ({ url }) => ({ HTTP_PROXY: "", http_proxy: url }), true],
    ["http_proxy before HTTP_PROXY", ({ url }) => ({ HTTP_PROXY: "http://127.0.0.1:1", http_proxy: url }), true],
    ["HTTP_PROXY as a host and a port", ({ port }) => ({ HTTP_PROXY: `127.0.0.1:${port}` }), true],
    ["HTTPS_PROXY for an http: upstream", ({ url }) => ({ HTTP_PROXY: "", HTTPS_PROXY: url }), false],
    ["NO_PROXY with the host", () => ({ NO_PROXY: "127.0.0.1" }), false],
    ["no_proxy with the host", () => ({ no_proxy: "127.0.0.1" }), false],
    ["NO_PROXY with the host among others", () => ({ NO_PROXY: "example.com, 127.0.0.1 ,localhost" }), false],
    ["NO_PROXY with host and port", (_, { url }) => ({ NO_PROXY: hostOf(url) }), false],
    ["NO_PROXY with another port", () => ({ NO_PROXY: "127.0.0.1:1" }), true],
    ["NO_PROXY with another host", () => ({ NO_PROXY: "localhost,.0.1.example" }), true],
    ["NO_PROXY=*", () => ({ NO_PROXY: "*" }), false],
  ])("%s", async (_, environment, isUsed) => {
    const { upstream, proxy, server } = await startProxied(json(chatAnswer), environment);
    for (let count = 0; count < 2; count++) expect((await server.query(chat)).body.data.chat.text).toBe("hello");
    expect(upstream.requests).toHaveLength(2);
    expect(proxy.connects).toHaveLength(isUsed ? 1 : 0);
    const page = await scrape(metricsOf(server.url));
    expect(page.value("upstream_pool_connections")).toBe(1);
  });

  test("the process' own variables count for nothing if the configuration has none", async () => {
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
    vi.stubEnv("no_proxy", "127.0.0.1");
    const { proxy, server } = await startProxied();
    expect((await server.query(chat)).body.data.chat.text).toBe("hello");
    expect(proxy.connects).toHaveLength(1);
    vi.unstubAllEnvs();
  });
});

describe("a proxy that connects to nothing", () => {
  const PASSWORD = "swordfish-4711-abcdef";

  test.each<[string, AnswerConnect, message: string]>([
    [
      "asks for credentials",
      refuseConnect(407, "Proxy Authentication Required", `<h1>Wrong password ${PASSWORD}</h1>`),
      "The proxy to the upstream asks for other credentials (status 407).",
    ],
    [
      "forbids the upstream",
      refuseConnect(403, "Forbidden", "go away"),
      "The proxy refused to connect to the upstream (status 403).",
    ],
    [
      "cannot reach the upstream",
      refuseConnect(502, "Bad Gateway"),
      "The proxy refused to connect to the upstream (status 502).",
    ],
    [
      "speaks another protocol",
      (socket) => void socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
      "The answer of the proxy to the upstream is not valid HTTP.",
    ],
    ["hangs up", (socket) => void socket.destroy(), "The proxy hung up before it connected to the upstream."],
    ["ends without a word", (socket) => void socket.end(), "The proxy hung up before it connected to the upstream."],
  ])("and %s is named, and nothing of it is shown", async (_, answerConnect, message) => {
    const upstream = await startUpstream(json(chatAnswer));
    const proxy = await startProxy(answerConnect);
    const logged = await startLogged(upstream.url, {
      HTTP_PROXY: `http://operator:${PASSWORD}@127.0.0.1:${proxy.port}`,
      MAX_RETRIES: "1",
    });
    const whole = await logged.server.query(chat);
    const { results, ended } = await subscribeSse(logged.server.url);
    await ended;
    for (const error of [whole.body.errors[0], results[0].errors[0]])
      expect(error).toMatchObject({ message, extensions: { code: "UPSTREAM_UNAVAILABLE" } });
    // Two attempts each.
    expect(proxy.connects).toHaveLength(4);
    const [line] = await logged.operations(2);
    expect(line).toMatchObject({ level: "warn", code: "UPSTREAM_UNAVAILABLE", retries: 1 });
    for (const text of [whole.text, JSON.stringify(results), logged.text()]) {
      expect(text).not.toContain("swordfish");
      expect(text).not.toContain(String(proxy.port));
    }
    expect(upstream.requests).toEqual([]);
    expect(logged.server.faults).toEqual([]);
  });

  test("and is not there is named", async () => {
    const { upstream, server } = await startProxied(json(chatAnswer), {
      HTTP_PROXY: "http://127.0.0.1:1",
      MAX_RETRIES: "0",
    });
    expect((await server.query(chat)).body.errors[0]).toMatchObject({
      message: "The proxy to the upstream cannot be reached.",
      extensions: { code: "UPSTREAM_UNAVAILABLE" },
    });
    expect(upstream.requests).toEqual([]);
  });

  test("and never answers is given up after 10 seconds; a caller that leaves waits for nothing", async () => {
    const { proxy, server } = await startProxied(json(chatAnswer), { MAX_RETRIES: "0" }, () => {});
    const left = await subscribeSse(server.url);
    left.leave();
    const { body } = await server.query(chat);
    expect(body.errors[0]).toMatchObject({
      message: "The proxy did not connect to the upstream within 10000 ms.",
      extensions: { code: "UPSTREAM_UNAVAILABLE" },
    });
    for (const { closed } of proxy.connects) await closed;
    expect(server.faults).toEqual([]);
  }, 30_000);

  test("costs the caller no tokens", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const proxy = await startProxy(refuseConnect(502, "Bad Gateway"));
    const key = "key-of-alice-0123456789";
    const server = await startTestServer(upstream.url, {
      HTTP_PROXY: proxy.url,
      MAX_RETRIES: "0",
      CLIENT_KEYS: JSON.stringify([{ id: "alice", key, tokensPerDay: 100_000 }]),
    });
    const init = { headers: { authorization: `Bearer ${key}` } };
    await server.query(chat, {}, init);
    const { body } = await server.query("{ viewer { used { tokens } } }", {}, init);
    expect(body.data.viewer.used.tokens).toBe(0);
  });

  test("makes the server not ready, until it connects again", async () => {
    let connectsAgain = false;
    const refuse = refuseConnect(502, "Bad Gateway");
    const { server } = await startProxied(
      json(chatAnswer),
      { MAX_RETRIES: "0", READY_NEEDS_UPSTREAM: "true" },
      (socket, target) => (connectsAgain ? tunnel : refuse)(socket, target),
    );
    const isReady = async () => (await fetch(new URL("/readyz", server.url))).status === 200;
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      for (let count = 0; count < 5; count++) {
        await server.query(chat);
        vi.advanceTimersByTime(1_000);
      }
      expect(await isReady()).toBe(false);
      connectsAgain = true;
      expect((await server.query(chat)).body.data.chat.text).toBe("hello");
      expect(await isReady()).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
