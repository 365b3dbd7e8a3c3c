// MAX_INFLIGHT_BYTES, as answers count: what clients do not take fills the share of its caller alone, and all of it comes back.
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { connectRaw, type RawClient } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";
import { greetFrames, textFrame } from "../support/websocket-frames.ts";

const MIB = 2 ** 20;
const KEYS = { alice: "alice-key-0123456789", bob: "bob-key-0123456789ab" };
const CLIENT_KEYS = JSON.stringify(Object.entries(KEYS).map(([id, key]) => ({ id, key })));
/** Each caller may hold 16 MiB. */
const LIMITS = { CLIENT_KEYS, MAX_INFLIGHT_BYTES: String(64 * MIB), MODELS_TTL_SECONDS: "60" };
const as = (name: keyof typeof KEYS) => ({ headers: { authorization: `Bearer ${KEYS[name]}` } });

/** 800 KB of models, each of them small. */
const models = {
  object: "list",
  data: Array.from({ length: 400 }, (_, place) => ({ id: `m${place}`, object: "model", owned_by: "x".repeat(2000) })),
};
/** Costs nothing, and has an answer of 12 MB: more than the kernel takes of it. */
const aliases = Array.from({ length: 15 }, (_, place) => `a${place}: models { id ownedBy }`);
const large = { query: `{ ${aliases.join(" ")} }` };
const answerOfLarge = JSON.stringify({
  data: Object.fromEntries(
    aliases.map((_, place) => [`a${place}`, models.data.map(({ id, owned_by }) => ({ id, ownedBy: owned_by }))]),
  ),
});

const serveModels: Answer = (request, ...rest) =>
  json(request.path.endsWith("/models") ? models : chatAnswer)(request, ...rest);

const post = (name: keyof typeof KEYS, operation: { query: string }, headers = "") => {
  const body = JSON.stringify(operation);
  const head = `host: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer ${KEYS[name]}\r\n${headers}`;
  return `POST /graphql HTTP/1.1\r\n${head}content-length: ${body.length}\r\n\r\n${body}`;
};

/** A chat with a prompt of 100 KB: what is left of the account decides whether it is served. */
const ask = (server: TestServer, name: keyof typeof KEYS) =>
  server.query(
    'mutation ($text: String!) { chat(input: { model: "m", messages: [{ role: USER, content: $text }] }) { text } }',
    { text: "x".repeat(600_000) },
    as(name),
  );

/** The body of the next answer, read as it comes. */
async function readBody({ socket }: RawClient): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  let end = Number.POSITIVE_INFINITY;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    length += chunk.length;
    const head =
      end === Number.POSITIVE_INFINITY ? Buffer.concat(chunks).toString("latin1").split("\r\n\r\n", 1)[0] : "";
    if (head) end = head.length + 4 + Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    if (length < end) continue;
    const all = Buffer.concat(chunks);
    socket.unshift(all.subarray(end));
    return all.subarray(all.indexOf("\r\n\r\n") + 4, end).toString();
  }
  throw new Error("The connection ended inside the answer.");
}

/** Alice asks for large answers on several connections, and reads none of them. */
async function askUnread(server: TestServer, headers = "", count = 8): Promise<RawClient[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = await connectRaw(server.url);
      await client.send(post("alice", large, headers));
      return client;
    }),
  );
}

const expectFull = (server: TestServer) =>
  vi.waitFor(async () => expect((await ask(server, "alice")).body.errors?.[0].extensions.code).toBe("OVERLOADED"), {
    timeout: 15_000,
  });

async function expectServed(server: TestServer, name: keyof typeof KEYS) {
  expect((await ask(server, name)).body.data?.chat.text).toBe("hello");
}

describe("answers that nobody reads fill their caller's share, and leave others theirs", () => {
  test("over HTTP, and each that is not refused arrives whole once it is read", async () => {
    const { server } = await startServed(serveModels, LIMITS);
    const clients = await askUnread(server);
    await expectFull(server);
    for (let time = 0; time < 20; time++) await expectServed(server, "bob");
    const bodies = await Promise.all(clients.map(readBody));
    // A request that came when the others had filled the share was refused.
    const refused = bodies.filter((body) => body !== answerOfLarge);
    expect(refused.length).toBeLessThan(clients.length / 2);
    for (const body of refused) expect(JSON.parse(body).errors[0].extensions.code).toBe("OVERLOADED");
    await vi.waitFor(() => expectServed(server, "alice"));
    expect(server.faults).toEqual([]);
  }, 60_000);

  test("and the values of what is not encoded yet count as well", async () => {
    const { server } = await startServed(serveModels, LIMITS);
    const clients = await askUnread(server, "", 60);
    const bodies = await Promise.all(clients.map(readBody));
    const isWhole = bodies.filter((body) => body === answerOfLarge);
    expect(isWhole.length).toBeGreaterThan(0);
    expect(isWhole.length).toBeLessThan(30);
    const others = bodies
      .filter((body) => body !== answerOfLarge)
      .map((body) => JSON.parse(body).errors[0].extensions.code);
    expect(new Set(others)).toEqual(new Set(["OVERLOADED"]));
    await expectServed(server, "alice");
  }, 60_000);

  test("as events", async () => {
    const { server } = await startServed(serveModels, LIMITS);
    const clients = await askUnread(server, "accept: text/event-stream\r\n");
    await expectFull(server);
    for (let time = 0; time < 20; time++) await expectServed(server, "bob");
    for (const client of clients) client.socket.destroy();
    await vi.waitFor(() => expectServed(server, "alice"), { timeout: 10_000 });
  }, 60_000);

  test("over one WebSocket", async () => {
    const { server } = await startServed(serveModels, LIMITS);
    const { socket } = await greetFrames(server.url, { authorization: `Bearer ${KEYS.alice}` });
    socket.pause();
    for (let id = 0; id < 8; id++) socket.write(textFrame({ type: "subscribe", id: String(id), payload: large }));
    await expectFull(server);
    for (let time = 0; time < 20; time++) await expectServed(server, "bob");
    socket.destroy();
    await vi.waitFor(() => expectServed(server, "alice"), { timeout: 10_000 });
  }, 60_000);
});

test("a read that others wait for as well is not held up by the full share of who began it", async () => {
  const begun: Parameters<Answer>[] = [];
  const { server, upstream } = await startServed((request, ...rest) => {
    if (request.path.endsWith("/models/shared")) begun.push([request, ...rest]);
    else serveModels(request, ...rest);
  }, LIMITS);
  await askUnread(server);
  await expectFull(server);
  const readShared = { query: '{ model(id: "shared") { id } }' };
  const alice = await connectRaw(server.url);
  const target = `/graphql?query=${encodeURIComponent(readShared.query)}`;
  const headers = `host: localhost\r\ngraphql-require-preflight: 1\r\nauthorization: Bearer ${KEYS.alice}`;
  // Without a body, for which there is no room.
  await alice.send(`GET ${target} HTTP/1.1\r\n${headers}\r\n\r\n`);
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  const read = server.query(readShared.query, {}, as("bob"));
  await server.query("{ __typename }", {}, as("bob"));
  for (const parameters of begun) json({ id: "shared", owned_by: "x".repeat(500_000) })(...parameters);
  expect((await read).body.data.model.id).toBe("shared");
  expect(upstream.requests.filter(({ path }) => path.endsWith("/shared"))).toHaveLength(1);
});

test("an answer behind another on its connection does not keep the room that the other needs", async () => {
  let isSecondRead = () => {};
  const secondRead = new Promise<void>((resolve) => {
    isSecondRead = resolve;
  });
  const textOf = (length: number) =>
    JSON.stringify({
      ...chatAnswer,
      choices: [{ index: 0, message: { role: "assistant", content: "x".repeat(length) } }],
    });
  const answer: Answer = async (request, res) => {
    res.writeHead(200, { "content-type": "application/json" });
    const isFirst = String(request.body).includes('"first"');
    const text = textOf(isFirst ? 12 * MIB : 24 * MIB);
    if (!isFirst) return void res.end(text, isSecondRead);
    res.write(text.slice(0, MIB));
    await secondRead;
    res.end(text.slice(MIB));
  };
  const { server } = await startServed(answer, { ...LIMITS, UPSTREAM_TOTAL_TIMEOUT_MS: "8000" });
  const client = await connectRaw(server.url);
  const named = (model: string) => ({ query: chat.replace(/model: "[^"]*"/, `model: "${model}"`) });
  await client.send(post("alice", named("first")) + post("alice", named("second")));
  // The second is read by its upstream's end of the connection, or as far as there is room for it.
  setTimeout(isSecondRead, 1000);
  const lengths = [await readBody(client), await readBody(client)].map(
    (body) => JSON.parse(body).data?.chat.text.length,
  );
  expect(lengths).toEqual([12 * MIB, 24 * MIB]);
  expect(server.faults).toEqual([]);
}, 30_000);

test("what is answered to a client that has left while its token was checked is not counted", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const checks: Parameters<Answer>[1][] = [];
  const provider = await startUpstream((_, res) => void checks.push(res));
  const server = await startTestServer(provider.url, {
    AUTH: "jwt",
    JWT_JWKS_URL: `${provider.url}/jwks`,
    JWT_ISSUER: "https://issuer.test",
    JWT_AUDIENCE: "graphql",
    MAX_BODY_BYTES: "100000",
    MAX_INFLIGHT_BYTES: "400000",
  });
  const token = await new SignJWT({ sub: "ada" })
    .setProtectedHeader({ alg: "ES256", kid: "first" })
    .setIssuer("https://issuer.test")
    .setAudience("graphql")
    .setExpirationTime("1h")
    .sign(privateKey);
  const fields = Array.from(
    { length: 60 },
    (_, place) => `a${place}: __type(name: "ChatInput") { inputFields { name description } }`,
  );
  const query = encodeURIComponent(`{ ${fields.slice(0, 20).join(" ")} }`);
  const clients = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const client = await connectRaw(server.url);
      await client.send(
        `GET /graphql?query=${query} HTTP/1.1\r\nhost: localhost\r\ngraphql-require-preflight: 1\r\nauthorization: Bearer ${token}\r\n\r\n`,
      );
      return client;
    }),
  );
  await vi.waitFor(() => expect(checks.length).toBeGreaterThan(0));
  for (const { socket } of clients) socket.destroy();
  await Promise.all(clients.map(({ closed }) => closed));
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "first", alg: "ES256" }] };
  const asAda = { headers: { authorization: `Bearer ${token}` } };
  setTimeout(() => {
    for (const res of checks) res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(keys));
  }, 200);
  const { body } = await server.query(
    "query ($a: Boolean = true, $b: String) { __typename @include(if: $a) }",
    { b: "x".repeat(90_000) },
    asAda,
  );
  expect(body.errors?.[0].extensions.code).not.toBe("OVERLOADED");
  expect(server.faults).toEqual([]);
});
