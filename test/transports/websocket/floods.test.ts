// One WebSocket that asks for more than its share: others are served meanwhile, and the process' memory stays flat.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { getIntrospectionQuery } from "graphql";
import { expect, test } from "vitest";
import { startTestServer } from "../../support/server.ts";
import { chat, chunk, event, hello, noticed, startStreaming, streams, streamsThen } from "../../support/stream.ts";
import { json, startUpstream } from "../../support/upstream.ts";
import { greetWebSocket, type Message, subscribeMessage } from "../../support/websocket.ts";
import { greetFrames, textFrame } from "../../support/websocket-frames.ts";

const MEBIBYTE = 2 ** 20;
const frames = (count: number, query: string) =>
  Buffer.concat(Array.from({ length: count }, (_, id) => textFrame(subscribeMessage(query, `${id}`))));

/** What this process holds, without garbage: the server and the client. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Resolves when `value` has stood still for half a second. */
async function standstill(value: () => number): Promise<number> {
  let previous = -1;
  const isStill = () => {
    const now = value();
    const still = now === previous;
    previous = now;
    return still;
  };
  await expect.poll(isStill, { interval: 500, timeout: 15_000 }).toBe(true);
  return previous;
}

test("hundreds of messages that come at once let a request over HTTP in between", async () => {
  const upstream = await startUpstream(json({}));
  const count = 500;
  let askedAt = 0;
  let ended = 0;
  let answered: Promise<number> | undefined;
  const server = await startTestServer(upstream.url, {}, [
    {
      operationEnds({ transport }) {
        if (transport !== "websocket") return;
        ended++;
        if (answered) return;
        askedAt = ended;
        answered = server.query("{ __typename }").then(() => ended);
      },
    },
  ]);
  const { socket, received } = await greetFrames(server.url);
  // All in what the server reads at once.
  const bytes = frames(count, "{ __typename }");
  expect(bytes.length).toBeLessThan(2 ** 16);
  socket.write(bytes);
  await expect.poll(() => ended, { timeout: 5_000 }).toBe(count);
  expect(askedAt).toBe(1);
  expect(await answered).toBeLessThan(count / 2);
  // And nothing is lost.
  await expect.poll(() => String(received()).match(/"type":"complete"/g)?.length).toBe(count);
});

test("a client that asks for 50 MB and reads nothing has it made as it reads, and all of it", async () => {
  const { server } = await startStreaming(streams(hello), { STREAM_WRITE_STALL_MS: "60000" });
  const { socket, messages } = await greetWebSocket(server.url);
  const size = JSON.stringify((await server.query(getIntrospectionQuery())).body).length;
  const count = Math.ceil((50 * MEBIBYTE) / size);
  const before = heldBytes();
  socket.pause();
  for (let id = 0; id < count; id++) socket.send(JSON.stringify(subscribeMessage(getIntrospectionQuery(), `${id}`)));
  const held = (await standstill(() => Math.round(heldBytes() / MEBIBYTE))) * MEBIBYTE;
  expect(held - before).toBeLessThan(16 * MEBIBYTE);
  let completed = 0;
  socket.on("message", () => {
    completed += messages.splice(0).filter(({ type }: Message) => type === "complete").length;
  });
  socket.resume();
  await expect.poll(() => completed, { timeout: 15_000 }).toBe(count);
  expect(server.faults).toEqual([]);
});

test("a connection has 256 operations at once; the next is OVERLOADED, and a `complete` makes room for one", async () => {
  const { answer, arrived } = noticed(
    streamsThen(event(chunk("Hel")), () => {}),
    256,
  );
  const { upstream, server } = await startStreaming(answer, { MAX_CONCURRENT: "1000" });
  const { messages, send } = await greetWebSocket(server.url);
  for (let id = 0; id < 256; id++) send(subscribeMessage(chat, `${id}`));
  await arrived;
  await expect.poll(() => messages.length).toBe(256);
  send(subscribeMessage("{ __typename }", "late"));
  await expect.poll(() => messages.length).toBe(257);
  expect(messages.at(-1)).toMatchObject({
    id: "late",
    type: "error",
    payload: [
      {
        message: "A connection may have at most 256 operations under way.",
        extensions: { code: "OVERLOADED", retryAfterMs: 1_000 },
      },
    ],
  });
  // Other connections have their own.
  const other = await greetWebSocket(server.url);
  other.send(subscribeMessage("{ __typename }"));
  await expect.poll(() => other.messages.length).toBe(2);

  send({ id: "7", type: "complete" });
  await upstream.requests[7]?.closed;
  messages.length = 0;
  send(subscribeMessage("{ __typename }", "now"));
  await expect.poll(() => messages.map(({ id, type }) => `${id} ${type}`)).toEqual(["now next", "now complete"]);
  expect(upstream.requests).toHaveLength(256);
  expect(server.faults).toEqual([]);
});

test("a client whose messages are held back is noticed when it leaves, and its upstream calls end", async () => {
  const { answer, arrived } = noticed(streamsThen(event(chunk("Hel")), () => {}));
  const { upstream, server } = await startStreaming(answer, { STREAM_WRITE_STALL_MS: "60000" });
  const { socket, send } = await greetWebSocket(server.url);
  send(subscribeMessage(chat, "stream"));
  await arrived;
  socket.pause();
  for (let id = 0; id < 8_000; id++) send(subscribeMessage(getIntrospectionQuery(), `${id}`));
  // Its own messages fill what lies between the two, because the server takes no more of them.
  expect(await standstill(() => socket.bufferedAmount)).toBeGreaterThan(0);
  const left = performance.now();
  socket.terminate();
  await upstream.requests[0]?.closed;
  expect(performance.now() - left).toBeLessThan(1_000);
  expect(server.faults).toEqual([]);
});
