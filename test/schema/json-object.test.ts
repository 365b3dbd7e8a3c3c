// The JSONObject scalar: what is passed on unchanged, and what is refused because it would be changed silently.
import { expect, test } from "vitest";
import { chatCompletion } from "../support/answers.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

async function chat(metadata: string, variables?: Record<string, unknown>, parameters = "") {
  const upstream = await startUpstream(json(chatCompletion));
  const server = await startTestServer(upstream.url);
  const input = `{ model: "m", messages: { role: USER, content: "Hi" }, metadata: ${metadata} }`;
  const { body } = await server.query(`mutation ${parameters} { chat(input: ${input}) { id } }`, variables);
  return { body, requests: upstream.requests };
}

/** An object `depth` levels deep, as JSON. */
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test.each([
  ["a bare word", "{ type: object }", "object"],
  ["a list", "[1]", "object"],
  ["more levels than are taken", nested(201).replaceAll('"', ""), "200 levels"],
])("inline, %s is refused and named", async (_, metadata, word) => {
  const { body, requests } = await chat(metadata);
  expect(body.errors[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT" } });
  expect(body.errors[0].message).toContain(word);
  expect(requests).toEqual([]);
});

test("inline, variables stand for their values, and big integers that doubles hold pass", async () => {
  const { requests } = await chat(
    "{ a: $a, b: [$a, 9007199254740992, -1.5e3, null] }",
    { a: { c: "é" } },
    "($a: JSONObject)",
  );
  expect(requests[0]?.json()).toMatchObject({
    metadata: { a: { c: "é" }, b: [{ c: "é" }, 9007199254740992, -1500, null] },
  });
});

test("as a variable, 200 levels pass and 201 are refused", async () => {
  const passed = await chat("$m", { m: JSON.parse(nested(200)) }, "($m: JSONObject)");
  expect(passed.body.errors).toBeUndefined();
  expect(passed.requests).toHaveLength(1);
  const refused = await chat("$m", { m: JSON.parse(nested(201)) }, "($m: JSONObject)");
  expect(refused.body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect(refused.requests).toEqual([]);
});

test("a file part inside is refused, where it would have gone up as {}", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const server = await startTestServer(upstream.url);
  const query = "mutation ($input: ChatInput!) { chat(input: $input) { id } }";
  const input = { model: "m", messages: [{ role: "USER", content: "Hi" }], metadata: { a: null } };
  const map = { 0: ["variables.input.metadata.a"] };
  const { body } = await server.upload({ query, variables: { input } }, map, { 0: new Blob(["x"]) });
  expect(body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect(upstream.requests).toEqual([]);
});

test("a document nested deeper than the parser can follow is GRAPHQL_PARSE_FAILED and no fault of the server's", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url, { MAX_QUERY_TOKENS: "1000000" });
  const { body } = await server.query(`${"{ a ".repeat(20_000)}${"}".repeat(20_000)}`);
  expect(body.errors).toMatchObject([{ extensions: { code: "GRAPHQL_PARSE_FAILED" } }]);
  expect(server.faults).toEqual([]);
});
