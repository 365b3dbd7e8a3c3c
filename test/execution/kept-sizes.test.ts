// What is kept of documents is counted by what it really takes, and nothing is kept by the names that clients ask for.
import { parse } from "graphql";
import { describe, expect, test } from "vitest";
import { createEngine } from "../../src/execution/engine.ts";
import { KnownDocument } from "../../src/execution/known-document.ts";
import { schema } from "../../src/schema/index.ts";
import { startServed } from "../support/served-upstream.ts";
import { json } from "../support/upstream.ts";

const engine = createEngine({
  schema,
  limits: { maxTokens: 2_000, maxLength: 2 ** 20, maxDepth: 10, maxAliases: 30, maxDirectives: 50 },
  messages: { hideSuggestions: true },
  introspection: true,
  maxPaidFields: 4,
  maxResponseBytes: 2 ** 26,
  maskError: (error) => error as never,
});

const FIELDS =
  "id object created model text usage { promptTokens totalTokens } choices { index finishReason message { role content } }";
const operations = (count: number) =>
  Array.from({ length: count }, (_, index) => `mutation A${index}($i: ChatInput!) { chat(input: $i) { ...F } }`);
const manyOperations = `fragment F on ChatCompletion { ${FIELDS} } ${operations(60).join(" ")}`;

test("a document grows by each operation that is asked for, once", () => {
  let grown = 0;
  const known = new KnownDocument(engine.schema, parse(manyOperations), () => grown++);
  const sizes = [known.bytes];
  for (let index = 0; index < 60; index++) {
    known.operationOf(`A${index}`);
    known.operationOf(`A${index}`);
    sizes.push(known.bytes);
  }
  expect(grown).toBe(60);
  expect(sizes.every((size, index) => index === 0 || size > (sizes[index - 1] as number) + 10_000)).toBe(true);
});

test("names that no operation has add nothing", () => {
  let grown = 0;
  const known = new KnownDocument(engine.schema, parse(manyOperations), () => grown++);
  const before = known.bytes;
  for (let index = 0; index < 10_000; index++) expect(known.operationOf(`B${index}`)).toBeUndefined();
  expect([known.bytes, grown]).toEqual([before, 0]);
});

test("a document that is not kept has no size and no plans", () => {
  const known = new KnownDocument(engine.schema, parse(manyOperations));
  expect(known.operationOf("A1")?.plan).toBeUndefined();
  expect(known.bytes).toBe(0);
});

test.each([
  ["comments", `${"#c\n".repeat(900)}{ viewer { id } }`, 900 * 100],
  ["escapes", `{ model(id: "${"\\u0031".repeat(9_000)}") { id } }`, 9_000 * 35],
  ["a long text", `{ model(id: "${"x".repeat(60_000)}") { id } }`, 60_000],
])("%s count by what they take", (_, source, bytes) => {
  expect(new KnownDocument(engine.schema, parse(source), () => {}).bytes).toBeGreaterThan(bytes);
});

describe("a name of more than 256 characters is refused as", () => {
  const long = "a".repeat(257);
  const tooLong = (what: string) =>
    expect.stringMatching(new RegExp(`^${what}.* has 257 characters; at most 256 are allowed\\.$`));

  test("operationName, over a document of one operation or several", async () => {
    const { server, upstream } = await startServed(json({}));
    for (const query of ["{ viewer { id } }", "query A { viewer { id } } query B { viewer { id } }"]) {
      const { status, body } = await server.query("", {}, { body: JSON.stringify({ query, operationName: long }) });
      expect(status).toBe(400);
      expect(body.errors).toEqual([{ message: tooLong("operationName"), extensions: { code: "BAD_REQUEST" } }]);
    }
    expect(upstream.requests).toEqual([]);
  });

  test.each([
    ["operation", `query ${long} { viewer { id } }`],
    ["alias", `{ ${long}: viewer { id } }`],
    ["variable", `query($${long}: Int) { viewer { id } }`],
    ["fragment", `{ viewer { ...${long} } } fragment ${long} on Viewer { id }`],
    ["directive", `{ viewer @${long} { id } }`],
    ["argument", `{ model(${long}: 1) { id } }`],
    ["enum value", `{ model(id: ${long}) { id } }`],
    ["number", `{ model(id: ${"1".repeat(257)}) { id } }`],
  ])("%s", async (_, query) => {
    const result = engine.prepare({ query });
    expect(result).toMatchObject({
      errors: [{ message: tooLong("A name or number in the document"), extensions: { code: "OPERATION_TOO_COMPLEX" } }],
    });
  });

  test("one of 256 is served", () => {
    expect(
      engine.prepare({ query: `query ${"a".repeat(256)} { viewer { id } }`, operationName: "a".repeat(256) }),
    ).toHaveProperty("operation");
  });
});
