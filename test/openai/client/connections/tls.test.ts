// An upstream over TLS whose certificate only NODE_EXTRA_CA_CERTS makes good, straight and through a proxy. Node reads that
// variable when a process starts, so the command runs in one of its own.
import { describe, expect, test } from "vitest";
import { chat, chatAnswer } from "../../../support/calls.ts";
import { makeAuthority } from "../../../support/certificates.ts";
import { shared } from "../../../support/lifetime.ts";
import { startProcess } from "../../../support/process.ts";
import { startProxy } from "../../../support/proxy.ts";
import { request } from "../../../support/server.ts";
import { subscribeSse } from "../../../support/subscribe.ts";
import { json, startUpstream } from "../../../support/upstream.ts";

const KEY = "sk-tls-0123456789abcdef";

const tls = shared(async () => {
  const authority = await makeAuthority();
  return {
    authority,
    trusted: { NODE_EXTRA_CA_CERTS: authority.path },
    certificate: await authority.issue("IP:127.0.0.1", "DNS:localhost"),
    ofAnotherHost: await authority.issue("DNS:elsewhere.example"),
  };
});

function startCommand(upstreamUrl: string, environment: Record<string, string>) {
  return startProcess({
    PORT: "0",
    OPENAI_BASE_URL: upstreamUrl,
    OPENAI_API_KEY: KEY,
    MAX_RETRIES: "0",
    ...environment,
  });
}

const ask = async (url: string, query = chat) =>
  (
    await request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    })
  ).body;

describe("with the authority in NODE_EXTRA_CA_CERTS", () => {
  test("the upstream is called", async () => {
    const upstream = await startUpstream(json(chatAnswer), { certificate: tls().certificate });
    const { url } = startCommand(upstream.url, tls().trusted);
    expect(await ask(await url)).toEqual({ data: { chat: { text: "hello" } } });
    expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test.each(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY"])("it is called through %s", async (variable) => {
    const upstream = await startUpstream(json(chatAnswer), { certificate: tls().certificate });
    const proxy = await startProxy();
    const credentials = `me:pass-word@127.0.0.1:${proxy.port}`;
    const command = startCommand(upstream.url, { ...tls().trusted, [variable]: `http://${credentials}` });
    const url = await command.url;
    for (let count = 0; count < 2; count++) expect(await ask(url)).toEqual({ data: { chat: { text: "hello" } } });
    upstream.answer = (_, res) =>
      res
        .writeHead(200, { "content-type": "text/event-stream" })
        .end('data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    const { results, ended } = await subscribeSse(url);
    expect(await ended).toBe("complete");
    expect(results).toEqual([{ data: { chat: { text: "hi" } } }]);
    expect(proxy.connects.map(({ target }) => target)).toEqual([new URL(upstream.url).host]);
    expect(proxy.connects[0]?.headers["proxy-authorization"]).toBe(
      `Basic ${Buffer.from("me:pass-word").toString("base64")}`,
    );
    // The proxy sees where the tunnel leads, and no more.
    expect(JSON.stringify(proxy.connects[0]?.headers)).not.toContain(KEY);
    expect(upstream.requests).toHaveLength(3);
    expect(upstream.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
    command.child.kill("SIGTERM");
    expect(await command.ended).toBe(0);
  });

  test("NO_PROXY leaves the proxy out", async () => {
    const upstream = await startUpstream(json(chatAnswer), { certificate: tls().certificate });
    const proxy = await startProxy();
    const { url } = startCommand(upstream.url, { ...tls().trusted, HTTPS_PROXY: proxy.url, NO_PROXY: "127.0.0.1" });
    expect(await ask(await url)).toEqual({ data: { chat: { text: "hello" } } });
    expect(proxy.connects).toEqual([]);
  });

  test("the proxy itself may speak TLS", async () => {
    const upstream = await startUpstream(json(chatAnswer), { certificate: tls().certificate });
    const proxy = await startProxy(undefined, tls().certificate);
    const { url } = startCommand(upstream.url, { ...tls().trusted, HTTPS_PROXY: proxy.url });
    expect(await ask(await url)).toEqual({ data: { chat: { text: "hello" } } });
    expect(proxy.connects).toHaveLength(1);
  });

  test.each([true, false])("a certificate of another host is refused (through a proxy: %s)", async (isProxied) => {
    const upstream = await startUpstream(json(chatAnswer), { certificate: tls().ofAnotherHost });
    const proxy = await startProxy();
    const { url } = startCommand(upstream.url, { ...tls().trusted, ...(isProxied && { HTTPS_PROXY: proxy.url }) });
    expect((await ask(await url)).errors[0].extensions.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(upstream.requests).toEqual([]);
  });
});

test.each([true, false])("without it the upstream is not trusted (through a proxy: %s)", async (isProxied) => {
  const upstream = await startUpstream(json(chatAnswer), { certificate: tls().certificate });
  const proxy = await startProxy();
  const { url } = startCommand(upstream.url, isProxied ? { HTTPS_PROXY: proxy.url } : {});
  expect((await ask(await url)).errors[0].extensions.code).toBe("UPSTREAM_UNAVAILABLE");
  expect(proxy.connects).toHaveLength(isProxied ? 1 : 0);
  expect(upstream.requests).toEqual([]);
});

test("no proxy is on the way to the sandbox", async () => {
  const proxy = await startProxy();
  const { url } = startProcess({ PORT: "0", SANDBOX_DELAY_MS: "0", HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
  expect((await ask(await url, "{ models { id } }")).data.models).not.toEqual([]);
  expect(proxy.connects).toEqual([]);
});
