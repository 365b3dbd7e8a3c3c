// Requests that a page of another origin can make a visitor's browser send without a preflight: refused before they cost.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as sendRequest } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { chat } from "../support/calls.ts";
import { CONTENT_TYPE, filePart, variations, varied, varyFields, writeBody } from "../support/multipart.ts";
import { startTestServer } from "../support/server.ts";
import { chat as chatStream, hello, streams } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

const LISTED = "https://app.example.com";
const ALLOWED_HOSTS = "127.0.0.1,api.example.com";
const models = { object: "list", data: [{ id: "m", object: "model" }] };

async function start(environment: Record<string, string> = { CORS_ORIGINS: LISTED }) {
  const upstream = await startUpstream((received, ...rest) =>
    json(received.method === "GET" ? models : variations)(received, ...rest),
  );
  return { upstream, server: await startTestServer(upstream.url, { ALLOWED_HOSTS, ...environment }) };
}

/** Sends these headers and no others: fetch would add its own, and keeps `Origin` and `Host` to itself. */
async function send(url: string, method: string, headers: Record<string, string>, body?: Buffer | string) {
  const req = sendRequest(url, { method, headers, agent: false });
  onTestFinished(() => void req.destroy());
  req.end(body);
  const [res]: [IncomingMessage] = (await once(req, "response")) as [IncomingMessage];
  return { status: res.statusCode, headers: res.headers, body: JSON.parse(await text(res)) };
}

const getModels = (url: string, headers: Record<string, string>) =>
  send(`${url}?query=${encodeURIComponent("{ models { id } }")}`, "GET", headers);
const upload = (url: string, headers: Record<string, string>) =>
  send(url, "POST", { "content-type": CONTENT_TYPE, ...headers }, writeBody(...varyFields, filePart("x")));

const HOST = "api.example.com:8443";

/** The headers that make a difference, by what sends them. */
const proven: [string, Record<string, string>][] = [
  ["the header graphql-require-preflight", { "graphql-require-preflight": "1" }],
  ["the header apollo-require-preflight", { "apollo-require-preflight": "true" }],
  ["the header x-graphql-yoga-csrf", { "x-graphql-yoga-csrf": "x" }],
  [
    "such a header, from a page of another origin that preflight has let pass",
    { "x-graphql-yoga-csrf": "x", origin: LISTED, "sec-fetch-site": "cross-site" },
  ],
  ["Authorization: Bearer", { authorization: "Bearer anything" }],
  [
    "Authorization: Bearer, from a browser's extension",
    { authorization: "bearer  x", "sec-fetch-site": "none", "sec-fetch-mode": "cors" },
  ],
  ["x-apollo-operation-name", { "x-apollo-operation-name": "Named" }],
  ["apollographql-client-name", { "apollographql-client-name": "web" }],
  ["idempotency-key", { "idempotency-key": "1" }],
  ["Sec-Fetch-Site: same-origin", { "sec-fetch-site": "same-origin" }],
  [
    "Sec-Fetch-Site: same-origin behind a proxy that changes Host",
    { "sec-fetch-site": "same-origin", origin: "https://public.example.com" },
  ],
  ["an Origin on CORS_ORIGINS", { origin: LISTED }],
  ["an Origin on CORS_ORIGINS and Sec-Fetch-Site: cross-site", { origin: LISTED, "sec-fetch-site": "cross-site" }],
  ["an Origin of the server's own host", { origin: `https://${HOST}`, host: HOST }],
  [
    "an Origin of the server's own host by its default port",
    { origin: "https://api.example.com", host: "API.example.com:443" },
  ],
];

const unproven: [string, Record<string, string>][] = [
  ["nothing", {}],
  ["an empty header", { "graphql-require-preflight": "" }],
  ["a header of spaces", { "apollo-require-preflight": "  " }],
  ["Authorization of a scheme that browsers add", { authorization: "Basic YTpi" }],
  ["an empty Authorization", { authorization: "Bearer " }],
  [
    "Authorization that a gateway has made of a cookie, for a page of another site",
    { authorization: "Bearer x", "sec-fetch-site": "cross-site" },
  ],
  [
    "Authorization that a gateway has made of a cookie, for a link in a mail",
    { authorization: "Bearer x", "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
  ],
  [
    "what browsers, web views and proxies add",
    {
      accept: "application/json",
      "accept-language": "en",
      "last-event-id": "1",
      range: "bytes=0-",
      "x-requested-with": "com.example.app",
      "x-forwarded-for": "10.0.0.1",
      "x-request-id": "1",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      cookie: "a=b",
      dnt: "1",
    },
  ],
  ["another Origin", { origin: "https://evil.example" }],
  ["Origin: null", { origin: "null" }],
  ["an Origin that only begins like a listed one", { origin: `${LISTED}.evil.example` }],
  ["a listed Origin of another scheme", { origin: LISTED.replace("https", "http") }],
  ["a listed Origin in capitals", { origin: LISTED.toUpperCase() }],
  ["an Origin of the same host on another port", { origin: "https://api.example.com:1", host: HOST }],
  ["an Origin with the host as its user", { origin: `https://${HOST}@evil.example`, host: HOST }],
  ["an Origin with the host as its path", { origin: `https://evil.example/${HOST}`, host: HOST }],
  ["a file's Origin", { origin: "file://", host: HOST }],
  ["two Origins, one of them listed", { origin: `${LISTED}, https://evil.example` }],
  ["Sec-Fetch-Site: cross-site", { "sec-fetch-site": "cross-site" }],
  ["Sec-Fetch-Site: same-site", { "sec-fetch-site": "same-site" }],
  ["Sec-Fetch-Site: none, as a link in a mail", { "sec-fetch-site": "none" }],
  ["Sec-Fetch-Site: same-origin, cross-site", { "sec-fetch-site": "same-origin, cross-site" }],
  [
    "the host's Origin of another scheme, as somebody on the way makes it",
    { origin: `http://${HOST}`, host: HOST, "sec-fetch-site": "cross-site" },
  ],
];

describe("a GET or a multipart request", () => {
  test.each(proven)("with %s is served", async (_, headers) => {
    const { server } = await start();
    expect((await getModels(server.url, headers)).body).toEqual({ data: { models: [{ id: "m" }] } });
    expect((await upload(server.url, headers)).body).toEqual({ data: { imageVariations: varied } });
  });

  test.each(unproven)("with %s is FORBIDDEN and reaches no upstream", async (_, headers) => {
    const { upstream, server } = await start();
    for (const refused of [await getModels(server.url, headers), await upload(server.url, headers)]) {
      expect(refused.status).toBe(403);
      expect(refused.body.errors).toEqual([
        {
          message: expect.stringMatching(/graphql-require-preflight, apollo-require-preflight, x-graphql-yoga-csrf/),
          extensions: { code: "FORBIDDEN" },
        },
      ]);
    }
    expect(upstream.requests).toEqual([]);
  });

  test("without CORS_ORIGINS no other origin proves anything", async () => {
    const { upstream, server } = await start({});
    for (const origin of [LISTED, "null", "undefined"]) {
      expect((await getModels(server.url, { origin })).status).toBe(403);
    }
    expect(upstream.requests).toEqual([]);
  });
});

describe("a GET with a content type", () => {
  test.each([
    "application/json",
    "Application/JSON; charset=utf-8",
    "application/graphql-response+json",
    "application/graphql+json",
  ])("of JSON, %s, is served, as a browser asks before it sends one", async (type) => {
    const { server } = await start();
    expect((await getModels(server.url, { "content-type": type })).status).toBe(200);
  });

  test.each([
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=application/json",
    "application/json, text/plain",
    "application/jsonp",
    "",
  ])("that forms can have, %j, is FORBIDDEN", async (type) => {
    const { upstream, server } = await start();
    expect((await getModels(server.url, { "content-type": type })).status).toBe(403);
    expect(upstream.requests).toEqual([]);
  });
});

test("a mutation by GET is refused whatever proves where it comes from", async () => {
  const { upstream, server } = await start();
  const headers = { authorization: "Bearer x", "content-type": "application/json", "x-graphql-yoga-csrf": "1" };
  const refused = await send(`${server.url}?query=${encodeURIComponent(chat)}`, "GET", headers);
  expect([refused.status, refused.headers.allow]).toEqual([405, "POST"]);
  expect(upstream.requests).toEqual([]);
});

test.each([
  ["Upgrade", { connection: "close" }],
  ["Connection", { upgrade: "websocket" }],
])("a WebSocket handshake whose %s a proxy has dropped hears that", async (_, headers) => {
  const { server } = await start();
  const handshake = { "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13", origin: LISTED };
  const refused = await send(server.url, "GET", { ...handshake, ...headers } as Record<string, string>);
  expect([refused.status, refused.headers.upgrade]).toEqual([426, "websocket"]);
  expect(refused.body.errors).toEqual([
    { message: expect.stringMatching(/WebSocket.*Upgrade and Connection.*proxy/), extensions: { code: "BAD_REQUEST" } },
  ]);
});

test("a subscription by GET of a page of another origin is not paid for", async () => {
  const upstream = await startUpstream(streams(hello));
  const server = await startTestServer(upstream.url);
  const headers = { accept: "text/event-stream", origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  expect((await send(`${server.url}?query=${encodeURIComponent(chatStream)}`, "GET", headers)).status).toBe(403);
  expect(upstream.requests).toEqual([]);
});

test.each(["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json", ""])(
  "a form's or a beacon's POST of %j is refused whatever it holds",
  async (type) => {
    const { upstream, server } = await start();
    const headers = { origin: "https://evil.example", ...(type && { "content-type": type }) };
    const refused = await send(server.url, "POST", headers, JSON.stringify({ query: chat }));
    expect(refused.status).toBe(415);
    expect(upstream.requests).toEqual([]);
  },
);

test("a POST of application/json needs no such header: browsers ask before they send it", async () => {
  const { server } = await start();
  const headers = { "content-type": "application/json" };
  expect((await send(server.url, "POST", headers, '{"query":"{ models { id } }"}')).status).toBe(200);
});

describe("the handshake of a WebSocket", () => {
  /** The status that answers the handshake. */
  async function shakeHands(url: string, headers: Record<string, string>): Promise<number> {
    const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws", { headers });
    onTestFinished(() => socket.terminate());
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(101));
      socket.once("unexpected-response", (_, res) => resolve(res.statusCode ?? 0));
      socket.once("error", reject);
    });
  }

  test.each([
    ["no Origin, as no browser's", {}],
    ["an Origin on CORS_ORIGINS", { origin: LISTED }],
    ["an Origin of the server's own host", { origin: `https://${HOST}`, host: HOST }],
    ["Sec-Fetch-Site: same-origin", { origin: "https://public.example.com", "sec-fetch-site": "same-origin" }],
  ])("with %s is accepted", async (_, headers) => {
    const { server } = await start();
    expect(await shakeHands(server.url, headers as Record<string, string>)).toBe(101);
  });

  test.each([
    ["another Origin", { origin: "https://evil.example" }],
    ["Origin: null", { origin: "null" }],
    [
      "another Origin and Sec-Fetch-Site: cross-site",
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    ],
    ["a listed Origin of another scheme", { origin: LISTED.replace("https", "http") }],
    ["the host's Origin on another port", { origin: "https://api.example.com:1", host: HOST }],
  ])("with %s is 403", async (_, headers) => {
    const { server } = await start();
    expect(await shakeHands(server.url, headers as Record<string, string>)).toBe(403);
  });

  test("with a Host that is none is 400", async () => {
    const { server } = await start();
    expect(await shakeHands(server.url, { host: "user@evil" })).toBe(400);
  });
});
