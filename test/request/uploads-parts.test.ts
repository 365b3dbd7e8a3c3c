// The parts of an upload as clients write them: `operations` and `map` as Blobs of JSON, files without a name.
import { expect, test } from "vitest";
import {
  CONTENT_TYPE,
  filePart,
  readFile,
  variations,
  varied,
  vary,
  type WrittenPart,
  writeBody,
} from "../support/multipart.ts";
import { postRaw } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { preflighted, request } from "../support/server.ts";
import { json } from "../support/upstream.ts";

const operations = JSON.stringify({ query: vary, variables: { image: null } });
const map = '{"0":["variables.image"]}';
const data = { imageVariations: varied };

const asText = { name: "operations", body: operations };
const mapText = { name: "map", body: map };

test.each<[string, WrittenPart, WrittenPart]>([
  [
    "a Blob of JSON",
    { ...asText, filename: "blob", contentType: "application/json" },
    { ...mapText, filename: "blob", contentType: "application/json" },
  ],
  ["a Blob without type", { ...asText, filename: "blob", contentType: "application/octet-stream" }, mapText],
  [
    "a File",
    { ...asText, filename: "operations.json", contentType: "application/json; charset=utf-8" },
    { ...mapText, filename: "map.json" },
  ],
  [
    "a Blob without a name",
    { ...asText, filename: "", contentType: "application/json;charset=utf-8" },
    { ...mapText, filename: "", contentType: "application/octet-stream" },
  ],
  [
    "bytes without a name",
    { ...asText, contentType: "application/octet-stream" },
    { ...mapText, contentType: "application/json" },
  ],
])("operations and map are read from %s", async (_, first, second) => {
  const { upstream, server } = await startServed(json(variations));
  const answer = await postRaw(server.url, writeBody(first, second, filePart("bytes")), CONTENT_TYPE);
  expect(answer.body).toEqual({ data });
  expect(readFile(upstream.requests[0] as never).bytes.toString()).toBe("bytes");
  expect(server.faults).toEqual([]);
});

test.each<[string, Partial<WrittenPart>]>([
  ["a name that is empty", { filename: "" }],
  ["no name", { filename: undefined as never }],
])("a file with a type and %s is a file", async (_, more) => {
  const { upstream, server } = await startServed(json(variations));
  const { filename, ...part } = { ...filePart("bytes"), ...more };
  const file = filename === undefined ? part : { ...part, filename };
  const answer = await postRaw(server.url, writeBody(asText, mapText, file), CONTENT_TYPE);
  expect(answer.body).toEqual({ data });
  expect(readFile(upstream.requests[0] as never).bytes.toString()).toBe("bytes");
});

test("a page's FormData with Blobs in every place is read", async () => {
  const { upstream, server } = await startServed(json(variations));
  const form = new FormData();
  form.set("operations", new Blob([operations], { type: "application/json" }));
  form.set("map", new Blob([map], { type: "application/json" }), "map.json");
  form.set("0", new Blob(["bytes"]));
  const answer = await request(server.url, { method: "POST", headers: preflighted, body: form });
  expect(answer.body).toEqual({ data });
  expect(upstream.requests).toHaveLength(1);
});

test("such a Blob is under the same limits as a text", async () => {
  const { upstream, server } = await startServed(json(variations), { MAX_BODY_BYTES: "1000" });
  const first = { ...asText, body: operations + " ".repeat(1_000), filename: "blob", contentType: "application/json" };
  const answer = await postRaw(server.url, writeBody(first, mapText, filePart("bytes")), CONTENT_TYPE);
  expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  const broken = await postRaw(server.url, writeBody({ ...first, body: "{" }, mapText), CONTENT_TYPE);
  expect([broken.status, broken.body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
  expect(upstream.requests).toEqual([]);
});
