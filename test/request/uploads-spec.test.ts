// The GraphQL multipart request spec: every shape of it that is served.
// https://github.com/jaydenseric/graphql-multipart-request-spec
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { BytesInFlight } from "../../src/http/bytes-in-flight.ts";
import { readMultipart } from "../../src/request/multipart.ts";
import { UploadedFile } from "../../src/request/uploaded-file.ts";
import {
  CONTENT_TYPE,
  filePart,
  makeBytes,
  readFields,
  readFile,
  varied,
  varyFields,
  varyTwo,
  type WrittenPart,
  writeBody,
} from "../support/multipart.ts";
import { request } from "../support/server.ts";
import { startUploadServer } from "../support/upload-server.ts";

const operations = (value: unknown): WrittenPart => ({ name: "operations", body: JSON.stringify(value) });
const map = (value: unknown): WrittenPart => ({ name: "map", body: JSON.stringify(value) });
const two = { query: varyTwo, variables: { a: null, b: null } };
const [small, large] = [makeBytes(1_000), makeBytes(3_000_000)];
/** The same image twice by one variable. */
const twice =
  "mutation ($image: Upload!) { a: imageVariations(input: { image: $image }) { created } b: imageVariations(input: { image: $image }) { created } }";

describe("the good road", () => {
  test("a single file", async () => {
    const { upstream, post } = await startUploadServer();
    const answer = await post(...varyFields, filePart(small));
    expect(answer).toMatchObject({ status: 200, body: { data: { imageVariations: varied } } });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(small))).toEqual([true]);
  });

  test.each([
    ["small", "in order", ["0", "1"], small],
    ["small", "in another order", ["1", "0"], small],
    ["large", "in order", ["0", "1"], large],
  ])("two %s files %s", async (_, __, order, bytes) => {
    const { upstream, post } = await startUploadServer();
    const files = { 0: filePart(Buffer.concat([bytes, Buffer.from("0")]), "0"), 1: filePart(bytes, "1") };
    const answer = await post(
      operations(two),
      map({ 0: ["variables.a"], 1: ["variables.b"] }),
      ...order.map((name) => files[name as unknown as 0 | 1]),
    );
    expect(answer).toMatchObject({ status: 200, body: { data: { a: varied, b: varied } } });
    expect(upstream.requests.map((received) => [readFields(received).user, readFile(received).bytes.length])).toEqual([
      ["a", bytes.length + 1],
      ["b", bytes.length],
    ]);
  });

  test.each([
    ["small", small],
    ["large", large],
  ])("one %s file at several paths", async (_, bytes) => {
    const { upstream, post } = await startUploadServer();
    const answer = await post(operations(two), map({ 0: ["variables.a", "variables.b"] }), filePart(bytes));
    expect(answer.body).toEqual({ data: { a: varied, b: varied } });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(bytes))).toEqual([true, true]);
    expect(upstream.requests.map(({ headers, body }) => Number(headers["content-length"]) === body.length)).toEqual([
      true,
      true,
    ]);
  });

  test("one variable in two places, where the file is small", async () => {
    const { upstream, post } = await startUploadServer();
    const answer = await post(
      operations({ query: twice, variables: { image: null } }),
      map({ 0: ["variables.image"] }),
      filePart(small),
    );
    expect(answer.body).toEqual({ data: { a: { created: expect.anything() }, b: { created: expect.anything() } } });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(small))).toEqual([true, true]);
  });

  test("one variable in two places, where the file is large: the second place is told what to do", async () => {
    const { upstream, server, post } = await startUploadServer();
    const answer = await post(
      operations({ query: twice, variables: { image: null } }),
      map({ 0: ["variables.image"] }),
      filePart(large),
    );
    expect(answer.body).toMatchObject({
      data: { a: { created: expect.anything() }, b: null },
      errors: [
        {
          message:
            "input.image is used more than once and larger than 1048576 bytes; map the file to a variable of its own for each use.",
          path: ["b"],
          extensions: { code: "BAD_USER_INPUT" },
        },
      ],
    });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(large))).toEqual([true]);
    expect(server.faults).toEqual([]);
  });

  test.each([
    ["before the file", [filePart("y", "9"), filePart("x")]],
    ["after the file", [filePart("x"), filePart("y", "9")]],
    ["large", [filePart(large, "9"), filePart("x")]],
    ["without a name", [filePart("y", ""), filePart("x")]],
  ])("an extraneous file %s is passed over", async (_, files) => {
    const { upstream, post } = await startUploadServer();
    const answer = await post(...varyFields, ...files);
    expect(answer.body).toEqual({ data: { imageVariations: varied } });
    expect(upstream.requests.map((received) => readFile(received).bytes.toString())).toEqual(["x"]);
  });

  test("an empty map, and an operation without files", async () => {
    const { upstream, post } = await startUploadServer();
    expect((await post(operations({ query: "{ __typename }" }), map({}))).body).toEqual({
      data: { __typename: "Query" },
    });
    expect(upstream.requests).toEqual([]);
  });
});

test("paths lead through input objects, lists and batches", async () => {
  const server = createServer(async (req, res) => {
    const limits = { maxBodyBytes: 1_000, maxUploadBytes: 1_000, maxFiles: 5, uploadStallMs: 1_000 };
    const read = await readMultipart(req, res, limits, new BytesInFlight(2 ** 20).open(undefined));
    const files: Record<string, string> = {};
    const collect = async (value: unknown, path: string): Promise<void> => {
      if (value instanceof UploadedFile)
        files[path] = (await buffer((await value.open("input.image")).stream())).toString();
      else for (const [key, child] of Object.entries(value ?? {})) await collect(child, `${path}.${key}`);
    };
    await collect(read, "");
    res.end(JSON.stringify(files));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const body = writeBody(
    operations([
      { variables: { images: [null, null], input: { deep: [{ image: null }] } } },
      { variables: { a: null } },
    ]),
    map({
      x: ["0.variables.images.0"],
      y: ["0.variables.images.1", "1.variables.a"],
      z: ["0.variables.input.deep.0.image"],
    }),
    filePart("X", "x"),
    filePart("Y", "y"),
    filePart("Z", "z"),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await request(url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body })).body).toEqual({
    ".0.variables.images.0": "X",
    ".0.variables.images.1": "Y",
    ".1.variables.a": "Y",
    ".0.variables.input.deep.0.image": "Z",
  });
});
