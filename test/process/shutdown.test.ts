// The real process stops while streams run and sockets are open.
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type RunningProcess, startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";
import { chunk, done, event, noticed, streams, streamsThen, write } from "../support/stream.ts";
import { connectWs, summary, transports } from "../support/subscribe.ts";
import { startUpstream } from "../support/upstream.ts";

const half = event(chunk("Hel"));
const rest = event(chunk("lo", "stop")) + done;
/** Gives half an answer and then nothing. */
const stuck = streamsThen(half, () => {});

/** Gives half an answer, and the rest when `finish` is called. */
function unfinished() {
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const answer = streamsThen(half, async (res) => {
    await finished;
    await write(res, rest);
    res.end();
  });
  return { answer, finish };
}

async function startOn(upstreamUrl: string, environment: Record<string, string> = {}) {
  const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstreamUrl, MAX_RETRIES: "0", ...environment });
  return { server, url: await server.url };
}

/** Sends SIGTERM and waits until it is heard. */
async function terminate(server: RunningProcess): Promise<void> {
  server.child.kill("SIGTERM");
  await server.printed("SIGTERM");
}

/** A socket that sends and answers nothing of its own accord; `bytes` is what it sends. */
async function connectRaw(url: string, bytes = ""): Promise<void> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  if (!bytes) return;
  socket.write(bytes);
  await once(socket, "data");
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n";

describe.each(transports)("over $transport", ({ subscribe }) => {
  test("a stream that ends within DRAIN_MS is whole, and the process exits with 0", async () => {
    const { answer, finish } = unfinished();
    const { server, url } = await startOn((await startUpstream(answer)).url);
    const subscription = await subscribe(url);
    await subscription.next();
    await terminate(server);
    finish();
    expect(await summary(subscription)).toEqual(["Hel", "lo", "complete"]);
    expect(await server.ended).toBe(0);
  });

  test("a longer one is the text so far, SHUTTING_DOWN and the end; its upstream call ends, the process exits with 0", async () => {
    const upstream = await startUpstream(stuck);
    const { server, url } = await startOn(upstream.url, { DRAIN_MS: "100" });
    const subscriptions = await Promise.all([subscribe(url), subscribe(url)]);
    await Promise.all(subscriptions.map(({ next }) => next()));
    await terminate(server);
    for (const subscription of subscriptions) {
      expect(await summary(subscription)).toEqual(["Hel", "SHUTTING_DOWN", "complete"]);
    }
    await Promise.all(upstream.requests.map(({ closed }) => closed));
    expect(await server.ended).toBe(0);
    expect(server.output()).not.toContain("Error");
  });

  test("one that waits for its first chunk is SHUTTING_DOWN and the end", async () => {
    const { answer, arrived } = noticed(() => {});
    const { server, url } = await startOn((await startUpstream(answer)).url, { DRAIN_MS: "0" });
    const subscription = await subscribe(url);
    await arrived;
    await terminate(server);
    expect(await summary(subscription)).toEqual(["SHUTTING_DOWN", "complete"]);
    expect(await server.ended).toBe(0);
  });

  test("a second signal exits at once", async () => {
    const { server, url } = await startOn((await startUpstream(stuck)).url, { DRAIN_MS: "60000" });
    const subscription = await subscribe(url);
    await subscription.next();
    await terminate(server);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(1);
    expect(await subscription.ended).toBe("cut");
  });
});

test("an idle WebSocket is closed with 1001 at once, one that has yet to greet too", async () => {
  const { server, url } = await startOn((await startUpstream(stuck)).url, { DRAIN_MS: "60000" });
  const sockets = [0, 1].map(() => new WebSocket(url.replace("http", "ws"), "graphql-transport-ws"));
  await Promise.all(sockets.map((socket) => once(socket, "open")));
  sockets[0]?.send('{"type":"connection_init"}');
  if (sockets[0]) await once(sockets[0], "message");
  const closes = sockets.map((socket) => once(socket, "close"));
  await terminate(server);
  for (const close of closes) expect((await close)[0]).toBe(1001);
  expect(await server.ended).toBe(0);
});

test("a new operation on a busy WebSocket is SHUTTING_DOWN, the running one goes on, then the socket is closed", async () => {
  const { answer, finish } = unfinished();
  const upstream = await startUpstream(answer);
  const { server, url } = await startOn(upstream.url);
  const { client, subscribe } = await connectWs(url);
  const closed = new Promise((resolve) => client.on("closed", resolve));
  const running = subscribe();
  await running.next();
  await terminate(server);
  for (const query of [undefined, "{ models { id } }", 'mutation { complete(input: { model: "m" }) { text } }']) {
    expect(await summary(subscribe(query))).toEqual(["SHUTTING_DOWN", "complete"]);
  }
  finish();
  expect(await summary(running)).toEqual(["Hel", "lo", "complete"]);
  expect(await closed).toMatchObject({ code: 1001 });
  expect(await server.ended).toBe(0);
  expect(upstream.requests).toHaveLength(1);
});

test.each([
  ["has sent nothing, as browsers open ahead of need", "", 60_000],
  [
    "has sent half a request",
    "POST /graphql HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n{",
    0,
  ],
  ["was refused its upgrade and stays", upgrade("/other"), 0],
  ["is upgraded and answers no close", upgrade("/graphql"), 0],
])("a connection that %s does not keep the process from exiting with 0", async (_, bytes, drainMs) => {
  const { server, url } = await startOn((await startUpstream(streams(half, rest))).url, { DRAIN_MS: `${drainMs}` });
  await connectRaw(url, bytes);
  await terminate(server);
  expect(await server.ended).toBe(0);
  expect(server.output()).not.toContain("Error");
});

test("a client that resets its refused upgrade does not end the process", async () => {
  const { server, url } = await startOn((await startUpstream(streams(half, rest))).url);
  for (let count = 0; count < 20; count++) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    await new Promise((resolve) => socket.write(upgrade("/other"), resolve));
    socket.resetAndDestroy();
  }
  expect((await request(`${url}?query={__typename}`)).status).toBe(200);
  await terminate(server);
  expect(await server.ended).toBe(0);
});
