// Clients that leave, at any point of an upload: the upstream call ends at once, and nothing stays behind.
import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import {
  CONTENT_TYPE,
  filePart,
  makeBytes,
  readFile,
  variations,
  varied,
  varyFields,
  writeBody,
  writePart,
} from "../support/multipart.ts";
import { connectRaw, postHead } from "../support/raw-client.ts";
import { request, startTestServer } from "../support/server.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";

/** The first request at the upstream. */
interface Arrived {
  closed: Promise<void>;
  resume(): void;
}

/** An upstream that tells of its first request and then does as `answer` says. */
async function start(answer: Answer, streamBodies = true) {
  let arrive = (_: Arrived) => {};
  const arrived = new Promise<Arrived>((resolve) => {
    arrive = resolve;
  });
  const first: Answer = (received, res, req) => {
    arrive({ closed: received.closed, resume: () => req.resume() });
    return answer(received, res, req);
  };
  const upstream = await startUpstream(first, { streamBodies });
  return { upstream, server: await startTestServer(upstream.url), arrived };
}

const silent: Answer = (_, __, req) => void req.resume();
const small = writeBody(...varyFields, filePart(makeBytes(50_000)));
const large = writeBody(...varyFields, filePart(makeBytes(3_000_000)));
const [operations = Buffer.alloc(0), map = Buffer.alloc(0)] = varyFields.map(writePart);
const ways = ["destroy", "resetAndDestroy"] as const;

const goodUpload = (url: string) =>
  request(url, {
    method: "POST",
    headers: { "content-type": CONTENT_TYPE },
    body: writeBody(...varyFields, filePart("good")),
  });

/** The sockets and servers that this process holds open. */
function countHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(?:TCP|Pipe)/.test(kind)).length;
}

describe.each(ways)("a client that leaves (%s)", (way) => {
  test.each([
    ["in the head", -30],
    ["before operations", 0],
    ["in operations", 90],
    ["between operations and map", operations.length],
    ["in map", operations.length + 80],
    ["between map and file", operations.length + map.length],
    ["in the head of the file", operations.length + map.length + 50],
    ["in the middle of a small file", operations.length + map.length + 20_000],
    ["before the last byte of a small file", small.length - 30],
  ])("%s opens no upstream request and leaves nothing behind", async (_, place) => {
    const { upstream, server } = await start(json(variations), false);
    await goodUpload(server.url);
    const before = countHandles();
    const client = await connectRaw(server.url);
    const bytes = Buffer.concat([Buffer.from(postHead(small.length)), small]);
    await client.send(bytes.subarray(0, bytes.length - small.length + place));
    client.socket[way]();
    await client.closed;
    await vi.waitUntil(() => countHandles() <= before);
    expect((await goodUpload(server.url)).body).toEqual({ data: { imageVariations: varied } });
    expect(upstream.requests.map((received) => readFile(received).bytes.toString())).toEqual(["good", "good"]);
    expect(server.faults).toEqual([]);
  });

  test.each<[string, Buffer, number, Answer]>([
    ["in the middle of a large file", large, 1_500_000, silent],
    ["before the last byte of a large file", large, large.length - 30, silent],
    ["after the last byte, while the upstream is silent", large, large.length, silent],
    ["after the last byte of a small file, while the upstream is silent", small, small.length, silent],
    [
      "while the upstream answers",
      small,
      small.length,
      (_, res, req) => {
        req.resume();
        res.writeHead(200, { "content-type": "application/json" }).write('{"created": ');
      },
    ],
    [
      "after the upstream answered early, while it goes on sending",
      large,
      1_500_000,
      (_, res) => void res.writeHead(400, { "content-type": "application/json" }).end("{}"),
    ],
  ])("%s ends the upstream request within a second", async (_, body, place, answer) => {
    const { upstream, server, arrived } = await start(answer);
    const before = countHandles();
    const client = await connectRaw(server.url);
    await client.send(postHead(body.length));
    await client.send(body.subarray(0, place));
    const received = await arrived;
    const left = performance.now();
    client.socket[way]();
    await received.closed;
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(upstream.requests).toHaveLength(1);
    await vi.waitUntil(() => countHandles() <= before);
    expect(server.faults).toEqual([]);
  });
});

test("a client that leaves while the upstream does not read ends the upstream request", async () => {
  const { server, arrived } = await start(() => {});
  const client = await connectRaw(server.url);
  await client.send(postHead(large.length));
  await client.send(large.subarray(0, 2_500_000));
  const received = await arrived;
  client.socket.destroy();
  await client.closed;
  // The upstream learns of it once it reads on.
  received.resume();
  await received.closed;
  expect(server.faults).toEqual([]);
});

test("a hundred clients that leave anywhere leave nothing behind", async () => {
  const { upstream, server } = await start(silent);
  upstream.answer = async (received, res, req) => {
    req.resume();
    await once(req, "end");
    json(variations)(received, res, req);
  };
  expect((await goodUpload(server.url)).body).toEqual({ data: { imageVariations: varied } });
  const before = countHandles();
  upstream.answer = silent;
  // The same places in every run, spread over both bodies.
  const leave = async (number: number) => {
    const body = Buffer.concat([
      Buffer.from(postHead(number % 2 ? large.length : small.length)),
      number % 2 ? large : small,
    ]);
    const client = await connectRaw(server.url);
    await client.send(body.subarray(0, Math.floor((body.length * ((number * 37) % 101)) / 100) + 1)).catch(() => {});
    client.socket[ways[number % 3 === 0 ? 0 : 1]]();
    await client.closed;
  };
  for (let number = 0; number < 100; number += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, place) => leave(number + place)));
  }
  await Promise.all(upstream.requests.slice(1).map(({ closed }) => closed));
  await vi.waitUntil(() => countHandles() <= before, { timeout: 15_000 });
  upstream.answer = async (received, res, req) => {
    req.resume();
    await once(req, "end");
    json(variations)(received, res, req);
  };
  expect((await goodUpload(server.url)).body).toEqual({ data: { imageVariations: varied } });
  expect(upstream.requests.length).toBeGreaterThan(1);
  expect(server.faults).toEqual([]);
});
