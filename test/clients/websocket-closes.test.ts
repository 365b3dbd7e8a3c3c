// Why a WebSocket is closed, and with which code. A client's mistakes never reach the console or end the process.
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { TestServer } from "../support/server.ts";
import { chat, chunk, event, hello, noticed, startStreaming, streams, streamsThen } from "../support/stream.ts";
import { greetWebSocket, openWebSocket, subscribeMessage } from "../support/websocket.ts";
import { closeCodeIn, greetFrames, textFrame } from "../support/websocket-frames.ts";

/** Ids longer than 128 are refused. Its first 90 are enough for a close's reason, of 123 bytes at most, to overflow. */
const LONGEST_ID = "x".repeat(128);

/** Expects the server to serve on, and to have found no fault and nothing for the console. */
async function expectUnharmed(server: TestServer, printed: () => number) {
  const { messages, send } = await greetWebSocket(server.url);
  send(subscribeMessage("{ __typename }"));
  await expect.poll(() => messages.length).toBe(2);
  expect(messages[0].payload).toEqual({ data: { __typename: "Query" } });
  expect(server.faults).toEqual([]);
  expect(printed()).toBe(0);
}

/** Counts what is printed to the console from now on. */
function countPrinted(): () => number {
  const spies = (["error", "warn"] as const).map((name) => vi.spyOn(console, name));
  onTestFinished(() => spies.forEach((spy) => void spy.mockRestore()));
  return () => spies.reduce((count, spy) => count + spy.mock.calls.length, 0);
}

describe("a connection", () => {
  test.each(["/", "/other", "/graphql/", "/graphql/stream"])("to %s is refused with 404", async (path) => {
    const { server } = await startStreaming(streams(hello));
    const socket = new WebSocket(new URL(path, server.url).href.replace("http", "ws"), "graphql-transport-ws");
    const [error] = await once(socket, "error");
    expect(error.message).toBe("Unexpected server response: 404");
  });

  test("may carry a query string", async () => {
    const { server } = await startStreaming(streams(hello));
    await greetWebSocket(`${server.url}?token=1`);
  });

  test("of another subprotocol is given none, and of none is closed with 4406", async () => {
    const { server } = await startStreaming(streams(hello));
    await expect(openWebSocket(server.url, "graphql-ws")).rejects.toThrow("Server sent no subprotocol");
    expect((await (await openWebSocket(server.url, [])).closed)[0]).toBe(4406);
    const { socket } = await openWebSocket(server.url, ["graphql-ws", "graphql-transport-ws"]);
    expect(socket.protocol).toBe("graphql-transport-ws");
  });

  test("that does not greet is closed with 4408", async () => {
    const { server } = await startStreaming(streams(hello));
    expect((await (await openWebSocket(server.url)).closed)[0]).toBe(4408);
  });
});

describe("the connection is closed, and the server goes on, where a client", () => {
  const greeting = { type: "connection_init" };
  const malformed = ["hello", "null", "[]", "{}", '{"type":"subscribe"}', '{"type":"nonsense"}'];
  test.each<[string, number, unknown[]]>([
    ["asks before the greeting", 4401, [subscribeMessage(chat)]],
    ["greets twice", 4429, [greeting, { ...greeting }]],
    ["uses an id twice at a time", 4409, [greeting, subscribeMessage(chat), subscribeMessage(chat)]],
    ["uses the longest of ids twice", 4409, [greeting, ...Array(2).fill(subscribeMessage(chat, LONGEST_ID))]],
    ["uses an id that is longer", 4400, [greeting, subscribeMessage(chat, `${LONGEST_ID}x`)]],
    ...malformed.map((message): [string, number, unknown[]] => [`sends ${message}`, 4400, [message]]),
    ["sends a query that is no text", 4400, [{ id: "1", type: "subscribe", payload: { query: 1 } }]],
    ["sends what only servers send", 4400, [{ id: "1", type: "next", payload: { data: {} } }]],
    ["sends more than MAX_BODY_BYTES", 1009, [{ type: "ping", payload: { text: "x".repeat(2_000) } }]],
  ])("%s (%d)", async (_, code, messages) => {
    const printed = countPrinted();
    const { server } = await startStreaming(
      streamsThen(event(chunk("Hel")), () => {}),
      { MAX_BODY_BYTES: "1000" },
    );
    const { socket, closed, send } = await openWebSocket(server.url);
    for (const message of messages) {
      send(message);
      if (message === greeting) await once(socket, "message");
    }
    const sent = performance.now();
    const [closeCode, reason] = await closed;
    expect(closeCode).toBe(code);
    expect(reason).not.toContain("xxx");
    expect(performance.now() - sent).toBeLessThan(900);
    await expectUnharmed(server, printed);
  });

  test("breaks the framing", async () => {
    const printed = countPrinted();
    const { server } = await startStreaming(streams(hello));
    const { socket, closed } = await greetWebSocket(server.url);
    // biome-ignore lint/suspicious/noExplicitAny: the socket below is ws's own
    (socket as any)._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect((await closed)[0]).toBe(1002);
    await expectUnharmed(server, printed);
  });

  test("resets the connection in the middle of many streams", async () => {
    const printed = countPrinted();
    const { upstream, server } = await startStreaming(
      streamsThen(event(chunk("Hel")), (res) => {
        const timer = setInterval(() => res.write(event(chunk("x".repeat(10_000)))), 1);
        res.once("close", () => clearInterval(timer));
      }),
    );
    const { socket, messages, send } = await greetWebSocket(server.url);
    for (let id = 0; id < 20; id++) send(subscribeMessage(chat, `${id}`));
    await expect.poll(() => messages.length, { timeout: 10_000 }).toBeGreaterThan(100);
    // biome-ignore lint/suspicious/noExplicitAny: the socket below is ws's own
    (socket as any)._socket.resetAndDestroy();
    await Promise.all(upstream.requests.map(({ closed }) => closed));
    await expectUnharmed(server, printed);
  });
});

describe("after a close of the server's", () => {
  test("what a client sends is not looked at, and the connection is cut off within about a second", async () => {
    const printed = countPrinted();
    const { upstream, server } = await startStreaming(streams(hello));
    const { socket, received, closed } = await greetFrames(server.url);
    const began = performance.now();
    const ping = textFrame({ type: "ping" });
    socket.write(Buffer.concat([textFrame("{"), textFrame(subscribeMessage(chat)), ping]));
    const pings = setInterval(() => socket.write(ping), 50);
    onTestFinished(() => clearInterval(pings));
    await closed;
    expect(performance.now() - began).toBeGreaterThan(700);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(closeCodeIn(received())).toBe(4400);
    expect(String(received())).not.toContain("pong");
    expect(upstream.requests).toEqual([]);
    await expectUnharmed(server, printed);
  });

  test("the upstream calls of a client that ignores it end", async () => {
    const { answer, arrived } = noticed(streamsThen(event(chunk("Hel")), () => {}));
    const { upstream, server } = await startStreaming(answer);
    const { socket, closed } = await greetFrames(server.url);
    socket.write(textFrame(subscribeMessage(chat)));
    await arrived;
    const began = performance.now();
    socket.write(textFrame(subscribeMessage(chat)));
    await Promise.all([closed, upstream.requests[0]?.closed]);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(upstream.requests).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });
});
