// Clients that send a byte now and then to hold a connection: cut off in time, in every part of a request.
import { connect } from "node:net";
import { setInterval as every } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { portOf } from "../support/exchange.ts";
import { CONTENT_TYPE, filePart, makeBytes, variations, varyFields, writeBody } from "../support/multipart.ts";
import { startTestServer } from "../support/server.ts";
import { startUpstream } from "../support/upstream.ts";

/** Node looks at its connections once a second. */
const times = { HEADERS_TIMEOUT_MS: "300", REQUEST_TIMEOUT_MS: "600", UPLOAD_STALL_MS: "5000" };

async function start() {
  const upstream = await startUpstream((_, res) => void res.end(JSON.stringify(variations)));
  return { upstream, server: await startTestServer(upstream.url, times) };
}

/** Sends `start` at once and then a byte of `rest` every 50 ms; resolves with what came when the connection ends. */
async function trickle(url: string, start: string | Buffer, rest: string | Buffer) {
  const socket = connect(portOf(url), "127.0.0.1");
  socket.setNoDelay(true);
  onTestFinished(() => void socket.destroy());
  let text = "";
  const began = performance.now();
  const stop = new AbortController();
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      text += chunk;
    });
  socket.once("close", () => stop.abort());
  socket.write(start);
  let sent = 0;
  try {
    for await (const _ of every(50, undefined, { signal: stop.signal })) {
      if (sent < rest.length) socket.write(rest.slice(sent, ++sent));
    }
  } catch {
    // It was cut off.
  }
  return { text, ms: performance.now() - began };
}

const head = (type: string, length: number) =>
  `POST /graphql HTTP/1.1\r\nhost: localhost\r\ngraphql-require-preflight: 1\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;
const body = JSON.stringify({ query: "{ models { id } }" }).padEnd(100_000);

describe("is cut off with 408, and reaches no upstream:", () => {
  test.each([
    ["a head that trickles in", "POST /graphql HTTP/1.1\r\n", `host: localhost\r\nx: ${"y".repeat(10_000)}`],
    ["a JSON body that trickles in", head("application/json", body.length), body],
    ["a JSON body that never comes", head("application/json", body.length), ""],
    [
      "an operations field that trickles in",
      head(CONTENT_TYPE, 100_000),
      writeBody(...varyFields, filePart(makeBytes(99_000))),
    ],
  ])("%s", async (_, begin, rest) => {
    const { upstream, server } = await start();
    const { text, ms } = await trickle(server.url, begin, rest);
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(ms).toBeLessThan(5_000);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });
});

test("an upload whose file trickles in is cut off with 408, and its upstream call ends", async () => {
  const upstream = await startUpstream((_, __, req) => void req.resume(), { streamBodies: true });
  const server = await startTestServer(upstream.url, times);
  const upload = writeBody(...varyFields, filePart(makeBytes(3_000_000)));
  const cut = 2_000_000;
  const begin = Buffer.concat([Buffer.from(head(CONTENT_TYPE, upload.length)), upload.subarray(0, cut)]);
  const { text, ms } = await trickle(server.url, begin, upload.subarray(cut));
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(ms).toBeLessThan(5_000);
  expect(upstream.requests).toHaveLength(1);
  await upstream.requests[0]?.closed;
  expect(server.faults).toEqual([]);
});

test("a refused request whose body trickles in has its answer at once, and is cut off", async () => {
  const { upstream, server } = await start();
  const { text, ms } = await trickle(server.url, head("text/plain", 100_000), body);
  expect(text).toMatch(/^HTTP\/1\.1 415 .*\}$/s);
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(ms).toBeLessThan(5_000);
  expect(upstream.requests).toEqual([]);
});

test("a client that connects and sends nothing is let go, without an answer or with 408", async () => {
  const { server } = await start();
  const { text, ms } = await trickle(server.url, "", "");
  expect(text).toMatch(/^(?:HTTP\/1\.1 408 .*)?$/s);
  expect(ms).toBeLessThan(5_000);
});
