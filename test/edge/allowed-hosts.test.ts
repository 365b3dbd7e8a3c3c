// The names under which the server may be called: a page whose own name points at this machine gets nothing from it.
import { once } from "node:events";
import { type IncomingMessage, request as sendRequest } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { models } from "../support/answers.ts";
import { exchange, isWhole, portOf } from "../support/exchange.ts";
import { startServed } from "../support/served-upstream.ts";
import { json } from "../support/upstream.ts";

/** Sends to 127.0.0.1, whatever the server listens on, what the browser sends for the page's own origin. */
async function send(url: string, host: string, path = "/graphql", headers: Record<string, string> = {}) {
  const isQuery = path === "/graphql";
  const req = sendRequest({
    port: portOf(url),
    path,
    method: isQuery ? "POST" : "GET",
    agent: false,
    headers: {
      host,
      origin: `http://${host.toLowerCase()}`,
      "sec-fetch-site": "same-origin",
      ...(isQuery && { "content-type": "application/json" }),
      ...headers,
    },
  });
  onTestFinished(() => void req.destroy());
  req.end(isQuery ? '{"query":"{ models { id } }"}' : undefined);
  const [res]: [IncomingMessage] = (await once(req, "response")) as [IncomingMessage];
  return { status: res.statusCode ?? 0, connection: res.headers.connection, text: await text(res) };
}

async function shakeHands(url: string, host: string): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(url)}/graphql`, "graphql-transport-ws", {
    headers: { host, origin: `http://${host.toLowerCase()}` },
  });
  onTestFinished(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_, res) => resolve(res.statusCode ?? 0));
    socket.once("error", reject);
  });
}

const foreign = [
  "evil.example",
  "evil.example:4000",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "notlocalhost",
];
const own = ["localhost", "LOCALHOST:4000", "localhost.", "app.localhost:1", "127.0.0.1:4000", "[::1]:4000"];
const refusal = {
  message: "The server is not called by the name in the request's Host header: see ALLOWED_HOSTS.",
  extensions: { code: "BAD_REQUEST" },
};

describe("a server on loopback that asks for no key", () => {
  test.each(foreign)("refuses Host: %s over HTTP and WebSocket, and calls nothing", async (host) => {
    const { upstream, server } = await startServed(json(models));
    const answer = await send(server.url, host);
    expect(answer).toMatchObject({ status: 400, connection: "close" });
    expect(JSON.parse(answer.text)).toEqual({ errors: [refusal] });
    expect(answer.text).not.toContain("evil");
    expect(await shakeHands(server.url, host)).toBe(400);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test.each(own)("serves Host: %s", async (host) => {
    const { upstream, server } = await startServed(json(models));
    expect((await send(server.url, host)).status).toBe(200);
    expect(await shakeHands(server.url, host)).toBe(101);
    expect(upstream.requests).toHaveLength(1);
  });

  test("shows a foreign name neither GraphiQL nor metrics, and its health to all", async () => {
    const { server } = await startServed(json(models));
    const status = async (path: string, accept: string) =>
      (await send(server.url, "evil.example", path, { accept })).status;
    // Not "/graphql", for which this sends a POST.
    expect(await status("/graphql?", "text/html")).toBe(400);
    expect(await status("/metrics", "text/plain")).toBe(400);
    expect(await status("/healthz", "*/*")).toBe(200);
    expect(await status("/readyz", "*/*")).toBe(200);
    expect((await send(server.url, "localhost", "/metrics")).status).toBe(200);
    expect((await send(server.url, "localhost", "/graphql?", { accept: "text/html" })).text).toContain("<title>");
  });

  test("is one as localhost and by AUTH=none, too", async () => {
    const { server } = await startServed(json(models), { HOST: "localhost", AUTH: "none" });
    const head =
      "GET /graphql?query={__typename} HTTP/1.1\r\nhost: evil.example\r\ngraphql-require-preflight: 1\r\n\r\n";
    expect((await exchange(server.url, head, isWhole)).status).toBe(400);
  });
});

test.each<[string, Record<string, string>, Record<string, string>]>([
  ["on every interface", { HOST: "0.0.0.0" }, {}],
  [
    "that asks for a key",
    { CLIENT_KEYS: '[{"id":"a","key":"a-key-0123456789"}]' },
    { authorization: "Bearer a-key-0123456789" },
  ],
  ["that asks for the upstream's key", { AUTH: "passthrough" }, { authorization: "Bearer sk-theirs" }],
])("a server %s has any name", async (_, environment, headers) => {
  const { upstream, server } = await startServed(json(models), environment);
  expect((await send(server.url, "evil.example", "/graphql", headers)).status).toBe(200);
  expect(upstream.requests).toHaveLength(1);
});

test.each([
  ["on loopback", {}],
  ["on every interface", { HOST: "0.0.0.0" }],
  ["that asks for a key", { CLIENT_KEYS: '[{"id":"a","key":"a-key-0123456789"}]' }],
])("with ALLOWED_HOSTS a server %s has those names alone", async (_, environment) => {
  const { upstream, server } = await startServed(json(models), {
    ...environment,
    ALLOWED_HOSTS: "api.example.com, [::1]",
  });
  const key = { authorization: "Bearer a-key-0123456789" };
  for (const host of ["localhost", "127.0.0.1", "x.api.example.com", "api.example.com.evil.example"]) {
    expect((await send(server.url, host, "/graphql", key)).status).toBe(400);
    expect(await shakeHands(server.url, host)).toBe(400);
  }
  expect(upstream.requests).toEqual([]);
  for (const host of ["api.example.com", "API.example.com.:8443", "[::1]:4000"]) {
    expect((await send(server.url, host, "/graphql", key)).status).toBe(200);
    expect(await shakeHands(server.url, host)).toBe(101);
  }
  expect(upstream.requests).toHaveLength(3);
  expect((await send(server.url, "10.1.2.3", "/healthz")).status).toBe(200);
});
