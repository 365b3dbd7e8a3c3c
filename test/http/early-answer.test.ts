// An answer that is ready before the whole request has come reaches a client that sends everything before it reads.
import { describe, expect, test } from "vitest";
import { CONTENT_TYPE, filePart, makeBytes, variations, vary, varyFields, writeBody } from "../support/multipart.ts";
import { connectRaw, postHead, postRaw } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { json } from "../support/upstream.ts";

const file = filePart(makeBytes(8_000_000));
const JSON_TYPE = "application/json";
const operations = (query: string) => ({
  name: "operations",
  body: JSON.stringify({ query, variables: { image: null } }),
});
const [, map] = varyFields as [unknown, (typeof varyFields)[number]];

describe("a client that reads only once it has sent everything gets", () => {
  test.each([
    [
      "a validation error",
      writeBody(operations(vary.replace("url", "nothing")), map, file),
      {},
      200,
      "GRAPHQL_VALIDATION_FAILED",
    ],
    [
      "a refused field",
      writeBody(operations(vary.replace("$image }", "$image, n: 99 }")), map, file),
      {},
      200,
      "BAD_USER_INPUT",
    ],
    ["a misordered body", writeBody(map, operations(vary), file), {}, 400, "BAD_REQUEST"],
    ["a file over the limit", writeBody(...varyFields, file), { MAX_UPLOAD_BYTES: "1000" }, 413, "PAYLOAD_TOO_LARGE"],
    ["too many files", writeBody(...varyFields, file), { MAX_FILES: "0" }, 413, "PAYLOAD_TOO_LARGE"],
  ])("%s", async (_, body, environment, status, code) => {
    const { upstream, server } = await startServed(json(variations), environment as Record<string, string>);
    const answer = await postRaw(server.url, body);
    expect(answer).toMatchObject({ status, body: { errors: [{ extensions: { code } }] } });
    expect(upstream.requests).toEqual([]);
  });

  test("a wrong content type", async () => {
    const { server } = await startServed(json(variations));
    const answer = await postRaw(server.url, makeBytes(20_000_000), "image/png");
    expect(answer).toMatchObject({ status: 415, body: { errors: [{ extensions: { code: "BAD_REQUEST" } }] } });
  });

  test("that a JSON body is too large, declared or not", async () => {
    const { server } = await startServed(json(variations));
    const body = Buffer.alloc(20_000_000, " ");
    const refused = { status: 413, body: { errors: [{ extensions: { code: "PAYLOAD_TOO_LARGE" } }] } };
    expect(await postRaw(server.url, body, JSON_TYPE)).toMatchObject(refused);
    const client = await connectRaw(server.url);
    await client.send(postHead(undefined, JSON_TYPE));
    await client.send(
      Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]),
    );
    expect(await client.answer()).toMatchObject(refused);
  });

  test("that a path is unknown", async () => {
    const { server } = await startServed(json(variations));
    expect((await postRaw(server.url, makeBytes(20_000_000), CONTENT_TYPE, "/other")).status).toBe(404);
  });
});

test("the connection is kept once the rest was read away", async () => {
  const { server } = await startServed(json(variations));
  const body = writeBody(map, operations(vary), file);
  const client = await connectRaw(server.url);
  for (let turn = 0; turn < 3; turn++) {
    await client.send(postHead(body.length));
    await client.send(body);
    const answer = await client.answer();
    expect(answer.status).toBe(400);
    expect(answer.head).not.toMatch(/^connection: close$/im);
  }
});

test("a request that is refused by its head alone, and has come whole with it, keeps the connection", async () => {
  const { server } = await startServed(json(variations));
  const client = await connectRaw(server.url);
  for (let turn = 0; turn < 3; turn++) {
    await client.send(`${postHead(1_000, "text/plain")}${"x".repeat(1_000)}`);
    const answer = await client.answer();
    expect(answer.status).toBe(415);
    expect(answer.head).not.toMatch(/^connection: close$/im);
  }
});

test("a request that is refused by its head alone is answered at once, and closed when it has come whole", async () => {
  const { server } = await startServed(json(variations));
  const client = await connectRaw(server.url);
  await client.send(postHead(8_000_000, "text/plain"));
  const answer = await client.answer();
  expect(answer.status).toBe(415);
  expect(answer.head).toMatch(/^connection: close$/im);
  await client.send(makeBytes(8_000_000));
  client.socket.resume();
  await client.closed;
});

test("a client that waits for the answer in the middle of its request gets it, and the connection is closed", async () => {
  const { server } = await startServed(json(variations));
  const client = await connectRaw(server.url);
  await client.send(postHead(1_000_000_000, "text/plain"));
  await client.send(makeBytes(1_000));
  const answer = await client.answer();
  expect(answer.status).toBe(415);
  expect(answer.head).toMatch(/^connection: close$/im);
  client.socket.resume();
  await client.closed;
});

test("a client that goes on sending is read no further than 64 MiB and cut off", async () => {
  const { server } = await startServed(json(variations));
  const client = await connectRaw(server.url);
  await client.send(postHead(10_000_000_000, "text/plain"));
  const chunk = makeBytes(2 ** 20);
  let sent = 0;
  const sendAll = async () => {
    for (; sent < 10_000_000_000; sent += chunk.length) await client.send(chunk);
  };
  await expect(sendAll()).rejects.toThrow(/ECONNRESET|EPIPE|destroyed/);
  expect(sent).toBeLessThan(256 * 2 ** 20);
});
