// Where an operation takes files, and the form that carries them, without a browser.
import { buildSchema, Kind, type OperationDefinitionNode, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { buildMultipartForm } from "../../src/graphiql/browser/uploads/multipart-form.ts";
import { findUploadSlots } from "../../src/graphiql/browser/uploads/upload-slots.ts";
import { schema as ownSchema } from "../../src/schema/index.ts";

const schema = buildSchema(`
  scalar Upload
  input Picture { file: Upload! mask: Upload note: String }
  input Album { cover: Picture! pictures: [Picture!]! extras: [Upload!] parent: Album }
  type Query { a: Int }
`);

function readOperation(text: string): OperationDefinitionNode {
  const [operation] = parse(text).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("Not an operation.");
  return operation;
}

describe("slots", () => {
  test("variables of the type, alone and in lists", () => {
    const operation = readOperation(
      "mutation ($a: Upload!, $b: Upload, $c: [Upload!]!, $d: String, $e: Missing) { x }",
    );
    const expected = [
      { path: "a", takesSeveral: false, isRequired: true },
      { path: "b", takesSeveral: false, isRequired: false },
      { path: "c", takesSeveral: true, isRequired: true },
    ];
    expect(findUploadSlots(operation, schema, {})).toEqual(expected);
    expect(findUploadSlots(operation, undefined, {})).toEqual(expected);
  });

  test("inside input objects, for each item that the variables have", () => {
    const operation = readOperation("mutation ($album: Album!) { x }");
    const slots = findUploadSlots(operation, schema, { album: { pictures: [{}, {}] } });
    expect(slots.slice(0, 7)).toEqual([
      { path: "album.cover.file", takesSeveral: false, isRequired: true },
      { path: "album.cover.mask", takesSeveral: false, isRequired: false },
      { path: "album.pictures.0.file", takesSeveral: false, isRequired: true },
      { path: "album.pictures.0.mask", takesSeveral: false, isRequired: false },
      { path: "album.pictures.1.file", takesSeveral: false, isRequired: true },
      { path: "album.pictures.1.mask", takesSeveral: false, isRequired: false },
      { path: "album.extras", takesSeveral: true, isRequired: false },
    ]);
  });

  test("this server's own input", () => {
    const operation = readOperation("mutation ($input: ImageVariationsInput!) { x }");
    expect(findUploadSlots(operation, ownSchema, null)).toEqual([
      { path: "input.image", takesSeveral: false, isRequired: true },
    ]);
  });
});

describe("the form", () => {
  const file = (name: string) => new File([name], name);

  test("has the operation with nulls, then the places, then the files", async () => {
    const files = new Map([
      ["input.file", { files: [file("a.png")], isList: false }],
      ["list", { files: [file("b.png"), file("c.png")], isList: true }],
      ["album.pictures.0.file", { files: [file("d.png")], isList: false }],
      ["other", { files: [file("e.png")], isList: false }],
    ]);
    const query = "mutation ($input: Picture!, $list: [Upload!], $album: Album) { x }";
    const variables = { input: { file: "data:,x", note: "n" }, list: null };
    const form = buildMultipartForm({ query, variables }, files, schema) ?? new FormData();
    expect([...form.keys()]).toEqual(["operations", "map", "0", "1", "2", "3"]);
    expect(JSON.parse(String(form.get("operations")))).toEqual({
      query,
      variables: {
        input: { file: null, note: "n" },
        list: [null, null],
        album: { pictures: [{ file: null }] },
      },
    });
    expect(JSON.parse(String(form.get("map")))).toEqual({
      0: ["variables.input.file"],
      1: ["variables.list.0"],
      2: ["variables.list.1"],
      3: ["variables.album.pictures.0.file"],
    });
    expect(variables).toEqual({ input: { file: "data:,x", note: "n" }, list: null });
    const last = form.get("3");
    expect(last instanceof File && [last.name, await last.text()]).toEqual(["d.png", "d.png"]);
  });

  test.each([
    "mutation ($a: Upload) { x }",
    "{",
    "query { x }",
    "mutation ($b: String, $input: Album!) { x }",
    "mutation ($b: [Upload!]) { x }",
    "mutation Run { x } mutation Other($b: Upload, $input: Picture!) { x }",
  ])("is none for %j, which takes no file where one was chosen", (query) => {
    const files = new Map([
      ["b", { files: [file("a.png")], isList: false }],
      ["input.file", { files: [file("b.png")], isList: false }],
    ]);
    expect(buildMultipartForm({ query, variables: null, operationName: "Run" }, files, schema)).toBeUndefined();
  });

  test("has no file for an item that the variables have no longer", () => {
    const files = new Map([["album.pictures.1.file", { files: [file("a.png")], isList: false }]]);
    const query = "mutation ($album: Album!) { x }";
    const build = (pictures: object[]) =>
      buildMultipartForm({ query, variables: { album: { pictures } } }, files, schema);
    expect(build([{}, {}])?.get("0")).toBeInstanceOf(File);
    expect(build([{}])).toBeUndefined();
  });
});
