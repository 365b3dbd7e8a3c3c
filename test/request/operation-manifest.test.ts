// PERSISTED_OPERATIONS_FILE: the formats it may have, and the files that keep the server from starting.
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { ConfigError, readConfig } from "../../src/config/read-config.ts";
import { models } from "../support/answers.ts";
import { apolloManifest, sha256, writeManifest } from "../support/manifest.ts";
import { makePipe } from "../support/pipe.ts";
import { request, startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const LIST = "query List { models { id } }";

/** Starts a server on the manifest and asks it for the document of each id. */
async function ask(manifest: unknown, ...ids: string[]) {
  const upstream = await startUpstream(json(models));
  const server = await startTestServer(upstream.url, { PERSISTED_OPERATIONS_FILE: writeManifest(manifest) });
  const answers = [];
  for (const id of ids) {
    const url = `${server.url}?documentId=${encodeURIComponent(id)}`;
    const { body } = await request(url, { method: "GET" });
    answers.push(body.data ? Object.keys(body.data) : body.errors[0].extensions.code);
  }
  return { answers, calls: upstream.requests.length };
}

/** The error with which the app refuses to be made. */
function start(path: string, environment: Record<string, string> = {}): unknown {
  const config = readConfig({ OPENAI_API_KEY: "sk-test", PERSISTED_OPERATIONS_FILE: path, ...environment });
  try {
    createApp(config, () => {});
  } catch (error) {
    return error;
  }
  return undefined;
}

test.each<[string, unknown]>([
  ["Apollo's manifest", apolloManifest({ [sha256(LIST)]: LIST })],
  ["an object from hashes to documents, of Relay or GraphQL Code Generator", { [sha256(LIST)]: LIST }],
  ["an object whose hashes have a prefix", { [`sha256:${sha256(LIST)}`]: LIST }],
  ["a manifest with a byte order mark", `\ufeff${JSON.stringify({ [sha256(LIST)]: LIST })}`],
])("%s is served, by its hashes with and without sha256:", async (_, manifest) => {
  const hash = sha256(LIST);
  const { answers, calls } = await ask(manifest, hash, `sha256:${hash}`, hash.toUpperCase(), `md5:${hash}`);
  expect(answers).toEqual([["models"], ["models"], "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_FOUND"]);
  expect(calls).toBe(2);
});

test("words of the format and of JavaScript can be ids, and are none where the manifest has them not", async () => {
  const words = ["format", "version", "operations", "__proto__", "constructor", "toString"];
  const written = `{${words.map((word) => `${JSON.stringify(word)}: ${JSON.stringify(LIST)}`)}}`;
  expect((await ask(written, ...words)).answers).toEqual(words.map(() => ["models"]));
  const unknown = await ask({ other: LIST }, ...words);
  expect(unknown).toEqual({ answers: words.map(() => "PERSISTED_QUERY_NOT_FOUND"), calls: 0 });
});

test("an empty manifest knows no id", async () => {
  expect(await ask({}, "a")).toEqual({ answers: ["PERSISTED_QUERY_NOT_FOUND"], calls: 0 });
  expect(await ask(apolloManifest({}), "a")).toEqual({ answers: ["PERSISTED_QUERY_NOT_FOUND"], calls: 0 });
});

describe("the server does not start, and names the variable and the place, for a manifest with", () => {
  const operations = (...entries: unknown[]) => ({ ...apolloManifest({}), operations: entries });
  test.each<[string, unknown, string]>([
    ["broken JSON", "{", "not JSON in UTF-8"],
    ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff]), "not JSON in UTF-8"],
    ["a list", [LIST], "JSON object"],
    ["null", "null", "JSON object"],
    ["another format", { ...apolloManifest({}), format: "other" }, "version 1"],
    ["another version", { ...apolloManifest({}), version: 2 }, "version 1"],
    ["no list of operations", { ...apolloManifest({}), operations: { a: LIST } }, "version 1"],
    ["an operation that is no object", operations({ id: "a", body: LIST }, LIST), "operations[1] has an id"],
    ["an operation without an id", operations({ body: LIST }), "operations[0] has an id"],
    ["an operation without a document", operations({ id: "a" }), 'operations[0] ("a") has no document'],
    ["an empty id", { "": LIST }, 'the entry "" has an id'],
    ["an id with a space", { "a b": LIST }, 'the entry "a b" has an id'],
    ["an id of 257 characters", { ["a".repeat(257)]: LIST }, "has an id that is not 1 to 256 visible"],
    ["a document that is no text", { fine: LIST, bad: 5 }, 'the entry "bad" has no document'],
    [
      "broken syntax",
      { bad: "{" },
      'the entry "bad" has a document that cannot be served: Syntax Error: Expected Name',
    ],
    ["an unknown field", { bad: "{ nope }" }, 'Cannot query field "nope" on type "Query". (line 1, column 3)'],
    ["a document without an operation", { bad: "fragment F on Query { __typename }" }, 'Fragment "F" is never used.'],
    [
      "a document that is bad in the middle",
      operations({ id: "a", body: LIST }, { id: "b", body: "{ nope }" }),
      'operations[1] ("b") has a document that cannot be served: Cannot query field "nope"',
    ],
    [
      "one id for two documents",
      operations({ id: "a", body: LIST }, { id: "sha256:a", body: "{ __typename }" }),
      'operations[1] ("sha256:a") has the id of another document',
    ],
  ])("%s", (_, manifest, problem) => {
    const error = start(writeManifest(manifest));
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain("PERSISTED_OPERATIONS_FILE");
    expect((error as Error).message).toContain(problem);
  });

  const big = "query Big { a: models @skip(if: false) { id } models { b: id } }";
  test.each<[string, Record<string, string>, string]>([
    ["aliases", { MAX_ALIASES: "1" }, "has 2 aliases; at most 1 are allowed."],
    ["levels", { MAX_DEPTH: "1" }, "nests fields 2 levels deep; at most 1 are allowed."],
    ["directives", { MAX_DIRECTIVES: "0" }, "has 1 directives; at most 0 are allowed."],
    ["tokens", { MAX_QUERY_TOKENS: "10" }, "has more than 10 tokens."],
    ["characters", { MAX_QUERY_LENGTH: "20" }, `has ${big.length} characters; at most 20 are allowed.`],
    ["line breaks", {}, "has more than 10000 line breaks."],
  ])("a document of too many %s, which no request could be served with", async (things, environment, problem) => {
    const text = things === "line breaks" ? `${big}${"\n".repeat(10_001)}` : big;
    const path = writeManifest(apolloManifest({ fine: "{__typename}", big: text }));
    const error = start(path, environment) as Error;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('operations[1] ("big") has a document that cannot be served: The document');
    expect(error.message).toContain(problem);
    for (const name of Object.keys(environment)) expect(error.message).toContain(name);
    const upstream = await startUpstream(json(models));
    const server = await startTestServer(upstream.url, environment);
    expect((await server.query(text)).body.errors).toEqual([
      { message: expect.stringContaining(problem), extensions: { code: "OPERATION_TOO_COMPLEX" } },
    ]);
    expect(upstream.requests).toEqual([]);
  });

  test("no file", () => {
    const error = start(join(writeManifest({}), "..", "missing.json"));
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/PERSISTED_OPERATIONS_FILE .* cannot be read: ENOENT/);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ["a pipe that nobody writes", makePipe, /cannot be read: ENOTREG/],
    ["a device without an end", (path) => symlinkSync("/dev/zero", path), /cannot be read: ENOTREG/],
    ["a directory", (path) => mkdirSync(path), /cannot be read: EISDIR/],
  ])("%s", (_, make, message) => {
    const path = join(writeManifest({}), "..", "other.json");
    make(path);
    const error = start(path);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });
});
