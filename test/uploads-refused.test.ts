// Misshapen GraphQL multipart requests: each is refused clearly, and the next good one is served.
import { describe, expect, test } from "vitest";
import {
  CONTENT_TYPE,
  filePart,
  variations,
  varied,
  vary,
  varyFields,
  type WrittenPart,
  writeBody,
} from "./support/multipart.ts";
import { request, startTestServer } from "./support/server.ts";
import { json, startUpstream } from "./support/upstream.ts";

async function start(environment: Record<string, string> = {}) {
  const upstream = await startUpstream(json(variations));
  const server = await startTestServer(upstream.url, environment);
  const post = (...parts: WrittenPart[]) =>
    request(server.url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body: writeBody(...parts) });
  return { upstream, server, post };
}

const operations = (value: unknown): WrittenPart => ({ name: "operations", body: JSON.stringify(value) });
const map = (value: unknown): WrittenPart => ({ name: "map", body: JSON.stringify(value) });
const single = { query: vary, variables: { image: null } };

describe("what is refused with 400 before anything is executed", () => {
  const file = filePart("x");
  const good = { 0: ["variables.image"] };
  test.each<[string, WrittenPart[], string]>([
    ["no part", [], "Unexpected end|neither"],
    ["no operations", [map(good), file], "'map' should follow 'operations'"],
    ["operations alone", [operations(single)], "Missing multipart field 'map'"],
    ["no map", [operations(single), file], "files should follow 'map'"],
    ["map before operations", [map(good), operations(single), file], "'map' should follow 'operations'"],
    ["the file before map", [operations(single), file, map(good)], "files should follow 'map'"],
    ["the file first", [file, operations(single), map(good)], "files should follow 'map'"],
    ["broken JSON in operations", [{ name: "operations", body: '{"query": "secret' }, map(good), file], "Invalid JSON"],
    ["broken JSON in map", [operations(single), { name: "map", body: "{0:" }, file], "Invalid JSON in the 'map'"],
    ["operations of null", [operations(null), map(good), file], "Invalid type for the 'operations'"],
    ["operations of text", [operations("x"), map(good), file], "Invalid type for the 'operations'"],
    ["operations of a number", [operations(5), map(good), file], "Invalid type for the 'operations'"],
    ["an empty operations field", [{ name: "operations", body: "" }, map(good), file], "Invalid JSON"],
    ["a map of null", [operations(single), map(null), file], "Invalid type for the 'map'"],
    ["a map of text", [operations(single), map("variables.image"), file], "Invalid type for the 'map'"],
    ["a map of a list", [operations(single), map([["variables.image"]]), file], "Invalid type for the 'map'"],
    ["a path that is no list", [operations(single), map({ 0: "variables.image" }), file], "Invalid type for the 'map'"],
    ["a path of a number", [operations(single), map({ 0: [5] }), file], "array index '0'"],
    ["a path of null", [operations(single), map({ 0: [null] }), file], "array index '0'"],
    ["an empty path", [operations(single), map({ 0: [""] }), file], "array index '0'|not null"],
    ["a file without a path", [operations(single), map({ 0: [] }), file], "file without a path"],
    ["one path twice", [operations(single), map({ 0: ["variables.image"], 1: ["variables.image"] }), file], "twice"],
    ["operations twice", [operations(single), operations(single), map(good), file], "files should follow 'map'"],
    ["map twice", [operations(single), map({ 0: ["variables.other"] }), map(good), file], "variables.other"],
    ["a batch", [operations([single]), map({ 0: ["0.variables.image"] }), file], "Arrays of operations"],
    ["an unknown path", [operations(single), map({ 0: ["variables.file"] }), file], "variables.file"],
    ["a path below null", [operations(single), map({ 0: ["variables.image.x"] }), file], "variables.image.x"],
    ["a path to the variables", [operations(single), map({ 0: ["variables"] }), file], "not null"],
    ["a path to the document", [operations(single), map({ 0: ["query"] }), file], "not null"],
    ["a path into the document", [operations(single), map({ 0: ["query.length"] }), file], "query.length"],
    ["a path into a prototype", [operations(single), map({ 0: ["variables.__proto__.x"] }), file], "__proto__"],
    ["a path to a prototype", [operations(single), map({ 0: ["__proto__"] }), file], "__proto__"],
    ["a constructor", [operations(single), map({ 0: ["variables.constructor.prototype.x"] }), file], "constructor"],
    ["a method", [operations(single), map({ 0: ["variables.toString.call"] }), file], "toString"],
    ["a list's method", [operations([single]), map({ 0: ["map.call"] }), file], "map.call"],
    [
      "an own property called __proto__",
      [
        { name: "operations", body: `{"query":"","variables":{"__proto__":{"x":null}}}` },
        map({ 0: ["variables.__proto__.x"] }),
        file,
      ],
      "__proto__",
    ],
    ["a very long path", [operations(single), map({ 0: ["a.".repeat(100_000)] }), file], "a.a.a"],
    ["a very long name", [operations(single), map({ ["n".repeat(100_000)]: 5 }), file], "nnnn"],
  ])("%s", async (_, parts, message) => {
    const { upstream, server, post } = await start();
    const answer = await post(...parts);
    expect(answer.body).toEqual({ errors: [expect.objectContaining({ extensions: { code: "BAD_REQUEST" } })] });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].message).toMatch(new RegExp(message));
    expect(answer.text.length).toBeLessThan(1_000);
    expect(answer.text).not.toContain("secret");
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
    const { upstream, server } = await start();
    const body = writeBody(...varyFields, file);
    const answer = await request(server.url, { method: "POST", headers: { "content-type": contentType }, body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ extensions: { code: "BAD_REQUEST" } }] } });
    expect(upstream.requests).toEqual([]);
  });
});

test.each([
  ["is not in the body", [...varyFields], "File missing in the request"],
  ["is a field", [...varyFields, { name: "0", body: "x" }], "File missing in the request"],
])("a file that %s is BAD_REQUEST", async (_, parts, message) => {
  const { upstream, server, post } = await start();
  const answer = await post(...parts);
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toMatchObject([
    { message: expect.stringContaining(message), path: ["imageVariations"], extensions: { code: "BAD_REQUEST" } },
  ]);
  expect(upstream.requests).toEqual([]);
  expect(server.faults).toEqual([]);
});

test("a path to a variable that is no upload is refused by the variable's type", async () => {
  const { upstream, post } = await start();
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
