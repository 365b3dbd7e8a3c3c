// Misshapen GraphQL multipart requests: each is refused clearly, and the next good one is served.
import { describe, expect, test } from "vitest";
import { filePart, varied, vary, varyFields, type WrittenPart, writeBody } from "../../support/multipart.ts";
import { request } from "../../support/server.ts";
import { startUploadServer } from "../../support/upload-server.ts";

const operations = (value: unknown): WrittenPart => ({ name: "operations", body: JSON.stringify(value) });
const map = (value: unknown): WrittenPart => ({ name: "map", body: JSON.stringify(value) });
const single = { query: vary, variables: { image: null } };

/** Operations whose one `null` lies so many keys deep in the variables, and the path that leads there. */
const nested = (depth: number) => ({
  ...single,
  variables: JSON.parse(`${'{"a":'.repeat(depth)}null${"}".repeat(depth)}`),
});
const pathOf = (depth: number) => `variables${".a".repeat(depth)}`;

describe("what is refused with 400 before anything is executed", () => {
  const file = filePart("x");
  const good = { 0: ["variables.image"] };
  test.each<[string, WrittenPart[], string]>([
    ["no part", [], "ends before its last boundary|neither"],
    ["no operations", [map(good), file], "then 'map'"],
    ["operations alone", [operations(single)], "'map' must be beside"],
    ["no map", [operations(single), file], "then the files"],
    ["map before operations", [map(good), operations(single), file], "then 'map'"],
    ["the file before map", [operations(single), file, map(good)], "then the files"],
    ["the file first", [file, operations(single), map(good)], "then the files"],
    [
      "broken JSON in operations",
      [{ name: "operations", body: '{"query": "secret' }, map(good), file],
      "'operations' is not valid JSON",
    ],
    ["broken JSON in map", [operations(single), { name: "map", body: "{0:" }, file], "'map' is not valid JSON"],
    ["operations of null", [operations(null), map(good), file], "'operations' must be a JSON object"],
    ["operations of text", [operations("x"), map(good), file], "'operations' must be a JSON object"],
    ["operations of a number", [operations(5), map(good), file], "'operations' must be a JSON object"],
    [
      "an empty operations field",
      [{ name: "operations", body: "" }, map(good), file],
      "'operations' is not valid JSON",
    ],
    ["a map of null", [operations(single), map(null), file], "'map' must be a JSON object"],
    ["a map of text", [operations(single), map("variables.image"), file], "'map' must be a JSON object"],
    ["a map of a list", [operations(single), map([["variables.image"]]), file], "'map' must be a JSON object"],
    [
      "a path that is no list",
      [operations(single), map({ 0: "variables.image" }), file],
      "a list of paths for each file",
    ],
    ["a path of a number", [operations(single), map({ 0: [5] }), file], "not a string"],
    ["a path of null", [operations(single), map({ 0: [null] }), file], "not a string"],
    ["an empty path", [operations(single), map({ 0: [""] }), file], "not null"],
    ["a file without a path", [operations(single), map({ 0: [] }), file], "file without a path"],
    ["one path twice", [operations(single), map({ 0: ["variables.image"], 1: ["variables.image"] }), file], "twice"],
    ["operations twice", [operations(single), operations(single), map(good), file], "then the files"],
    ["map twice", [operations(single), map({ 0: ["variables.other"] }), map(good), file], "not null"],
    ["a batch", [operations([single]), map({ 0: ["0.variables.image"] }), file], "Arrays of operations"],
    ["an unknown path", [operations(single), map({ 0: ["variables.file"] }), file], "not null"],
    ["a path below null", [operations(single), map({ 0: ["variables.image.x"] }), file], "not null"],
    ["a path to the variables", [operations(single), map({ 0: ["variables"] }), file], "not null"],
    ["a path to the document", [operations(single), map({ 0: ["query"] }), file], "not null"],
    ["a path into the document", [operations(single), map({ 0: ["query.length"] }), file], "not null"],
    ["a path into a prototype", [operations(single), map({ 0: ["variables.__proto__.x"] }), file], "not null"],
    ["a path to a prototype", [operations(single), map({ 0: ["__proto__"] }), file], "not null"],
    ["a constructor", [operations(single), map({ 0: ["variables.constructor.prototype.x"] }), file], "not null"],
    ["a method", [operations(single), map({ 0: ["variables.toString.call"] }), file], "not null"],
    ["a list's method", [operations([single]), map({ 0: ["map.call"] }), file], "not null"],
    [
      "an own property called __proto__",
      [
        { name: "operations", body: `{"query":"","variables":{"__proto__":{"x":null}}}` },
        map({ 0: ["variables.__proto__.x"] }),
        file,
      ],
      "not null",
    ],
    ["a path of 33 keys", [operations(nested(32)), map({ 0: [pathOf(32)] }), file], "more than 32 keys"],
    ["a very long path", [operations(single), map({ 0: ["a.".repeat(4_000_000)] }), file], "more than 32 keys"],
    [
      "a very long name",
      [operations(single), map({ ["n".repeat(100_000)]: 5 }), file],
      "a list of paths for each file",
    ],
  ])("%s", async (_, parts, message) => {
    const { upstream, server, post } = await startUploadServer();
    const answer = await post(...parts);
    expect(answer.body).toEqual({ errors: [expect.objectContaining({ extensions: { code: "BAD_REQUEST" } })] });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].message).toMatch(new RegExp(message));
    expect(answer.text.length).toBeLessThan(200);
    expect(answer.text).not.toMatch(/secret|variables|__proto__|constructor|toString|length|call|a\.a|nn|https?:/);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    expect(Object.prototype.toString.call).toBe(Function.prototype.call);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
    expect((await post(...varyFields, file)).body).toEqual({ data: { imageVariations: varied } });
  });

  test.each([
    ["no boundary", "multipart/form-data"],
    ["an empty boundary", "multipart/form-data; boundary="],
    ["another boundary", "multipart/form-data; boundary=other"],
  ])("%s", async (_, contentType) => {
    const { upstream, server } = await startUploadServer();
    const body = writeBody(...varyFields, file);
    const answer = await request(server.url, { method: "POST", headers: { "content-type": contentType }, body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ extensions: { code: "BAD_REQUEST" } }] } });
    expect(answer.text).toMatch(/its content type must name a boundary|ends before its last boundary|neither/);
    expect(upstream.requests).toEqual([]);
  });
});

test.each([
  ["is not in the body", [...varyFields], "File missing in the request"],
  ["is a field", [...varyFields, { name: "0", body: "x" }], "File missing in the request"],
])("a file that %s is BAD_REQUEST", async (_, parts, message) => {
  const { upstream, server, post } = await startUploadServer();
  const answer = await post(...parts);
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toMatchObject([
    { message: expect.stringContaining(message), path: ["imageVariations"], extensions: { code: "BAD_REQUEST" } },
  ]);
  expect(upstream.requests).toEqual([]);
  expect(server.faults).toEqual([]);
});

test("a path to a variable that is no upload is refused by the variable's type", async () => {
  const { upstream, post } = await startUploadServer();
  const query = "query ($id: ID!) { model(id: $id) { id } }";
  const answer = await post(
    operations({ query, variables: { id: null } }),
    map({ 0: ["variables.id"] }),
    filePart("x"),
  );
  expect(answer.body.errors).toMatchObject([
    { message: expect.stringContaining("ID cannot represent"), extensions: { code: "BAD_USER_INPUT" } },
  ]);
  expect(upstream.requests).toEqual([]);
});

test("a path of 32 keys is followed", async () => {
  const { post } = await startUploadServer();
  const plain = { ...nested(31), query: "{ __typename }" };
  const answer = await post(operations(plain), map({ 0: [pathOf(31)] }), filePart("x"));
  expect(answer.body).toEqual({ data: { __typename: "Query" } });
});
