// WebSockets whose clients are not identified yet: they may send little, and nothing waits for them.
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { hello, startStreaming, streams } from "../../support/stream.ts";
import { greetWebSocket, openWebSocket, subscribeMessage } from "../../support/websocket.ts";
import { closeCodeIn, connectFrames, frame, textFrame } from "../../support/websocket-frames.ts";

const start = (environment: Record<string, string> = {}) => startStreaming(streams(hello), environment);
const ping = (length: number) => textFrame({ type: "ping", payload: { text: "x".repeat(length) } });
const pingFrame = frame(0x9, Buffer.alloc(0));

describe("before it is acknowledged, a client that sends more than 16 KiB is cut off with 1009:", () => {
  test.each<[string, Buffer, number]>([
    ["one message, which is not answered", ping(17_000), 0],
    ["the beginning of one", ping(1_000_000).subarray(0, 17_000), 0],
    ["many messages", Buffer.concat(Array.from({ length: 20 }, () => ping(1_000))), 20_000],
    ["many pings", Buffer.concat(Array.from({ length: 3_000 }, () => pingFrame)), 6_000],
    ["a message in many fragments", Buffer.concat([Buffer.from([1, 0x80, 0, 0, 0, 0]), manyFragments(3_000)]), 0],
  ])("%s", async (_, bytes, mostBack) => {
    const { server } = await start();
    const { socket, received, closed } = await connectFrames(server.url);
    const began = performance.now();
    socket.write(bytes);
    await closed;
    expect(performance.now() - began).toBeLessThan(900);
    expect(closeCodeIn(received())).toBe(1009);
    expect(received().length).toBeLessThan(mostBack + 100);
    expect(server.faults).toEqual([]);
  });

  test("one that has been acknowledged may send more", async () => {
    const { server } = await start();
    const { messages, send } = await greetWebSocket(server.url);
    const payload = { text: "x".repeat(1_000_000) };
    send({ type: "ping", payload });
    await expect.poll(() => messages).toEqual([{ type: "pong", payload }]);
  });
});

describe("a client that is not acknowledged and ignores its close is cut off at once:", () => {
  test.each<[string, number, Buffer | undefined, number]>([
    ["sends nothing", 4408, undefined, 3_900],
    ["has no key", 4403, textFrame({ type: "connection_init" }), 900],
    ["asks before the greeting", 4401, textFrame(subscribeMessage("{ __typename }")), 900],
    ["sends no message of the protocol", 4400, textFrame("{"), 900],
    ["breaks the framing", 1002, Buffer.from([0xff, 0xff, 0xff, 0xff]), 900],
  ])("one that %s (%d)", async (_, code, bytes, mostMs) => {
    const { upstream, server } = await start({ CLIENT_KEYS: '[{"id":"a","key":"key-aaaaaaaaaaaaaaaaaaaaaaaa"}]' });
    const { socket, received, closed } = await connectFrames(server.url);
    const began = performance.now();
    if (bytes) socket.write(bytes);
    await closed;
    expect(performance.now() - began).toBeLessThan(mostMs);
    expect(closeCodeIn(received())).toBe(code);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });
});

test("the longest of tokens fit into the greeting", async () => {
  const { server } = await start({ CLIENT_KEYS: '[{"id":"a","key":"key-aaaaaaaaaaaaaaaaaaaaaaaa"}]' });
  const { messages, send } = await openWebSocket(server.url);
  send({
    type: "connection_init",
    payload: { authorization: `Bearer key-aaaaaaaaaaaaaaaaaaaaaaaa`, x: "x".repeat(8_000) },
  });
  await expect.poll(() => messages).toEqual([{ type: "connection_ack" }]);
});

test("a ping is answered with its payload, one by one", async () => {
  const { server } = await start();
  const socket = new WebSocket(server.url.replace("http", "ws"), "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  for (const payload of ["", "a", "b".repeat(125)]) {
    socket.ping(payload);
    expect(String((await once(socket, "pong"))[0])).toBe(payload);
  }
});

function manyFragments(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => Buffer.from([0, 0x81, 0, 0, 0, 0, 0x78])));
}
