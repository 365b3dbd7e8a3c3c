// Bodies that come compressed although nobody asked for it, whole and as streams.
import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { chat, chatAnswer } from "../../support/calls.ts";
import { startTestServer } from "../../support/server.ts";
import { startStreaming } from "../../support/stream.ts";
import { subscribeSse } from "../../support/subscribe.ts";
import { type Answer, startUpstream } from "../../support/upstream.ts";

const { brotliCompressSync, createBrotliCompress, createGzip, deflateRawSync, deflateSync, gzipSync } = zlib;
const zstdCompressSync = (zlib as { zstdCompressSync?: (bytes: Buffer | string) => Buffer }).zstdCompressSync;

const codings: [string, string, (text: Buffer | string) => Buffer][] = [
  ["gzip", "gzip", gzipSync],
  ["gzip in another case", " GZip", gzipSync],
  ["x-gzip", "x-gzip", gzipSync],
  ["deflate", "deflate", deflateSync],
  ["deflate without its head", "deflate", deflateRawSync],
  ["br", "br", brotliCompressSync],
  ["gzip that is none", "gzip", (text) => Buffer.from(text)],
  ["br that is none", "br", (text) => Buffer.from(text)],
  ...(zstdCompressSync ? [["zstd", "zstd", zstdCompressSync] as [string, string, typeof zstdCompressSync]] : []),
];

/** Sends the bytes one by one, or all at once. */
function sends(bytes: Buffer, headers: Record<string, string>, status = 200, isSplit = false): Answer {
  return async (_, res) => {
    res.writeHead(status, headers);
    for (const piece of isSplit ? Array.from(bytes, (byte) => Buffer.of(byte)) : [bytes]) {
      res.write(piece);
      await setImmediate();
    }
    res.end();
  };
}

const events = `${["Hel", "lo"].map((content) => `data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta: { content } }] })}\n\n`).join("")}data: [DONE]\n\n`;

describe.each(codings)("%s", (_, coding, compress) => {
  const json = { "content-type": "application/json", "content-encoding": coding };

  test.each([false, true])("of a whole answer, byte by byte: %s", async (isSplit) => {
    const upstream = await startUpstream(sends(compress(JSON.stringify(chatAnswer)), json, 200, isSplit));
    const server = await startTestServer(upstream.url);
    expect((await server.query(chat)).body).toEqual({ data: { chat: { text: "hello" } } });
    expect(server.faults).toEqual([]);
  });

  test.each([false, true])("of a stream, byte by byte: %s", async (isSplit) => {
    const head = { "content-type": "text/event-stream", "content-encoding": coding };
    const { server } = await startStreaming(sends(compress(events), head, 200, isSplit));
    const { results, ended } = await subscribeSse(server.url);
    expect(await ended).toBe("complete");
    expect(results.map(({ data }) => data.chat.text)).toEqual(["Hel", "lo"]);
  });

  test("of an error", async () => {
    const upstream = await startUpstream(sends(compress('{"error":{"message":"Too long."}}'), json, 400));
    const server = await startTestServer(upstream.url);
    expect((await server.query(chat)).body.errors[0]).toMatchObject({
      message: "Too long.",
      extensions: { code: "UPSTREAM_BAD_REQUEST" },
    });
  });
});

describe.each(codings)("%s", (_, coding, compress) => {
  test("of a long answer, and of a long stream in its place", async () => {
    const content = randomBytes(150_000).toString("hex");
    const whole = JSON.stringify({ choices: [{ index: 0, message: { content }, finish_reason: "stop" }] });
    const stream = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: "stop" }] })}\n\n`;
    for (const body of [whole, stream]) {
      const head = { "content-type": "application/json", "content-encoding": coding };
      const upstream = await startUpstream(sends(compress(body), head));
      const server = await startTestServer(upstream.url);
      expect((await server.query(chat)).body).toEqual({ data: { chat: { text: content } } });
      const { results, ended } = await subscribeSse(server.url);
      expect(await ended).toBe("complete");
      expect(results).toEqual([{ data: { chat: { text: content } } }]);
    }
  });

  test.each(["\uFEFF", "\n\n\n\n\n", "retry: 1\n\n", "event: message\n", ": hello\n\n"])(
    "of a stream that begins with %j",
    async (begin) => {
      const head = { "content-type": "text/event-stream", "content-encoding": coding };
      const { server } = await startStreaming(sends(compress(begin + events), head));
      const { results, ended } = await subscribeSse(server.url);
      expect(await ended).toBe("complete");
      expect(results.map(({ data }) => data.chat.text)).toEqual(["Hel", "lo"]);
    },
  );
});

test.each([
  ["gzip", createGzip],
  ["br", createBrotliCompress],
] as const)("the events of a stream in %s come as they are sent", async (coding, create) => {
  const { server } = await startStreaming(async (_, res) => {
    res.writeHead(200, { "content-type": "text/event-stream", "content-encoding": coding });
    const encoder = create();
    encoder.pipe(res);
    for (const one of events.split(/(?<=\n\n)/)) {
      encoder.write(one);
      await new Promise<void>((resolve) => encoder.flush(resolve));
      await turn.taken;
    }
    encoder.end();
  });
  let turn = createTurn();
  const subscription = await subscribeSse(server.url);
  for (const text of ["Hel", "lo"]) {
    expect((await subscription.next())?.data.chat.text).toBe(text);
    const { take } = turn;
    turn = createTurn();
    take();
  }
  turn.take();
  expect(await subscription.ended).toBe("complete");
});

function createTurn() {
  let take = () => {};
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  return { take: () => take(), taken };
}

test("a bomb is an error, and is not decoded on", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, " "));
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  const upstream = await startUpstream(sends(bomb, headers));
  const server = await startTestServer(upstream.url, { MAX_UPSTREAM_BYTES: "1000000" });
  expect((await server.query(chat)).body.errors[0]).toMatchObject({
    message: "The upstream's answer is larger than 1000000 bytes.",
    extensions: { code: "UPSTREAM_INVALID_RESPONSE" },
  });
  await upstream.requests[0]?.closed;
});

test.each([
  ["cut off", gzipSync(JSON.stringify(chatAnswer)).subarray(0, -20), "UPSTREAM_INTERRUPTED"],
  [
    "broken",
    Buffer.concat([gzipSync(JSON.stringify(chatAnswer)).subarray(0, 12), Buffer.alloc(40, 0xff)]),
    "UPSTREAM_INVALID_RESPONSE",
  ],
])("a body that is %s is an error", async (_, bytes, code) => {
  const upstream = await startUpstream(
    sends(bytes, { "content-type": "application/json", "content-encoding": "gzip" }),
  );
  const server = await startTestServer(upstream.url);
  expect((await server.query(chat)).body.errors[0].extensions.code).toBe(code);
  expect(upstream.requests).toHaveLength(1);
  expect(server.faults).toEqual([]);
});

test.each(["identity", "aes128gcm", "toString", ""])("the coding %j is none", async (coding) => {
  const upstream = await startUpstream(
    sends(Buffer.from(JSON.stringify(chatAnswer)), { "content-type": "application/json", "content-encoding": coding }),
  );
  const server = await startTestServer(upstream.url);
  expect((await server.query(chat)).body).toEqual({ data: { chat: { text: "hello" } } });
});
