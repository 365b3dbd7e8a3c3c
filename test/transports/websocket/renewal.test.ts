// A WebSocket outlives the key or token that opened it: it is closed with 4403 as soon as nothing runs on it, so that its client
// connects anew and asks for a fresh one.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApolloClient, gql, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { startServed } from "../../support/served-upstream.ts";
import { chat, chunk, done, event, hello, openStream, streams, write } from "../../support/stream.ts";
import { openWebSocket, subscribeMessage } from "../../support/websocket.ts";

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const OLD = "old-key-0123456789";
const NEW = "new-key-0123456789";

/** A server whose one caller has the key OLD, until `rotate` gives it NEW. */
async function start(answer = streams(hello)) {
  const folder = mkdtempSync(join(tmpdir(), "renewal-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "client-keys.json");
  const writeKey = (key: string) => writeFileSync(path, JSON.stringify([{ id: "alice", key }]));
  writeKey(OLD);
  const { upstream, server } = await startServed(answer, { CLIENT_KEYS_FILE: path });
  async function rotate() {
    writeKey(NEW);
    const status = async () => (await server.query("{ __typename }", {}, { headers: bearer(OLD) })).status;
    await expect.poll(status, { timeout: 10_000 }).toBe(401);
  }
  return { upstream, server, rotate };
}

/** A client of graphql-ws with the key that is right at the moment; `connections` are the keys that it has connected with. */
function connect(url: string, currentKey: () => string, lazy = true) {
  const connections: string[] = [];
  const closes: number[] = [];
  const client = createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    lazy,
    // As after a first subscription: the connection stays for the next.
    lazyCloseTimeout: 60_000,
    retryWait: async () => {},
    connectionParams: () => {
      connections.push(currentKey());
      return bearer(currentKey());
    },
    onNonLazyError() {},
    on: { closed: (close) => closes.push((close as CloseEvent).code) },
  });
  onTestFinished(() => client.terminate());
  const run = (query = chat) =>
    new Promise<unknown[]>((resolve, reject) => {
      const results: unknown[] = [];
      client.subscribe(
        { query },
        { next: (result) => results.push(result), error: reject, complete: () => resolve(results) },
      );
    });
  return { client, connections, closes, run };
}

const words = [{ data: { chat: { text: "Hel" } } }, { data: { chat: { text: "lo" } } }];

test.each([true, false])("a client of graphql-ws goes on with a fresh key; lazy: %j", async (lazy) => {
  const { upstream, server, rotate } = await start();
  let key = OLD;
  const { run, connections, closes } = connect(server.url, () => key, lazy);
  expect(await run()).toEqual(words);
  await rotate();
  key = NEW;
  expect(await run()).toEqual(words);
  expect(await run()).toEqual(words);
  expect(connections).toEqual([OLD, NEW]);
  expect(closes).toEqual([4403]);
  expect(upstream.requests).toHaveLength(3);
});

test("operations that begin at once all go on with the fresh key", async () => {
  const { upstream, server, rotate } = await start();
  let key = OLD;
  const { run, connections } = connect(server.url, () => key);
  await run();
  await rotate();
  key = NEW;
  expect(await Promise.all([run(), run(), run("{ viewer { id } }")])).toEqual([
    words,
    words,
    [{ data: { viewer: { id: "alice" } } }],
  ]);
  expect(connections).toEqual([OLD, NEW]);
  expect(upstream.requests).toHaveLength(3);
});

test("a client that has no fresh key hears 4403 once it has tried", async () => {
  const { upstream, server, rotate } = await start();
  const { run, connections } = connect(server.url, () => OLD);
  await run();
  await rotate();
  await expect(run()).rejects.toMatchObject({ code: 4403 });
  expect(connections.length).toBeGreaterThan(1);
  expect(upstream.requests).toHaveLength(1);
});

test("Apollo Client goes on with a fresh key", async () => {
  const { server, rotate } = await start();
  let key = OLD;
  const { client, connections } = connect(server.url, () => key);
  const apollo = new ApolloClient({ cache: new InMemoryCache(), link: new GraphQLWsLink(client) });
  onTestFinished(() => apollo.stop());
  const ask = () => apollo.query({ query: gql("{ viewer { id } }"), fetchPolicy: "no-cache" });
  expect((await ask()).data).toEqual({ viewer: { __typename: "Viewer", id: "alice" } });
  await rotate();
  key = NEW;
  expect((await ask()).data).toEqual({ viewer: { __typename: "Viewer", id: "alice" } });
  expect(connections).toEqual([OLD, NEW]);
});

/** A stream that says "Hel", and "lo" when it is told to go on. */
function startPausedStream() {
  let goOn = () => {};
  const told = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const begun = start(async (_, res) => {
    openStream(res);
    await write(res, event(chunk("Hel")));
    await told;
    res.end(event(chunk("lo", "stop")) + done);
  });
  return { begun, goOn };
}

async function greet(url: string, key: string) {
  const connection = await openWebSocket(url);
  connection.send({ type: "connection_init", payload: bearer(key) });
  await expect.poll(() => connection.messages).toEqual([{ type: "connection_ack" }]);
  connection.messages.pop();
  return connection;
}

test("a stream that runs is not cut; others are refused meanwhile, and its end closes the socket", async () => {
  const { begun, goOn } = startPausedStream();
  const { upstream, server, rotate } = await begun;
  const { messages, closed, send } = await greet(server.url, OLD);
  send(subscribeMessage(chat));
  await expect.poll(() => messages.length).toBe(1);
  await rotate();
  send(subscribeMessage(chat, "2"));
  await expect.poll(() => messages.length).toBe(2);
  goOn();
  expect(await closed).toEqual([4403, "Forbidden"]);
  expect(messages).toMatchObject([
    { id: "1", type: "next", payload: words[0] },
    { id: "2", type: "error", payload: [{ extensions: { code: "UNAUTHENTICATED" } }] },
    { id: "1", type: "next", payload: words[1] },
    { id: "1", type: "complete" },
  ]);
  expect(upstream.requests).toHaveLength(1);
});

test("a stream that ends after its key has closes the socket", async () => {
  const { begun, goOn } = startPausedStream();
  const { server, rotate } = await begun;
  const { messages, closed, send } = await greet(server.url, OLD);
  send(subscribeMessage(chat));
  await expect.poll(() => messages.length).toBe(1);
  await rotate();
  goOn();
  expect(await closed).toEqual([4403, "Forbidden"]);
  expect(messages.map(({ type }) => type)).toEqual(["next", "next", "complete"]);
});

test("a stream that ends before its key has keeps the socket", async () => {
  const { server } = await start();
  const { messages, socket, send } = await greet(server.url, OLD);
  for (const id of ["1", "2"]) {
    send(subscribeMessage(chat, id));
    await expect.poll(() => messages.splice(0, 3).map(({ type }) => type)).toEqual(["next", "next", "complete"]);
  }
  expect(socket.readyState).toBe(socket.OPEN);
});

test("an idle socket is closed when it is pinged", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const { server, rotate } = await start();
  const { closed } = await greet(server.url, OLD);
  vi.advanceTimersByTime(1_000);
  const rotated = rotate();
  const ticks = setTimeout(function tick() {
    vi.advanceTimersByTime(1_000);
    ticks.refresh();
  }, 20);
  onTestFinished(() => clearTimeout(ticks));
  await rotated;
  expect(await closed).toEqual([4403, "Forbidden"]);
});

test("a JWT that expires under a stream closes the socket at its end, and a fresh one goes on", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const sign = (seconds: number) =>
    new SignJWT({})
      .setProtectedHeader({ alg: "ES256" })
      .setSubject("ann")
      .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
      .sign(privateKey);
  const { upstream, server } = await startServed(streams(hello), {
    JWT_PUBLIC_KEY: (await exportSPKI(publicKey)).replaceAll("\n", "\\n"),
  });
  // Five seconds are the tolerance of clocks.
  let token = await sign(-3);
  const old = token;
  const { run, connections, closes } = connect(server.url, () => token);
  expect(await run()).toEqual(words);
  token = await sign(60);
  const status = async () => (await server.query("{ __typename }", {}, { headers: bearer(old) })).status;
  await expect.poll(status, { timeout: 5_000 }).toBe(401);
  expect(await run()).toEqual(words);
  expect(connections).toEqual([old, token]);
  expect(closes).toEqual([4403]);
  expect(upstream.requests).toHaveLength(2);
});
