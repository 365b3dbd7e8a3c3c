// Uploads that are malformed or stall: the client gets a clear error, and the process goes on.

import { buffer } from "node:stream/consumers";
import { setInterval as every } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { shared } from "../support/lifetime.ts";
import {
  BOUNDARY,
  CONTENT_TYPE,
  END,
  filePart,
  makeBytes,
  readFile,
  variations,
  varied,
  varyFields,
  varyTwo,
  writeBody,
  writePart,
} from "../support/multipart.ts";
import { startProcess } from "../support/process.ts";
import { connectRaw, postHead, postRaw } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { request, startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const stall = { UPLOAD_STALL_MS: "200" };

const plain = shared(() => startServed(json(variations)));
const stalling = shared(() => startServed(json(variations), stall));

const upload = (url: string, body: Buffer<ArrayBuffer>) =>
  request(url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body });
const good = writeBody(...varyFields, filePart("x"));

/** Parts whose head is none. */
const malformed: [string, string | Buffer][] = [
  ["no colon", "Garbage\r\n\r\nx\r\n"],
  ["no name", ": x\r\n\r\nx\r\n"],
  ["a huge header", `X-Big: ${"b".repeat(20_000)}\r\n\r\nx\r\n`],
  ["a huge name", `${"b".repeat(20_000)}: x\r\n\r\nx\r\n`],
  ["binary junk", makeBytes(500)],
  ["a null byte", 'Content-Disposition: form-data; name="0"\0\r\n\r\nx\r\n'],
  ["a bare carriage return", 'Content-Disposition: form-data; name="0"\rX: y\r\n\r\nx\r\n'],
  ["bare line feeds", 'Content-Disposition: form-data; name="0"; filename="a"\n\nx\r\n'],
  ["a head that does not end", 'Content-Disposition: form-data; name="0"'],
];

describe("a malformed part header", () => {
  const places: [string, Buffer[], Buffer[]][] = [
    ["before all", [], [good]],
    ["before the file", varyFields.map(writePart), [writePart(filePart("x")), END]],
    ["after a small file", [...varyFields, filePart("x")].map(writePart), [END]],
    ["after a large file", [...varyFields, filePart(makeBytes(2_000_000))].map(writePart), [END]],
  ];

  test.each(malformed)("with %s is an error of the request, wherever it stands", async (_, head) => {
    const { server } = plain();
    for (const [place, before, after] of places) {
      const body = Buffer.concat([...before, Buffer.from(`--${BOUNDARY}\r\n`), Buffer.from(head), ...after]);
      const answer = await upload(server.url, body);
      // A file that had come whole before may have been served already.
      if (place.startsWith("after") && answer.status === 200) continue;
      expect([place, answer.status, answer.body.errors]).toMatchObject([
        place,
        400,
        [{ message: expect.stringMatching(/malformed|did not arrive whole/), extensions: { code: "BAD_REQUEST" } }],
      ]);
      expect(answer.text.length).toBeLessThan(1_000);
    }
    expect(server.faults).toEqual([]);
    expect((await upload(server.url, good)).body).toEqual({ data: { imageVariations: varied } });
  });

  test("does not end the process, in one packet or in many", async () => {
    const upstream = await startUpstream(json(variations));
    const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url });
    const url = await server.url;
    for (const [, head] of malformed) {
      for (const [, before, after] of places) {
        const body = Buffer.concat([...before, Buffer.from(`--${BOUNDARY}\r\n`), Buffer.from(head), ...after]);
        await postRaw(url, body);
        const client = await connectRaw(url);
        client.socket.setNoDelay(true);
        await client.send(postHead(body.length));
        const cut = Math.min(body.length - 1, Buffer.concat(before).length + 20);
        await client.send(body.subarray(0, cut));
        await client.send(body.subarray(cut));
        expect([200, 400]).toContain((await client.answer()).status);
      }
    }
    expect((await upload(url, good)).body).toEqual({ data: { imageVariations: varied } });
    expect(server.child.exitCode).toBeNull();
    expect(server.output()).not.toMatch(/error/i);
  });
});

test.each([
  ["without a disposition", "X: y\r\n\r\nx\r\n"],
  ["of another disposition", 'Content-Disposition: attachment; name="0"; filename="a"\r\n\r\nx\r\n'],
  ["with a broken disposition", 'Content-Disposition: form-data; name="0\r\n\r\nx\r\n'],
])("a part %s is no file", async (_, part) => {
  const { upstream, server } = plain();
  const body = Buffer.concat([...varyFields.map(writePart), Buffer.from(`--${BOUNDARY}\r\n${part}`), END]);
  const answer = await upload(server.url, body);
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ extensions: { code: "BAD_REQUEST" } }] } });
  expect(upstream.requests).toEqual([]);
});

test.each([
  ["small", 1_000],
  ["large", 3_000_000],
])("a body that ends in the middle of a %s file is an error", async (_, size) => {
  const { upstream, server } = plain();
  const whole = writeBody(...varyFields, filePart(makeBytes(size)));
  const answer = await upload(server.url, whole.subarray(0, -200));
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toMatchObject([
    {
      message: expect.stringMatching(/^input\.image did not arrive whole: Unexpected end/),
      extensions: { code: "BAD_REQUEST" },
    },
  ]);
  for (const received of upstream.requests) {
    await received.closed;
    expect(received.body).toHaveLength(0);
  }
});

describe("a stalled upload", () => {
  const stalled = {
    message:
      "input.image did not arrive: no byte for 200 ms. Send files in the order in which the operation uses them.",
    extensions: { code: "BAD_REQUEST" },
  };

  const beforeFile = Buffer.concat(varyFields.map(writePart)).length;
  const large = writeBody(...varyFields, filePart(makeBytes(3_000_000)));
  const stops = {
    "in the middle of a small file": [large, beforeFile + 1_000],
    "in the middle of a large file": [large, beforeFile + 2_000_000],
    "before the first part": [good, 0],
    "in operations": [good, 100],
    "in map": [good, beforeFile - 10],
  } as const;

  /** All clients stop at the same time, each at a server of its own: their cases wait together. */
  const stopped = shared(
    async () => {
      const served = Object.entries(stops).map(async ([place, [body, sent]]) => {
        const running = await startServed(json(variations), stall);
        return { place, body, sent, ...running };
      });
      const begun = (await Promise.all(served)).map(({ place, body, sent, ...running }) => {
        const answered = stopAfter(running.server.url, body, sent);
        answered.catch(() => {});
        return [place, { ...running, answered }] as const;
      });
      return new Map(begun);
    },
    { goesOn: true },
  );

  async function stopAfter(url: string, body: Buffer, sent: number) {
    const client = await connectRaw(url);
    await client.send(postHead(body.length));
    await client.send(body.subarray(0, sent));
    return client.answer();
  }

  const stopOf = (place: keyof typeof stops) => stopped().get(place) ?? expect.fail();

  test.each([
    ["in the middle of a small file", 0],
    ["in the middle of a large file", 1],
  ] as const)("is an error where the client stops %s", async (place, requests) => {
    const { upstream, server, answered } = stopOf(place);
    const answer = await answered;
    expect(answer).toMatchObject({ status: 400, body: { errors: [stalled] } });
    expect(answer.head).toMatch(/^connection: close$/im);
    expect(upstream.requests).toHaveLength(requests);
    for (const received of upstream.requests) {
      await received.closed;
      expect(received.body).toHaveLength(0);
    }
    expect(server.faults).toEqual([]);
  });

  test.each(["before the first part", "in operations", "in map"] as const)(
    "is an error of the request where the client stops %s",
    async (place) => {
      const { upstream, answered } = stopOf(place);
      expect(await answered).toMatchObject({
        status: 400,
        body: {
          errors: [
            { message: "The multipart request is malformed: no byte for 200 ms.", extensions: { code: "BAD_REQUEST" } },
          ],
        },
      });
      expect(upstream.requests).toEqual([]);
    },
  );

  test("is an error where the operation waits for a file behind a large one, which is still served", async () => {
    const { upstream, server } = stalling();
    const operations = { query: varyTwo, variables: { a: null, b: null } };
    const [first, second] = [makeBytes(3_000_000), makeBytes(3_000)];
    const answer = await server.upload(
      operations,
      { 0: ["variables.b"], 1: ["variables.a"] },
      { 0: new Blob([first]), 1: new Blob([second]) },
    );
    expect(answer.body).toMatchObject({ data: { a: null, b: varied }, errors: [{ ...stalled, path: ["a"] }] });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(first))).toEqual([true]);
  });

  test("is an error where the operation skips a large file", async () => {
    const { upstream, server } = stalling();
    const query = varyTwo.replace("{ a: imageVariations", "{ a: imageVariations @skip(if: true)");
    const skipped = query.replace(
      '@skip(if: true)(input: { image: $a, user: "a" })',
      '(input: { image: $a, user: "a" }) @skip(if: true)',
    );
    const answer = await server.upload(
      { query: skipped, variables: { a: null, b: null } },
      { 0: ["variables.a"], 1: ["variables.b"] },
      { 0: new Blob([makeBytes(3_000_000)]), 1: new Blob(["x"]) },
    );
    expect(answer).toMatchObject({ status: 400, body: { data: { b: null }, errors: [{ ...stalled, path: ["b"] }] } });
    expect(upstream.requests).toEqual([]);
  });

  test("is none where the client is slow", async () => {
    const { upstream, server } = stalling();
    const bytes = makeBytes(1_200_000);
    const body = writeBody(...varyFields, filePart(bytes));
    const client = await connectRaw(server.url);
    await client.send(postHead(body.length));
    let place = 0;
    for await (const _ of every(50)) {
      await client.send(body.subarray(place, place + 60_000));
      place += 60_000;
      if (place > body.length) break;
    }
    expect((await client.answer()).body).toEqual({ data: { imageVariations: varied } });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(bytes))).toEqual([true]);
  });

  test("is none where the upstream is slow to read", async () => {
    const bytes = makeBytes(30_000_000);
    const upstream = await startUpstream(
      async (received, res, req) => {
        for await (const _ of every(800)) break;
        received.body = await buffer(req);
        json(variations)(received, res, req);
      },
      { streamBodies: true },
    );
    const server = await startTestServer(upstream.url, stall);
    const answer = await upload(server.url, writeBody(...varyFields, filePart(bytes)));
    expect(answer.body).toEqual({ data: { imageVariations: varied } });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(bytes))).toEqual([true]);
  });
});
