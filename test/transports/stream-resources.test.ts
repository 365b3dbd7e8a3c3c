// What streams leave behind, however they ended: no socket, timer, listener or connection to the upstream.
import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { countResources, listenForWarnings } from "../support/own-process.ts";
import { chat, chunk, event, hello, noticed, startStreaming, streams, streamsThen } from "../support/stream.ts";
import { connectWs, type Subscription, subscribeSse, subscribeWs, summary } from "../support/subscribe.ts";
import { type Answer, failure, type Upstream } from "../support/upstream.ts";

const half = event(chunk("Hel"));
const silence = () => {};
/** The same stream with its chunks joined, for which it has a timer. */
const joined = chat.replace("chat(", "chat(everyMs: 5000, ");
/** Writes an event every 50 ms for ever. */
const drip = streamsThen(half, (res) => {
  const timer = setInterval(() => res.write(half), 50);
  res.once("close", () => clearInterval(timer));
});

const phases: [string, Answer][] = [
  ["before the head", silence],
  ["after the head", streamsThen("", silence)],
  ["in the middle", drip],
  ["in the middle, with the upstream silent", streamsThen(half, silence)],
  ["in the middle of an event", streamsThen(half + half.slice(0, 20), silence)],
  ["in the wait for a retry", failure(503, {}, { "retry-after-ms": "60000", connection: "close" })],
];

const ways: { way: string; subscribe: typeof subscribeWs; leave: (subscription: Subscription) => void }[] = [
  { way: "disconnects (SSE)", subscribe: subscribeSse, leave: ({ disconnect }) => disconnect() },
  { way: "completes (WebSocket)", subscribe: subscribeWs, leave: ({ leave }) => leave() },
  { way: "disconnects (WebSocket)", subscribe: subscribeWs, leave: ({ disconnect }) => disconnect() },
];

test("after all the ways to leave no socket, timer or listener is left", { timeout: 60_000 }, async () => {
  const running = await startStreaming(silence);
  const warnings = listenForWarnings();
  const connections = countConnections(running.upstream);
  const leaveAll = async () => {
    for (const { subscribe, leave } of ways) {
      for (const [, given] of phases) {
        const { answer, arrived } = noticed(given, 20);
        running.upstream.answer = answer;
        const subscriptions = await Promise.all(
          Array.from({ length: 20 }, (_, place) => subscribe(running.server.url, place % 2 === 0 ? chat : joined)),
        );
        await arrived;
        for (const subscription of subscriptions) leave(subscription);
        for (const { disconnect } of subscriptions) disconnect();
        await Promise.all(running.upstream.requests.map(({ closed }) => closed));
      }
    }
  };
  await leaveAll();
  const before = await settledResources();
  await leaveAll();
  // Fewer than before are none left: connections that were kept may end meanwhile.
  const more = () => {
    const { sockets, timers } = countResources();
    return { sockets: Math.max(0, sockets - before.sockets), timers: Math.max(0, timers - before.timers) };
  };
  await expect.poll(more, { timeout: 5_000 }).toEqual({ sockets: 0, timers: 0 });
  await expect.poll(connections, { timeout: 10_000 }).toBe(0);
  expect(running.server.faults).toEqual([]);
  expect(warnings).toEqual([]);
});

test("after 60 whole streams on kept-alive connections no timer or listener is left, and one connection", async () => {
  const { upstream, server } = await startStreaming(streams(hello));
  const warnings = listenForWarnings();
  const { subscribe } = await connectWs(server.url);
  const ask = async () => {
    for (let count = 0; count < 30; count++) {
      const { text } = await server.query(chat, {}, { headers: { accept: "text/event-stream" } });
      expect(text).toContain("event: complete");
      expect(await summary(subscribe())).toEqual(["Hel", "lo", "complete"]);
      expect(await summary(subscribe(joined))).toEqual(["Hello", "complete"]);
    }
  };
  await ask();
  const before = await settledResources();
  await ask();
  await expect.poll(countResources, { timeout: 5_000 }).toEqual(before);
  expect(await countConnections(upstream)()).toBe(1);
  expect(upstream.requests).toHaveLength(180);
  expect(warnings).toEqual([]);
});

test("clients that leave as soon as they have asked leave nothing behind", async () => {
  const running = await startStreaming(drip);
  const askAndLeave = async (waitMs: number) => {
    const clients = Array.from({ length: 50 }, () => connect(Number(new URL(running.server.url).port), "127.0.0.1"));
    await Promise.all(clients.map((client) => once(client, "connect")));
    for (const client of clients) {
      const body = JSON.stringify({ query: chat });
      const headers = `content-type: application/json\r\naccept: text/event-stream\r\ncontent-length: ${body.length}`;
      client.on("error", () => {}).write(`POST /graphql HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n\r\n${body}`);
      if (waitMs) setTimeout(() => client.destroy(), waitMs * Math.random());
      else client.destroy();
    }
    await Promise.all(clients.map((client) => once(client, "close")));
  };
  await askAndLeave(0);
  const before = await settledResources();
  for (const waitMs of [0, 1, 10, 50]) await askAndLeave(waitMs);
  await expect.poll(countResources, { timeout: 5_000 }).toEqual(before);
  await expect.poll(countConnections(running.upstream), { timeout: 10_000 }).toBe(0);
  expect(running.server.faults).toEqual([]);
});

/** How many connections the upstream has; undici closes idle ones after four seconds. */
function countConnections({ server }: Upstream): () => Promise<number> {
  return promisify((callback: (error: Error | null, count: number) => void) => server.getConnections(callback));
}

/** The count once it has stood still for a while. */
async function settledResources() {
  let previous = { sockets: -1, timers: -1 };
  await expect
    .poll(
      () => {
        const current = countResources();
        const isStill = current.sockets === previous.sockets && current.timers === previous.timers;
        previous = current;
        return isStill;
      },
      { interval: 300, timeout: 5_000 },
    )
    .toBe(true);
  return previous;
}
