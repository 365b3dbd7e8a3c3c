// Which callers the server accepts, over every transport. Others are refused before their body is read and before any cost.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { createClient } from "graphql-ws";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { calls, chat, chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startServed } from "../support/served-upstream.ts";
import { chat as chatStream, hello, streams } from "../support/stream.ts";
import { failure, json } from "../support/upstream.ts";

const serverKey = "sk-test-key-0123456789";

const start = (environment: Record<string, string>, answer = json(chatAnswer)) => startServed(answer, environment);

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("with client keys", () => {
  test.each(calls)(
    "$field is served to the key's owner, with the server's key upstream",
    async ({ field, operation, answer, data }) => {
      const { upstream, server } = await start(aliceWith(), json(answer));
      expect((await server.query(operation, {}, alice)).body.data).toEqual({ [field]: data });
      expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${serverKey}`]);
    },
  );

  test.each<[string, Record<string, string>]>([
    ["no credentials", {}],
    ["a wrong key", { authorization: "Bearer alice-key-01234567892" }],
    ["a part of the key", { authorization: "Bearer alice" }],
    ["the key in another case", { authorization: "Bearer ALICE-KEY-0123456789" }],
    ["Basic", { authorization: `Basic ${btoa("alice:alice-key-0123456789")}` }],
    ["no scheme", { authorization: "alice-key-0123456789" }],
    ["two keys in one header", { authorization: "Bearer alice-key-0123456789, Bearer alice-key-0123456789" }],
    ["the upstream's own key", { authorization: `Bearer ${serverKey}` }],
    ["the key in another header", { "x-api-key": "alice-key-0123456789" }],
    ["the key as a cookie", { cookie: "authorization=Bearer alice-key-0123456789" }],
  ])("%s is refused with 401 and a challenge, unpaid", async (_, headers) => {
    const { upstream, server } = await start(aliceWith());
    for (const { operation } of calls) {
      const answer = await server.query(operation, {}, { headers });
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(answer.body).toEqual({
        errors: [{ message: expect.any(String), extensions: { code: "UNAUTHENTICATED" } }],
      });
      expect(answer.text).not.toMatch(/alice-key-0123456789|sk-test/);
    }
    expect(upstream.requests).toHaveLength(0);
    expect(server.faults).toEqual([]);
  });

  test("two Authorization headers, and a key in the URL, are refused", async () => {
    const { upstream, server } = await start(aliceWith());
    const two = await sendRaw(server.url, [
      "authorization: Bearer alice-key-0123456789",
      "authorization: Bearer alice-key-0123456789",
    ]);
    expect(two).toMatch(/^HTTP\/1\.1 401 /);
    for (const name of ["access_token", "api_key", "Key", "authorization"]) {
      const response = await fetch(`${server.url}?${name}=alice-key-0123456789`, {
        method: "POST",
        headers: { ...alice.headers, "content-type": "application/json" },
        body: JSON.stringify({ query: chat }),
      });
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain("alice-key-0123456789");
    }
    expect(upstream.requests).toHaveLength(0);
  });

  test("queries that call no upstream, introspection, broken documents and multipart need a key, too", async () => {
    const { upstream, server } = await start(aliceWith());
    for (const query of ["{ __typename }", "{ viewer { id } }", "{ __schema { types { name } } }", "{"]) {
      expect((await server.query(query)).status).toBe(401);
    }
    const { status } = await server.upload({ query: chat }, { 0: ["variables.image"] }, { 0: new Blob(["x"]) });
    expect(status).toBe(401);
    expect(upstream.requests).toHaveLength(0);
  });

  test("the refusal comes before the body: a client that sends none has its answer", async () => {
    const { server } = await start(aliceWith());
    const answer = await sendRaw(server.url, ["content-length: 5000000"], { body: "" });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test("a stream over SSE needs a key", async () => {
    const { upstream, server } = await start(aliceWith(), streams(hello));
    const accept = { accept: "text/event-stream" };
    const refused = await server.query(chatStream, {}, { headers: accept });
    expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
    expect(upstream.requests).toHaveLength(0);
    expect((await server.query(chatStream, {}, { headers: { ...accept, ...alice.headers } })).text).toContain("Hel");
    expect(upstream.requests).toHaveLength(1);
  });
});

/** Connects with graphql-ws; yields the first result or the close code. */
async function runOverWs(
  url: string,
  options: { params?: Record<string, unknown>; headers?: Record<string, string | string[]> },
) {
  class Socket extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers: options.headers as Record<string, string> });
    }
  }
  const client = createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: Socket,
    retryAttempts: 0,
    ...(options.params && { connectionParams: options.params }),
  });
  onTestFinished(() => void client.dispose());
  return new Promise<unknown>((resolve) => {
    client.subscribe(
      { query: chat },
      {
        next: ({ data, errors }) => resolve(data ?? errors?.[0]?.extensions?.code),
        error: (error) => resolve((error as CloseEvent).code ?? (error as Error).message ?? error),
        complete() {},
      },
    );
  });
}

describe("over WebSocket", () => {
  const ok = { chat: { text: "hello" } };
  test.each<[string, Parameters<typeof runOverWs>[1], unknown]>([
    ["a header of the handshake", alice, ok],
    ["connection parameters", { params: { authorization: "Bearer alice-key-0123456789" } }, ok],
    ["connection parameters with a capital", { params: { Authorization: "Bearer alice-key-0123456789" } }, ok],
    [
      "headers in the connection parameters",
      { params: { headers: { authorization: "Bearer alice-key-0123456789" } } },
      ok,
    ],
    ["nothing", {}, 4403],
    ["no parameters of use", { params: { token: "alice-key-0123456789" } }, 4403],
    ["a wrong key", { params: { authorization: "Bearer nobody" } }, 4403],
    ["a bare key", { params: { authorization: "alice-key-0123456789" } }, 4403],
    ["the upstream's key", { params: { authorization: `Bearer ${serverKey}` } }, 4403],
    ["both at once", { ...alice, params: { authorization: "Bearer alice-key-0123456789" } }, 4403],
    [
      "two in the parameters",
      { params: { authorization: "Bearer alice-key-0123456789", Authorization: "Bearer alice-key-0123456789" } },
      4403,
    ],
    ["a list", { params: { authorization: ["Bearer alice-key-0123456789"] } }, 4403],
  ])("%s", async (_, options, expected) => {
    const { upstream, server } = await start(aliceWith());
    expect(await runOverWs(server.url, options)).toEqual(expected);
    expect(upstream.requests).toHaveLength(expected === ok ? 1 : 0);
  });

  test("a bad header is refused at the handshake with 401", async () => {
    const { server } = await start(aliceWith());
    for (const headers of [{ authorization: "Bearer nobody" }, { authorization: "Basic YTpi" }]) {
      const socket = new WebSocket(server.url.replace("http", "ws"), "graphql-transport-ws", { headers });
      const [, response] = await once(
        socket.on("error", () => {}),
        "unexpected-response",
      );
      expect(response.statusCode).toBe(401);
    }
  });

  test("no operation runs before the connection has said who it is", async () => {
    const { upstream, server } = await start(aliceWith());
    const socket = new WebSocket(server.url.replace("http", "ws"), "graphql-transport-ws");
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: chat } }));
    const [code] = await once(socket, "close");
    expect(code).toBe(4401);
    expect(upstream.requests).toHaveLength(0);
  });
});

describe("with JWTs", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const pem = await exportSPKI(publicKey);
  const configuration = {
    JWT_PUBLIC_KEY: pem.replaceAll("\n", "\\n"),
    JWT_ISSUER: "https://issuer.example.com",
    JWT_AUDIENCE: "chat",
    JWT_LIMITS: '{"requestsPerMinute":1}',
  };
  const sign = (subject: string, expires: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: "ES256" })
      .setSubject(subject)
      .setIssuer("https://issuer.example.com")
      .setAudience("chat")
      .setExpirationTime(expires)
      .sign(privateKey);

  test("the caller is `sub`, each with limits of its own", async () => {
    const { upstream, server } = await start(configuration);
    const [ann, bob] = [bearer(await sign("ann", "1m")), bearer(await sign("bob", "1m"))];
    expect((await server.query("{ viewer { id } }", {}, ann)).body.data.viewer.id).toBe("ann");
    const statuses = [];
    for (const caller of [ann, ann, bob]) statuses.push((await server.query(chat, {}, caller)).status);
    expect(statuses).toEqual([200, 429, 200]);
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${serverKey}`);
  });

  test("expired and foreign tokens are refused, and nothing of them is shown", async () => {
    const { upstream, server } = await start(configuration);
    const { privateKey: other } = await generateKeyPair("ES256");
    const forged = await new SignJWT({})
      .setProtectedHeader({ alg: "ES256" })
      .setSubject("ann")
      .setExpirationTime("1m")
      .sign(other);
    for (const token of [await sign("ann", "-1m"), forged, "e30.e30.e30"]) {
      const { status, text } = await server.query(chat, {}, bearer(token));
      expect(status).toBe(401);
      expect(text).not.toContain(token.slice(0, 20));
    }
    expect(upstream.requests).toHaveLength(0);
  });

  test("stand beside client keys", async () => {
    const { server } = await start({ ...configuration, ...aliceWith() });
    expect((await server.query("{ viewer { id } }", {}, alice)).body.data.viewer.id).toBe("alice");
    expect((await server.query("{ viewer { id } }", {}, bearer(await sign("ann", "1m")))).body.data.viewer.id).toBe(
      "ann",
    );
    expect((await server.query("{ viewer { id } }")).status).toBe(401);
  });
});

describe("with AUTH=passthrough", () => {
  const passthrough = {
    AUTH: "passthrough",
    OPENAI_ORG_ID: "org-of-the-server",
    OPENAI_PROJECT_ID: "proj-of-the-server",
  };

  test.each(calls)(
    "$field goes up with the caller's own key and nothing of the server's account",
    async ({ field, operation, answer, data }) => {
      const { upstream, server } = await start(passthrough, json(answer));
      expect((await server.query(operation, {}, bearer("sk-callers-own"))).body.data).toEqual({ [field]: data });
      expect(upstream.requests).toHaveLength(1);
      const headers = upstream.requests[0]?.headers;
      expect(headers?.authorization).toBe("Bearer sk-callers-own");
      expect(JSON.stringify(headers)).not.toMatch(/of-the-server|sk-test/);
    },
  );

  test("no key, and the server's own, go nowhere", async () => {
    const { upstream, server } = await start(passthrough);
    expect((await server.query(chat)).status).toBe(401);
    expect((await server.query(chat, {}, bearer(serverKey))).status).toBe(401);
    expect(upstream.requests).toHaveLength(0);
  });

  test("over WebSocket and SSE as well", async () => {
    const { upstream, server } = await start(passthrough);
    await runOverWs(server.url, { params: { authorization: "Bearer sk-socket" } });
    upstream.answer = streams(hello);
    await server.query(chatStream, {}, { headers: { accept: "text/event-stream", ...bearer("sk-stream").headers } });
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer sk-socket",
      "Bearer sk-stream",
    ]);
  });

  test("an upstream that quotes the caller's key is not repeated", async () => {
    const { server } = await start(
      passthrough,
      failure(401, { message: "Incorrect API key provided: own-key-of-the-caller." }),
    );
    const { text } = await server.query(chat, {}, bearer("own-key-of-the-caller"));
    expect(text).toContain("UPSTREAM_UNAUTHENTICATED");
    expect(text).not.toContain("own-key-of-the-caller");
  });

  test("callers are told apart by a digest of their keys", async () => {
    const { server } = await start(passthrough);
    const ids = [];
    for (const key of ["one", "two", "one"]) {
      ids.push((await server.query("{ viewer { id } }", {}, bearer(key))).body.data.viewer.id);
    }
    expect(ids[0]).toMatch(/^key-[\da-f]{12}$/);
    expect([ids[0] === ids[2], ids[0] === ids[1]]).toEqual([true, false]);
  });
});

test("with AUTH=none nothing that a client sends as a key goes up", async () => {
  const { upstream, server } = await start({ AUTH: "none" });
  await server.query(
    chat,
    {},
    { headers: { authorization: "Bearer sk-clients", "openai-organization": "org-clients" } },
  );
  expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${serverKey}`);
  expect(upstream.requests[0]?.headers["openai-organization"]).toBeUndefined();
});

test("the upstream sees no header, cookie or address of the client", async () => {
  const marker = randomBytes(8).toString("hex");
  const { upstream, server } = await start({});
  const headers = {
    cookie: `session=${marker}`,
    "user-agent": marker,
    "x-forwarded-for": marker,
    forwarded: `for=${marker}`,
    referer: `https://${marker}.example.com/`,
    "accept-language": marker,
    "x-request-id": marker,
    traceparent: marker,
    "openai-beta": marker,
    "x-api-key": marker,
  };
  for (const { operation, answer } of calls) {
    upstream.answer = json(answer);
    expect((await server.query(operation, {}, { headers })).body.errors).toBeUndefined();
  }
  for (const { headers } of upstream.requests) {
    expect(JSON.stringify(headers)).not.toContain(marker);
    expect(Object.keys(headers).sort()).toEqual(
      expect.not.arrayContaining(["cookie", "x-forwarded-for", "forwarded", "referer", "origin"]),
    );
  }
  expect(upstream.requests).toHaveLength(calls.length);
});

/** Sends a POST with these header lines over a raw socket and yields the answer's text up to its close, or its end. */
async function sendRaw(url: string, lines: string[], { body = JSON.stringify({ query: chat }) } = {}): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const length = lines.some((line) => line.startsWith("content-length")) ? [] : [`content-length: ${body.length}`];
  const type = "content-type: application/json";
  socket.write(["POST /graphql HTTP/1.1", "host: localhost", type, ...length, ...lines, "", body].join("\r\n"));
  const [text] = await once(socket.setEncoding("utf8"), "data");
  return text;
}
