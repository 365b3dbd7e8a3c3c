// The limits of uploads: at a limit an upload passes, one more is refused, and the upstream never gets a cut file.
import { describe, expect, test } from "vitest";
import { filePart, makeBytes, readFile, varied, vary, varyFields, type WrittenPart } from "../support/multipart.ts";
import { startUploadServer } from "../support/upload-server.ts";

describe.each([1, 100, 100_000, 2 ** 20])("a limit of %i bytes, held in memory", (limit) => {
  const environment = { MAX_UPLOAD_BYTES: String(limit) };

  test("a file of exactly that size passes whole", async () => {
    const { upstream, post } = await startUploadServer(environment);
    const bytes = makeBytes(limit);
    expect((await post(...varyFields, filePart(bytes))).body).toEqual({ data: { imageVariations: varied } });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(bytes))).toEqual([true]);
  });

  test.each([1, 2, 500_000])("a file of %i bytes more is PAYLOAD_TOO_LARGE (413) and nothing is sent", async (more) => {
    const { upstream, server, post } = await startUploadServer(environment);
    const answer = await post(...varyFields, filePart(makeBytes(limit + more)));
    expect(answer.status).toBe(413);
    expect(answer.body.errors).toMatchObject([
      {
        message: `input.image must be at most ${limit} bytes; got more.`,
        path: ["imageVariations"],
        extensions: { code: "PAYLOAD_TOO_LARGE" },
      },
    ]);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });
});

describe("a limit of 2000000 bytes, sent on while it comes", () => {
  const environment = { MAX_UPLOAD_BYTES: "2000000" };

  test("a file of exactly that size passes whole", async () => {
    const { upstream, post } = await startUploadServer(environment);
    const bytes = makeBytes(2_000_000);
    expect((await post(...varyFields, filePart(bytes))).body).toEqual({ data: { imageVariations: varied } });
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(bytes))).toEqual([true]);
  });

  test.each([1, 3_000_000])("with %i bytes more the upstream's request breaks off unfinished", async (more) => {
    const { upstream, server, post } = await startUploadServer(environment);
    const answer = await post(...varyFields, filePart(makeBytes(2_000_000 + more)));
    expect(answer.status).toBe(413);
    expect(answer.body.errors).toMatchObject([
      {
        message: "input.image must be at most 2000000 bytes; got more.",
        extensions: { code: "PAYLOAD_TOO_LARGE" },
      },
    ]);
    expect(upstream.requests).toHaveLength(1);
    await upstream.requests[0]?.closed;
    // The upstream reads whole bodies: one that had ended would stand here.
    expect(upstream.requests[0]?.body).toHaveLength(0);
    expect(server.faults).toEqual([]);
  });

  test("a file at several paths is held to it too, and nothing is sent", async () => {
    const { upstream, post } = await startUploadServer(environment);
    const query = vary
      .replace("$image: Upload!", "$image: Upload!, $again: Upload!")
      .replace(/\{ (image.*) \}$/, "{ $1 b: $1 }");
    const body = { query: query.replace(/b: (.*)\$image/, "b: $1$again"), variables: { image: null, again: null } };
    const answer = await post(
      { name: "operations", body: JSON.stringify(body) },
      { name: "map", body: '{"0":["variables.image","variables.again"]}' },
      filePart(makeBytes(2_000_001)),
    );
    expect(answer.status).toBe(413);
    expect(answer.body.data).toEqual({ imageVariations: null, b: null });
    expect(upstream.requests).toEqual([]);
  });
});

test("an empty file is BAD_USER_INPUT and nothing is sent", async () => {
  const { upstream, post } = await startUploadServer({});
  const answer = await post(...varyFields, filePart(""));
  expect(answer.body.errors).toMatchObject([
    { message: "input.image must not be empty; got 0 bytes.", extensions: { code: "BAD_USER_INPUT" } },
  ]);
  expect(upstream.requests).toEqual([]);
});

describe("MAX_FILES", () => {
  const tooMany = (maxFiles: number) => ({
    message: `A request may hold at most ${maxFiles} files.`,
    extensions: { code: "PAYLOAD_TOO_LARGE" },
  });
  const twoPaths: WrittenPart[] = [
    { name: "operations", body: JSON.stringify({ query: "{ __typename }", variables: { a: null, b: null } }) },
    { name: "map", body: '{"0":["variables.a"],"1":["variables.b"]}' },
  ];

  test.each([
    ["more files in map", "1", [...twoPaths, filePart("x"), filePart("y", "1")]],
    ["any file where none is taken", "0", [...varyFields, filePart("x")]],
  ])("%s is PAYLOAD_TOO_LARGE (413)", async (_, maxFiles, parts) => {
    const { upstream, post } = await startUploadServer({ MAX_FILES: maxFiles });
    const answer = await post(...parts);
    expect(answer).toMatchObject({ status: 413, body: { errors: [tooMany(Number(maxFiles))] } });
    expect(upstream.requests).toEqual([]);
  });

  test("more files in the body than in map are PAYLOAD_TOO_LARGE (413)", async () => {
    const { upstream, post } = await startUploadServer({ MAX_FILES: "2" });
    const extraneous = [filePart("y", "8"), filePart("z", "9")];
    const answer = await post(...varyFields, ...extraneous, filePart("x"));
    expect(answer).toMatchObject({ status: 413, body: { errors: [tooMany(2)] } });
    expect(upstream.requests).toEqual([]);
  });

  test("as many as allowed pass", async () => {
    const { post } = await startUploadServer({ MAX_FILES: "2" });
    expect((await post(...twoPaths, filePart("x"), filePart("y", "1"))).status).toBe(200);
  });
});

describe("MAX_BODY_BYTES", () => {
  const operations = (size: number) => ({ name: "operations", body: '{"query":"{ __typename }"}'.padEnd(size) });

  test("an operations field of exactly that size passes", async () => {
    const { post } = await startUploadServer({ MAX_BODY_BYTES: "500" });
    expect((await post(operations(500), { name: "map", body: "{}" })).body).toEqual({ data: { __typename: "Query" } });
  });

  test.each([501, 502, 5_000, 3_000_000])(
    "an operations field of %i bytes is PAYLOAD_TOO_LARGE (413)",
    async (size) => {
      const { post } = await startUploadServer({ MAX_BODY_BYTES: "500" });
      const answer = await post(operations(size), { name: "map", body: "{}" });
      expect(answer.status).toBe(413);
      expect(answer.body.errors).toMatchObject([
        {
          message: "A multipart field that is no file must be at most 500 bytes.",
          extensions: { code: "PAYLOAD_TOO_LARGE" },
        },
      ]);
    },
  );

  test("so is a map", async () => {
    const { post } = await startUploadServer({ MAX_BODY_BYTES: "500" });
    expect((await post(operations(50), { name: "map", body: "{}".padEnd(501) })).status).toBe(413);
  });
});
