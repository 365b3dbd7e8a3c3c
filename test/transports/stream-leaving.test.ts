// A client that leaves, at any point and over either transport, ends the upstream call and frees what it held.
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { listenForWarnings } from "../support/own-process.ts";
import type { TestServer } from "../support/server.ts";
import { chat, chunk, event, hello, noticed, startStreaming, streams, streamsThen } from "../support/stream.ts";
import { connectWs, type Subscription, subscribeSse, subscribeWs, summary } from "../support/subscribe.ts";
import { type Answer, failure, json, type Upstream } from "../support/upstream.ts";

const half = event(chunk("Hel"));
const silence = () => {};
/** Writes an event every `intervalMs` for ever. */
const drip = (intervalMs: number) =>
  streamsThen(half, (res) => {
    const timer = setInterval(() => res.write(half), intervalMs);
    res.once("close", () => clearInterval(timer));
  });

const phases: [string, Answer, number][] = [
  ["before the head", silence, 0],
  ["after the head", streamsThen("", silence), 0],
  ["in the middle", drip(50), 3],
  ["in the middle, with the upstream silent", streamsThen(half, silence), 1],
  ["in the middle of an event", streamsThen(half + half.slice(0, 20), silence), 1],
  ["in the wait for a retry", failure(503, {}, { "retry-after-ms": "60000", connection: "close" }), 0],
];

const ways: { way: string; subscribe: typeof subscribeWs; leave: (subscription: Subscription) => void }[] = [
  { way: "disconnects (SSE)", subscribe: subscribeSse, leave: ({ disconnect }) => disconnect() },
  { way: "completes (WebSocket)", subscribe: subscribeWs, leave: ({ leave }) => leave() },
  { way: "disconnects (WebSocket)", subscribe: subscribeWs, leave: ({ disconnect }) => disconnect() },
];

/** Expects every upstream connection so far to close within a second, and the server to work on. */
async function expectEnd({ upstream, server }: { upstream: Upstream; server: TestServer }) {
  const left = performance.now();
  const seen = upstream.requests.length;
  await Promise.all(upstream.requests.map(({ closed }) => closed));
  expect(performance.now() - left).toBeLessThan(1_000);
  upstream.answer = streams(hello);
  expect(await summary(await subscribeSse(server.url))).toEqual(["Hel", "lo", "complete"]);
  expect(upstream.requests).toHaveLength(seen + 1);
  expect(server.faults).toEqual([]);
}

/** The same for 150 clients, at a pace that leaves this process time for all of them. */
const crowdedPhases = phases.map(([phase, answer]): [string, Answer] => [
  phase,
  phase === "in the middle" ? drip(400) : answer,
]);

describe.each(ways)("a client that $way ends the upstream call", ({ subscribe, leave }) => {
  test.each(phases)("%s", async (_, given, events) => {
    const { answer, arrived } = noticed(given);
    const running = await startStreaming(answer);
    const subscription = await subscribe(running.server.url);
    await arrived;
    for (let seen = 0; seen < events; seen++) expect(await subscription.next()).toBeDefined();
    leave(subscription);
    await expectEnd(running);
  });

  test.each(crowdedPhases)("%s, 150 of them at once", async (_, given) => {
    const { answer, arrived } = noticed(given, 150);
    const running = await startStreaming(answer);
    const warnings = listenForWarnings();
    const subscriptions = await Promise.all(Array.from({ length: 150 }, () => subscribe(running.server.url)));
    await arrived;
    for (const subscription of subscriptions) leave(subscription);
    await expectEnd(running);
    expect(warnings).toEqual([]);
  });
});

describe("over one WebSocket", () => {
  test("`complete` ends one operation's upstream call and no other's; the socket goes on", async () => {
    const { answer, arrived } = noticed(streamsThen(half, silence), 150);
    const { upstream, server } = await startStreaming(answer);
    const warnings = listenForWarnings();
    const { subscribe } = await connectWs(server.url);
    const subscriptions = Array.from({ length: 150 }, () => subscribe());
    await arrived;
    await Promise.all(subscriptions.map(({ next }) => next()));
    const [kept] = subscriptions;
    for (const { leave } of subscriptions) if (leave !== kept?.leave) leave();
    const closed = upstream.requests.map((request) => request.closed.then(() => request));
    for (let count = 0; count < 149; count++) {
      const request = await Promise.race(closed);
      closed.splice(upstream.requests.indexOf(request), 1);
      upstream.requests.splice(upstream.requests.indexOf(request), 1);
    }
    expect(upstream.requests).toHaveLength(1);
    upstream.answer = streams(hello);
    expect(await summary(subscribe())).toEqual(["Hel", "lo", "complete"]);
    kept?.leave();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test.each<[string, Answer]>([
    ["before its answer", silence],
    ["in the middle of its answer", async (_, res) => new Promise((resolve) => res.writeHead(200).write("{", resolve))],
  ])("`complete` of a mutation %s ends its upstream call; the socket goes on", async (_, given) => {
    const { answer, arrived } = noticed(given);
    const { upstream, server } = await startStreaming(answer);
    const { subscribe } = await connectWs(server.url);
    const mutation = subscribe(chat.replace("subscription", "mutation"));
    await arrived;
    mutation.leave();
    const left = performance.now();
    await upstream.requests[0]?.closed;
    expect(performance.now() - left).toBeLessThan(1_000);
    upstream.answer = json({ choices: [{ message: { content: "Hello" } }] });
    expect(await summary(subscribe(chat.replace("subscription", "mutation")))).toEqual(["Hello", "complete"]);
    expect(mutation.results).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test("an operation that is completed in the same breath calls no upstream; the socket goes on", async () => {
    const { upstream, server } = await startStreaming(streams(hello));
    const connection = connect(Number(new URL(server.url).port), "127.0.0.1");
    const socket = new WebSocket(server.url.replace("http", "ws"), "graphql-transport-ws", {
      createConnection: () => connection,
    });
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    socket.send('{"type":"connection_init"}');
    await once(socket, "message");
    const subscription = (id: string) => JSON.stringify({ id, type: "subscribe", payload: { query: chat } });
    connection.cork();
    for (let id = 0; id < 50; id++) {
      socket.send(subscription(String(id)));
      socket.send(JSON.stringify({ id: String(id), type: "complete" }));
    }
    socket.send(subscription("last"));
    connection.uncork();
    const ids = new Set<string>();
    await new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        const { id, type } = JSON.parse(String(data));
        ids.add(id);
        if (type === "complete") resolve();
      });
    });
    expect([...ids]).toEqual(["last"]);
    expect(upstream.requests).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });

  test("a client that closes the socket in good order ends all its upstream calls", async () => {
    const { answer, arrived } = noticed(streamsThen(half, silence), 10);
    const running = await startStreaming(answer);
    const { client, subscribe } = await connectWs(running.server.url);
    for (let count = 0; count < 10; count++) subscribe();
    await arrived;
    void client.dispose();
    await expectEnd(running);
  });
});
