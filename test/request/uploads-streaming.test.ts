// An upload is sent upstream while it still comes in, and neither side gets ahead of the other.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  CONTENT_TYPE,
  END,
  filePart,
  makeBytes,
  readFile,
  variations,
  varied,
  varyFields,
  writeBody,
  writePart,
} from "../support/multipart.ts";
import { connectRaw, postHead, postRaw } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { request, startTestServer } from "../support/server.ts";
import { type Answer, failure, json, startUpstream } from "../support/upstream.ts";

const start = (answer: Answer, environment: Record<string, string> = {}) =>
  startServed(answer, environment, { streamBodies: true });

const soon = { "retry-after-ms": "1" };
const image = makeBytes(3_000_000);
const body = writeBody(...varyFields, filePart(image));
const upload = (url: string, bytes = body) =>
  request(url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body: bytes });

test("the upstream reads the first bytes before the client has sent the last", async () => {
  let arrive = (_: IncomingMessage) => {};
  const arrived = new Promise<IncomingMessage>((resolve) => {
    arrive = resolve;
  });
  const { upstream, server } = await start(async (received, res, req) => {
    arrive(req);
    received.body = await buffer(req);
    json(variations)(received, res, req);
  });
  const client = await connectRaw(server.url);
  await client.send(postHead(body.length));
  await client.send(body.subarray(0, 2_000_000));
  const req = await arrived;
  let received = 0;
  req.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  await vi.waitUntil(() => received > 1_500_000);
  expect(req.complete).toBe(false);
  expect(received).toBeLessThan(2_000_000);
  await client.send(body.subarray(2_000_000));
  expect(await client.answer()).toMatchObject({ status: 200, body: { data: { imageVariations: varied } } });
  expect(upstream.requests.map((each) => readFile(each).bytes.equals(image))).toEqual([true]);
});

test("a chunked request is sent on like any other", async () => {
  const { upstream, server } = await start(async (received, res, req) => {
    received.body = await buffer(req);
    json(variations)(received, res, req);
  });
  const client = await connectRaw(server.url);
  await client.send(postHead());
  for (let place = 0; place < body.length; place += 700_001) {
    const chunk = body.subarray(place, place + 700_001);
    await client.send(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]));
  }
  await client.send("0\r\n\r\n");
  expect((await client.answer()).body).toEqual({ data: { imageVariations: varied } });
  expect(upstream.requests.map((each) => readFile(each).bytes.equals(image))).toEqual([true]);
});

test("a body that comes byte by byte is the same body", async () => {
  const { upstream, server } = await start(async (received, res, req) => {
    received.body = await buffer(req);
    json(variations)(received, res, req);
  });
  const bytes = writeBody(...varyFields, filePart("a\r\n--test-boundarx\r\n-"));
  const client = await connectRaw(server.url);
  client.socket.setNoDelay(true);
  await client.send(postHead(bytes.length));
  for (const byte of bytes) await client.send(Buffer.from([byte]));
  expect((await client.answer()).body).toEqual({ data: { imageVariations: varied } });
  expect(upstream.requests.map((each) => readFile(each).bytes.toString())).toEqual(["a\r\n--test-boundarx\r\n-"]);
});

test("an upstream that does not read holds the client back, and nothing is lost when it reads on", async () => {
  const size = 96 * 2 ** 20;
  let arrive = (_: IncomingMessage) => {};
  const arrived = new Promise<IncomingMessage>((resolve) => {
    arrive = resolve;
  });
  let received = 0;
  const { server } = await start(
    async (each, res, req) => {
      arrive(req);
      await once(req, "end");
      json(variations)(each, res, req);
    },
    { MAX_UPLOAD_BYTES: String(size) },
  );
  const client = await connectRaw(server.url);
  const start_ = Buffer.concat([...varyFields.map(writePart), writePart(filePart("")).subarray(0, -2)]);
  await client.send(postHead(start_.length + size + 2 + END.length));
  await client.send(start_);
  let sent = 0;
  const sending = (async () => {
    for (const chunk = Buffer.alloc(2 ** 20); sent < size; sent += chunk.length) await client.send(chunk);
    await client.send(`\r\n${END}`);
  })();
  const req = await arrived;
  let before = -1;
  // Held back: nothing more has left for as long as it takes to look twice.
  await vi.waitUntil(
    () => {
      const isHeld = sent === before;
      before = sent;
      return isHeld;
    },
    { interval: 300, timeout: 10_000 },
  );
  expect(sent).toBeLessThan(size / 2);
  req.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  await sending;
  expect((await client.answer()).body).toEqual({ data: { imageVariations: varied } });
  expect(received).toBeGreaterThan(size);
});

describe("an upstream that answers before it has read the upload", () => {
  const refusal = { message: "Too much.", code: "too_much" };

  test.each([413, 400])("and keeps the connection is heard (%i)", async (status) => {
    const { upstream, server } = await start(failure(status, refusal));
    for (const bytes of [body, body, body, writeBody(...varyFields, filePart("small"))]) {
      const answer = await upload(server.url, bytes);
      expect(answer.body.errors).toMatchObject([
        { message: "Too much.", extensions: { code: "UPSTREAM_BAD_REQUEST", upstream: { status, code: "too_much" } } },
      ]);
    }
    expect(upstream.requests).toHaveLength(4);
    upstream.answer = json(variations);
    expect((await upload(server.url)).body).toEqual({ data: { imageVariations: varied } });
    expect(server.faults).toEqual([]);
  });

  test("and closes the connection is heard nearly always, and never tried again", async () => {
    const { upstream, server } = await start(failure(413, refusal, { connection: "close" }));
    const codes: string[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const answer = await upload(server.url, turn % 2 ? body : writeBody(...varyFields, filePart("small")));
      codes.push(answer.body.errors[0].extensions.code);
    }
    // A close that comes in the middle of a write takes the answer with it.
    expect(new Set([...codes, "UPSTREAM_UNAVAILABLE"])).toEqual(
      new Set(["UPSTREAM_BAD_REQUEST", "UPSTREAM_UNAVAILABLE"]),
    );
    expect(codes.filter((code) => code === "UPSTREAM_BAD_REQUEST").length).toBeGreaterThanOrEqual(10);
    expect(upstream.requests).toHaveLength(20);
    expect(server.faults).toEqual([]);
  });

  test("is heard by a client that reads only once it has sent everything", async () => {
    const { server } = await start(failure(400, { message: "No." }));
    const answer = await postRaw(server.url, writeBody(...varyFields, filePart(makeBytes(20_000_000))));
    expect(answer.body.errors).toMatchObject([{ message: "No.", extensions: { code: "UPSTREAM_BAD_REQUEST" } }]);
  });
});

describe("is not repeated once bytes of the image have left", () => {
  test.each<[string, Answer, string, number?]>([
    // A small image is whole in memory.
    ["a reset in the middle", async (_, res, req) => once(req, "data").then(() => res.destroy()), "UNAVAILABLE"],
    ["a reset after the end", async (_, res, req) => buffer(req).then(() => res.destroy()), "UNAVAILABLE"],
    [
      "an answer that breaks off",
      async (_, res, req) => {
        await buffer(req);
        res.writeHead(200, { "content-length": "100" }).write("{", () => res.destroy());
      },
      "INTERRUPTED",
    ],
    ["a rate limit", async (...all) => buffer(all[2]).then(() => failure(429, {}, soon)(...all)), "RATE_LIMITED", 3],
    ["a fault", async (...all) => buffer(all[2]).then(() => failure(500, {}, soon)(...all)), "ERROR", 3],
  ])("%s", async (_, answer, code, attempts = 1) => {
    const small = writeBody(...varyFields, filePart("small"));
    for (const bytes of [body, small]) {
      const { upstream, server } = await start(answer);
      const { body } = await upload(server.url, bytes);
      expect(body).toMatchObject({
        data: { imageVariations: null },
        errors: [{ extensions: { code: `UPSTREAM_${code}` } }],
      });
      expect(upstream.requests).toHaveLength(bytes === small ? attempts : 1);
      expect(server.faults).toEqual([]);
    }
  });
});

test("is repeated where there was no connection", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const server = await startTestServer(`http://127.0.0.1:${port}/v1`);
  const upstream = await startUpstream(json(variations));
  let refusals = 0;
  const refused = () => {
    if (refusals++ === 0) late.listen(port, "127.0.0.1");
  };
  const late = createServer((...parameters) => upstream.server.emit("request", ...parameters));
  subscribe("undici:client:connectError", refused);
  onTestFinished(() => {
    unsubscribe("undici:client:connectError", refused);
    late.closeAllConnections();
    late.close();
  });
  expect((await upload(server.url)).body).toEqual({ data: { imageVariations: varied } });
  expect(refusals).toBe(1);
  expect(upstream.requests.map((each) => readFile(each).bytes.equals(image))).toEqual([true]);
});
