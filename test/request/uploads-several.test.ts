// imageEdits: several files in one request, sent on in their order while they come, and every fault in the middle.

import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import {
  CONTENT_TYPE,
  END,
  filePart,
  makeBytes,
  readParts,
  type WrittenPart,
  writeBody,
  writePart,
} from "../support/multipart.ts";
import { connectRaw, postHead, postRaw } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { preflighted } from "../support/server.ts";
import { event } from "../support/stream.ts";
import { type Answer, failure, json } from "../support/upstream.ts";

const edit = (kind: "mutation" | "subscription") =>
  `${kind} ($images: [Upload!]!, $mask: Upload, $n: Int) { imageEdits(input: { prompt: "A hat.", images: $images, mask: $mask, n: $n }) { ${kind === "mutation" ? "data { b64Json }" : "image { b64Json }"} } }`;

/** The parts before the files: so many images, and a mask. */
function editFields(images: number, hasMask = true, query = edit("mutation"), n: number | null = null): WrittenPart[] {
  const variables = { images: Array(images).fill(null), ...(hasMask && { mask: null }), n };
  const map = Object.fromEntries([
    ...Array.from({ length: images }, (_, place) => [place, [`variables.images.${place}`]]),
    ...(hasMask ? [["mask", ["variables.mask"]]] : []),
  ]);
  return [
    { name: "operations", body: JSON.stringify({ query, variables }) },
    { name: "map", body: JSON.stringify(map) },
  ];
}

/** Bytes of this size that differ from all others. */
const bytesOf = (size: number, first: number) => {
  const bytes = makeBytes(size);
  bytes[0] = first;
  return bytes;
};
const LARGE = 3_000_000;
const large = [0, 1, 2, 3].map((index) => bytesOf(LARGE + index, index));
const [large0, large1, large2, large3] = large as [Buffer, Buffer, Buffer, Buffer];
const small = bytesOf(1_000, 9);

const answer = json({ created: 1, data: [{ b64_json: "aGk=" }] });
const edited = { data: { imageEdits: { data: [{ b64Json: "aGk=" }] } } };

const start = (given: Answer = answer, environment: Record<string, string> = {}, streamBodies = false) =>
  startServed(given, { MAX_RETRIES: "0", ...environment }, { streamBodies });
const post = (url: string, ...parts: WrittenPart[]) => postRaw(url, writeBody(...parts));

const filesOf = (request: Parameters<typeof readParts>[0]) =>
  readParts(request)
    .filter(({ filename }) => filename !== undefined)
    .map(({ name, bytes }) => [name, bytes.length, bytes[0]]);

describe("the good road", () => {
  test("several large files and a mask leave in their order, each whole", async () => {
    const { upstream, server } = await start();
    const files = [large0, large1, large2].map((bytes, place) => filePart(bytes, String(place)));
    const { body } = await post(server.url, ...editFields(3), ...files, filePart(large3, "mask"));
    expect(body).toEqual(edited);
    const [request] = upstream.requests;
    if (!request) throw new Error("nothing came");
    expect(request.headers).toMatchObject({ "transfer-encoding": "chunked" });
    const parts = readParts(request);
    expect(parts.map(({ name }) => name)).toEqual(["prompt", "image[]", "image[]", "image[]", "mask"]);
    expect(parts.slice(1).map(({ bytes }, place) => bytes.equals(large[place] as Buffer))).toEqual(Array(4).fill(true));
  });

  test.each([
    ["small between large", [large0, small, large1]],
    ["small first", [small, large0, large1]],
    ["small last", [large0, large1, small]],
    ["all small", [small, bytesOf(2_000, 1), bytesOf(3_000, 2)]],
  ])("%s", async (_, sizes) => {
    const { upstream, server } = await start();
    const files = sizes.map((bytes, place) => filePart(bytes, String(place)));
    expect((await post(server.url, ...editFields(3, false), ...files)).body).toEqual(edited);
    expect(filesOf(upstream.requests[0] as never)).toEqual(sizes.map((bytes) => ["image[]", bytes.length, bytes[0]]));
  });

  test("the upstream reads the first file before the client has sent the second", async () => {
    let arrive = (_: IncomingMessage) => {};
    const arrived = new Promise<IncomingMessage>((resolve) => {
      arrive = resolve;
    });
    const received: Buffer[] = [];
    const { server } = await start(
      async (request, res, req) => {
        arrive(req);
        req.on("data", (chunk: Buffer) => void received.push(chunk));
        await new Promise((resolve) => req.once("end", resolve));
        request.body = Buffer.concat(received);
        answer(request, res, req);
      },
      {},
      true,
    );
    const client = await connectRaw(server.url);
    const head = Buffer.concat([...editFields(2, false).map(writePart), writePart(filePart(large0, "0"))]);
    const rest = Buffer.concat([writePart(filePart(large1, "1")), END]);
    await client.send(postHead(head.length + rest.length));
    await client.send(head);
    await arrived;
    await vi.waitUntil(() => received.reduce((sum, { length }) => sum + length, 0) > LARGE * 0.9);
    await client.send(rest);
    expect((await client.answer()).body).toEqual(edited);
  });

  test("small files may come in any order", async () => {
    const { upstream, server } = await start();
    const files = [filePart(small, "mask"), filePart(bytesOf(2_000, 1), "1"), filePart(bytesOf(3_000, 0), "0")];
    expect((await post(server.url, ...editFields(2), ...files)).body).toEqual(edited);
    expect(filesOf(upstream.requests[0] as never)).toEqual([
      ["image[]", 3_000, 0],
      ["image[]", 2_000, 1],
      ["mask", 1_000, 9],
    ]);
  });

  test.each([
    ["small", small],
    ["large", large0],
  ])("one %s file at several paths", async (_, bytes) => {
    const { upstream, server } = await start();
    const [operations] = editFields(2);
    const map = { name: "map", body: '{"0":["variables.images.0","variables.images.1","variables.mask"]}' };
    expect((await post(server.url, operations as WrittenPart, map, filePart(bytes))).body).toEqual(edited);
    const name = ["image[]", "image[]", "mask"];
    expect(filesOf(upstream.requests[0] as never)).toEqual(name.map((each) => [each, bytes.length, bytes[0]]));
  });

  test.each([
    ["large", [large0, large1]],
    ["small", [small, small]],
  ])("%s files of a subscription by a form", async (_, files) => {
    const stream: Answer = (_request, res) =>
      res
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(event({ type: "image_edit.completed", b64_json: "aGk=" }));
    const { upstream, server } = await start(stream);
    const parts = files.map((bytes, place) => filePart(bytes, String(place)));
    const response = await fetch(server.url, {
      method: "POST",
      headers: { ...preflighted, "content-type": CONTENT_TYPE, accept: "text/event-stream" },
      body: writeBody(...editFields(2, false, edit("subscription")), ...parts),
    });
    expect((await response.text()).match(/^(?:event|data): .*$/gm)).toEqual([
      "event: next",
      'data: {"data":{"imageEdits":{"image":{"b64Json":"aGk="}}}}',
      "event: complete",
    ]);
    expect(filesOf(upstream.requests[0] as never)).toEqual(files.map((bytes) => ["image[]", bytes.length, bytes[0]]));
  });
});

describe.each(["mutation", "subscription"] as const)("a fault in the middle of a %s", (kind) => {
  /** Sends the parts, and yields the one error. */
  async function read(url: string, parts: WrittenPart[], cut = 0) {
    const body = writeBody(...parts);
    const client = await connectRaw(url);
    const accept = kind === "mutation" ? "application/json" : "text/event-stream";
    await client.send(postHead(body.length - cut).replace("\r\n\r\n", `\r\naccept: ${accept}\r\n\r\n`));
    await client.send(body.subarray(0, body.length - cut));
    const answered = await client.answer();
    const text = typeof answered.body === "string" ? answered.body : JSON.stringify(answered.body);
    const { errors } = JSON.parse(kind === "mutation" ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? text));
    expect(errors).toHaveLength(1);
    return errors[0] as { message: string; extensions: { code: string } };
  }
  const fields = (images: number, hasMask = false, n: number | null = null) =>
    editFields(images, hasMask, edit(kind), n);
  const unfinished = async (upstream: Awaited<ReturnType<typeof start>>["upstream"]) => {
    expect(upstream.requests.length).toBeLessThan(2);
    await upstream.requests[0]?.closed;
    // The upstream reads whole bodies: one that had ended would stand here.
    expect(upstream.requests[0]?.body ?? "").toHaveLength(0);
  };

  test.each([
    ["behind a large one", large0, 2_500_000],
    ["behind a small one", small, 10_000],
  ])("an oversize file %s", async (_, first, limit) => {
    const { upstream, server } = await start(answer, { MAX_UPLOAD_BYTES: String(Math.max(limit, first.length)) });
    const second = makeBytes(Math.max(limit, first.length) + 1);
    const error = await read(server.url, [...fields(3), filePart(first), filePart(second, "1"), filePart(small, "2")]);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^input\.images\[1\] must be at most \d+ bytes; got more\.$/),
      extensions: { code: "PAYLOAD_TOO_LARGE" },
    });
    await unfinished(upstream);
    expect(server.faults).toEqual([]);
  });

  test.each([
    ["a large one", large0],
    ["a small one", small],
  ])("an empty file behind %s", async (_, first) => {
    const { upstream, server } = await start();
    const error = await read(server.url, [
      ...fields(2, true),
      filePart(first),
      filePart("", "1"),
      filePart(small, "mask"),
    ]);
    expect(error).toMatchObject({
      message: "input.images[1] must not be empty; got 0 bytes.",
      extensions: { code: "BAD_USER_INPUT" },
    });
    await unfinished(upstream);
    expect(server.faults).toEqual([]);
  });

  test("a missing file", async () => {
    const { upstream, server } = await start();
    const error = await read(server.url, [...fields(2, true), filePart(large0), filePart(large1, "1")]);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^input\.mask did not arrive whole: /),
      extensions: { code: "BAD_REQUEST" },
    });
    await unfinished(upstream);
    expect(server.faults).toEqual([]);
  });

  test("a body that ends inside the second file", async () => {
    const { upstream, server } = await start();
    const parts = [...fields(2), filePart(large0), filePart(large1, "1")];
    const error = await read(server.url, parts, 1_000_000);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^input\.images\[1\] did not arrive whole: /),
      extensions: { code: "BAD_REQUEST" },
    });
    await unfinished(upstream);
    expect(server.faults).toEqual([]);
  });

  test("large files in another order than the operation's use", async () => {
    const { upstream, server } = await start(answer, { UPLOAD_STALL_MS: "300" });
    const error = await read(server.url, [...fields(2), filePart(large1, "1"), filePart(large0)]);
    expect(error).toMatchObject({
      message:
        "input.images[0] did not arrive: no byte for 300 ms. Send files in the order in which the operation uses them.",
      extensions: { code: "BAD_REQUEST" },
    });
    await unfinished(upstream);
    expect(server.faults).toEqual([]);
  });

  test("a large file that one variable names twice", async () => {
    const { upstream, server } = await start();
    const select = kind === "mutation" ? "created" : "type";
    const query = `${kind} ($image: Upload!) { imageEdits(input: { prompt: "x", images: [$image, $image] }) { ${select} } }`;
    const operations = { name: "operations", body: JSON.stringify({ query, variables: { image: null } }) };
    const error = await read(server.url, [
      operations,
      { name: "map", body: '{"0":["variables.image"]}' },
      filePart(large0),
    ]);
    expect(error).toMatchObject({
      message:
        "input.images[1] is used more than once and larger than 1048576 bytes; map the file to a variable of its own for each use.",
      extensions: { code: "BAD_USER_INPUT" },
    });
    await unfinished(upstream);
    expect(server.faults).toEqual([]);
  });

  test("of the upstream is heard while files still come", async () => {
    const { server } = await start(failure(413, { message: "Too much." }), {}, true);
    const error = await read(server.url, [
      ...fields(3),
      ...[large0, large1, large2].map((bytes, place) => filePart(bytes, String(place))),
    ]);
    expect(error).toMatchObject({ message: "Too much.", extensions: { code: "UPSTREAM_BAD_REQUEST" } });
    expect(server.faults).toEqual([]);
  });

  test("of the input is told although nobody has read the files", async () => {
    const { upstream, server } = await start();
    const error = await read(server.url, [...fields(2, false, 11), filePart(large0), filePart(large1, "1")]);
    expect(error).toMatchObject({ message: "input.n must be between 1 and 10; got 11." });
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test("a client that leaves ends the upstream call", async () => {
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { upstream, server } = await start(
      (_, __, req) => {
        arrive();
        req.resume();
      },
      {},
      true,
    );
    const body = writeBody(...fields(2), filePart(large0), filePart(large1, "1"));
    const client = await connectRaw(server.url);
    const accept = kind === "mutation" ? "application/json" : "text/event-stream";
    await client.send(postHead(body.length).replace("\r\n\r\n", `\r\naccept: ${accept}\r\n\r\n`));
    await client.send(body.subarray(0, LARGE + 1_500_000));
    await arrived;
    client.socket.destroy();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });
});

test("an edit is not repeated once bytes of a large file have left, and is where all are small", async () => {
  const soon = { "retry-after-ms": "1" };
  const given: Answer = async (...all) => buffer(all[2]).then(() => failure(500, {}, soon)(...all));
  for (const [bytes, attempts] of [
    [large0, 1],
    [small, 3],
  ] as const) {
    const { upstream, server } = await start(given, { MAX_RETRIES: "2" }, true);
    const files = [filePart(small), filePart(bytes, "1")];
    const { body } = await post(server.url, ...editFields(2, false), ...files);
    expect(body).toMatchObject({ errors: [{ extensions: { code: "UPSTREAM_ERROR" } }] });
    expect(upstream.requests).toHaveLength(attempts);
  }
});

describe("under an idempotency key", () => {
  const send = (url: string, files: readonly Buffer[]) =>
    fetch(url, {
      method: "POST",
      headers: { ...preflighted, "content-type": CONTENT_TYPE, "idempotency-key": "key-0123456789" },
      body: writeBody(...editFields(3, false), ...files.map((bytes, place) => filePart(bytes, String(place)))),
    }).then(async (response) => [response.status, await response.json()]);

  test("an edit is the same with the same files, and another with another one in the middle", async () => {
    const { upstream, server } = await start();
    expect(await send(server.url, [large0, small, large1])).toEqual([200, edited]);
    expect(await send(server.url, [large0, small, large1])).toEqual([200, edited]);
    for (const files of [
      [large0, bytesOf(1_000, 8), large1],
      [large0, small, large2],
    ]) {
      expect(await send(server.url, files)).toMatchObject([
        409,
        { errors: [{ extensions: { code: "IDEMPOTENCY_CONFLICT" } }] },
      ]);
    }
    expect(upstream.requests).toHaveLength(1);
  });
});
