// A client that stays connected and stops reading: it holds no memory, and is cut off. One that is only slow is not.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { chat, chunk, done, event, startStreaming, streamsThen } from "../support/stream.ts";
import { subscribeSse, summary } from "../support/subscribe.ts";

const MEBIBYTE = 2 ** 20;
const filling = "x".repeat(16_000);

/** Writes `count` large events as fast as they are taken, and tells how much was taken. */
function flood(count = Number.POSITIVE_INFINITY) {
  const taken = { events: 0, bytes: 0 };
  const answer = streamsThen("", (res: ServerResponse) => {
    const fill = () => {
      for (let goesOn = true; goesOn && taken.events < count && !res.destroyed; taken.events++) {
        const text = event(chunk(`${taken.events} ${filling}`));
        taken.bytes += text.length;
        goesOn = res.write(text);
      }
      if (taken.events === count) res.end(done);
    };
    res.on("drain", fill);
    fill();
  });
  return { answer, taken };
}

/** Subscribes, reads the first event and nothing after it; yields how to disconnect. */
async function stopReadingSse(url: string): Promise<() => void> {
  const { res, next, disconnect } = await subscribeSse(url);
  await next();
  res.pause();
  return disconnect;
}

async function stopReadingWs(url: string, operations = 1): Promise<() => void> {
  const socket = await openWs(url, operations);
  await once(socket, "message");
  socket.pause();
  return () => socket.terminate();
}

/** Starts operations on a bare WebSocket, which a test can pause. */
async function openWs(url: string, operations = 1): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  socket.send('{"type":"connection_init"}');
  await once(socket, "message");
  for (let id = 0; id < operations; id++) {
    socket.send(JSON.stringify({ id: String(id), type: "subscribe", payload: { query: chat } }));
  }
  return socket;
}

const clients = [
  { transport: "SSE", stopReading: stopReadingSse },
  { transport: "WebSocket", stopReading: stopReadingWs },
];

/** Resolves when `value` has stood still for half a second. */
async function standstill(value: () => number): Promise<number> {
  let previous = -1;
  const isStill = () => {
    const still = value() === previous;
    previous = value();
    return still;
  };
  await expect.poll(isStill, { interval: 500, timeout: 15_000 }).toBe(true);
  return previous;
}

/** What is written to the console from now on. */
function watchConsole() {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  return log;
}

/** What this process holds, without garbage: the server, the upstreams and the clients. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe.each(clients)("a client that stops reading over $transport", ({ stopReading }) => {
  test("stops the upstream's writing; this process holds its buffers and no more", async () => {
    const floods = Array.from({ length: 20 }, () => flood());
    const left = [...floods];
    const { server } = await startStreaming((...parameters) => left.pop()?.answer(...parameters), {
      STREAM_WRITE_STALL_MS: "60000",
    });
    const before = heldBytes();
    await Promise.all(floods.map(() => stopReading(server.url)));
    const stuckAt = await standstill(() => Math.max(...floods.map(({ taken }) => taken.bytes)));
    // What the kernel holds for the three ends of each stream is not this process's.
    expect(stuckAt).toBeLessThan(32 * MEBIBYTE);
    // Twenty streams with the buffers of their three ends: 1 MiB each on Node 20, 2 on Node 24, whose buffers are larger.
    expect(heldBytes() - before).toBeLessThan(64 * MEBIBYTE);
    expect(server.faults).toEqual([]);
  });

  test("ends its upstream call when it disconnects", async () => {
    const { answer, taken } = flood();
    const { upstream, server } = await startStreaming(answer, { STREAM_WRITE_STALL_MS: "60000" });
    const disconnect = await stopReading(server.url);
    await standstill(() => taken.bytes);
    const left = performance.now();
    disconnect();
    await upstream.requests[0]?.closed;
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(server.faults).toEqual([]);
  });

  test("is cut off after STREAM_WRITE_STALL_MS, and its upstream call with it", async () => {
    const { answer, taken } = flood();
    const { upstream, server } = await startStreaming(answer, { STREAM_WRITE_STALL_MS: "1000" });
    await stopReading(server.url);
    const log = watchConsole();
    let lastTaken = performance.now();
    let seen = 0;
    const look = setInterval(() => {
      if (taken.events !== seen) lastTaken = performance.now();
      seen = taken.events;
    }, 20);
    onTestFinished(() => clearInterval(look));
    await upstream.requests[0]?.closed;
    expect(performance.now() - lastTaken).toBeGreaterThan(700);
    expect(performance.now() - lastTaken).toBeLessThan(2_500);
    expect(log).not.toHaveBeenCalled();
    expect(server.faults).toEqual([]);
  });
});

test("a WebSocket that stops reading is cut off with all its operations", async () => {
  const { upstream, server } = await startStreaming((...parameters) => flood().answer(...parameters), {
    STREAM_WRITE_STALL_MS: "1000",
  });
  const log = watchConsole();
  await stopReadingWs(server.url, 10);
  await expect.poll(() => upstream.requests.length).toBe(10);
  await Promise.all(upstream.requests.map(({ closed }) => closed));
  expect(log).not.toHaveBeenCalled();
  expect(server.faults).toEqual([]);
});

describe("a slow but steady reader is not cut off", () => {
  test("over SSE", async () => {
    const { answer } = flood(1_000);
    const { server } = await startStreaming(answer, {
      STREAM_WRITE_STALL_MS: "1000",
      UPSTREAM_IDLE_TIMEOUT_MS: "1000",
    });
    const subscription = await subscribeSse(server.url);
    const { res } = subscription;
    res.on("data", () => {
      res.pause();
      setTimeout(() => res.resume(), 3);
    });
    const told = await summary(subscription);
    expect(told).toHaveLength(1_001);
    expect(told.at(-1)).toBe("complete");
  });

  test("over WebSocket", async () => {
    const { answer } = flood(1_000);
    const { server } = await startStreaming(answer, {
      STREAM_WRITE_STALL_MS: "1000",
      UPSTREAM_IDLE_TIMEOUT_MS: "1000",
    });
    const socket = await openWs(server.url);
    const types: string[] = [];
    await new Promise<void>((resolve) => {
      socket.on("close", resolve);
      socket.on("message", (data) => {
        types.push(JSON.parse(String(data)).type);
        if (types.at(-1) === "complete") resolve();
        socket.pause();
        setTimeout(() => socket.resume(), 60);
      });
    });
    expect(types.filter((type) => type === "next")).toHaveLength(1_000);
    expect(types.at(-1)).toBe("complete");
  });
});

test("a client that stops reading for longer than UPSTREAM_IDLE_TIMEOUT_MS is not taken for a silent upstream", async () => {
  const { answer, taken } = flood(1_000);
  const { server } = await startStreaming(answer, { UPSTREAM_IDLE_TIMEOUT_MS: "300" });
  const subscription = await subscribeSse(server.url);
  subscription.res.pause();
  for (let wait = 0; wait < 4; wait++) await standstill(() => taken.events);
  subscription.res.resume();
  const told = await summary(subscription);
  expect(told).toHaveLength(1_001);
  expect(told.at(-1)).toBe("complete");
});

test("a client that reads on after its upstream broke gets the beginning without a hole, then the error", async () => {
  const { answer, taken } = flood();
  let reset = () => {};
  const { server } = await startStreaming((request, res, req) => {
    reset = () => void req.socket.resetAndDestroy();
    return answer(request, res, req);
  });
  const subscription = await subscribeSse(server.url);
  subscription.res.pause();
  await standstill(() => taken.events);
  reset();
  subscription.res.resume();
  const told = await summary(subscription);
  expect(told.splice(-2)).toEqual(["UPSTREAM_INTERRUPTED", "complete"]);
  expect(told.map((text) => Number.parseInt(text, 10))).toEqual(told.map((_, place) => place));
});
