// The cache of valid documents: what work it saves, what it never keeps, and that it skips no check.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { specifiedRules, type ValidationRule } from "graphql";
import { expect, test } from "vitest";
import { createDocuments } from "../../src/execution/documents.ts";
import { schema } from "../../src/schema/index.ts";
import { chatCompletion } from "../support/answers.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

/** Documents that count; `run` takes one as far as it is valid. */
function startCounting() {
  let validated = 0;
  const countRule: ValidationRule = () => {
    validated++;
    return {};
  };
  const documents = createDocuments({
    schema,
    limits: { maxTokens: 1000, maxLength: 2 ** 20, maxDepth: 10, maxAliases: 30, maxDirectives: 50 },
    messages: { hideSuggestions: true },
    rules: [...specifiedRules, countRule],
  });
  return (source: string) => {
    const before = validated;
    const known = documents.find(source);
    let errors: unknown;
    try {
      errors = documents.validate(documents.parse(source)).length;
    } catch (error) {
      errors = error;
    }
    return { errors, parsed: known ? 0 : 1, validated: validated - before };
  };
}

const message = '{ role: USER, content: "a secret" }';

test.each([
  ["a query, its strings too", '{ model(id: "m") { id } }'],
  ["a mutation without text", "mutation ($i: ChatInput!) { chat(input: $i) { text } }"],
  [
    "a subscription with the model's name",
    'subscription ($m: [ChatMessageInput!]!) { chat(input: { model: "m", messages: $m }) { text } }',
  ],
  ["64 Ki characters", `{ __typename }${" ".repeat(64 * 1024 - 14)}`],
])("%s is parsed and validated once", (_, source) => {
  const run = startCounting();
  expect(run(source)).toEqual({ errors: 0, parsed: 1, validated: 1 });
  expect(run(source)).toEqual({ errors: 0, parsed: 0, validated: 0 });
  expect(run(`${source} `)).toMatchObject({ parsed: 1, validated: 1 });
});

test.each([
  ["what does not parse", "{"],
  ["what is not valid", "{ nothing }"],
  ["a prompt in a mutation", `mutation { chat(input: { model: "m", messages: [${message}] }) { text } }`],
  ["a prompt in a subscription", `subscription { chat(input: { model: "m", messages: [${message}] }) { text } }`],
  ["a prompt in a block string", 'mutation { complete(input: { model: "m", prompt: """a secret""" }) { text } }'],
  [
    "a prompt in a fragment",
    `mutation { ...F } fragment F on Mutation { chat(input: { model: "m", messages: [${message}] }) { text } }`,
  ],
  [
    "a prompt as a default",
    'mutation ($p: [String!]! = ["a secret"]) { complete(input: { model: "m", prompt: $p }) { text } }',
  ],
  [
    "a prompt beside the model's name",
    'mutation { complete(input: { model: "m", prompt: $p, user: "a secret" }) { text } }'.replace(
      "mutation",
      "mutation ($p: [String!]!)",
    ),
  ],
  ["more than 64 Ki characters", `{ __typename }${" ".repeat(64 * 1024 - 13)}`],
])("%s is not kept", (_, source) => {
  const run = startCounting();
  run(source);
  expect(run(source)).toMatchObject({ parsed: 1 });
});

test("10,000 documents take no more memory than the first of them", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const run = startCounting();
  const fields = "id created ".repeat(5);
  const fill = (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      expect(run(`{ models { ${fields} } } # ${index} ${"-".repeat(1000)}`).errors).toBe(0);
    }
    collectGarbage();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const early = fill(0, 3_000);
  expect(fill(3_000, 10_000) - early).toBeLessThan(10);
  expect(run(`{ models { ${fields} } } # 9999 ${"-".repeat(1000)}`)).toMatchObject({ parsed: 0 });
  expect(run(`{ models { ${fields} } } # 0 ${"-".repeat(1000)}`)).toMatchObject({ parsed: 1 });
}, 60_000);

test("a kept document's variables are checked every time", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const server = await startTestServer(upstream.url);
  const query = "mutation ($input: ChatInput!) { chat(input: $input) { id } }";
  const input = { model: "m", messages: [{ role: "USER", content: "Hi" }] };
  const run = async (more: object) => (await server.query(query, { input: { ...input, ...more } })).body;
  expect((await run({ n: 1 })).errors).toBeUndefined();
  expect((await run({ n: 0 })).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect((await run({ n: "1" })).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect((await run({ messages: [] })).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect(upstream.requests).toHaveLength(1);
});

test("a kept mutation is refused by GET as before", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const server = await startTestServer(upstream.url);
  const query = "mutation ($input: ChatInput!) { chat(input: $input) { id } }";
  await server.query(query, { input: { model: "m", messages: [{ role: "USER", content: "Hi" }] } });
  const headers = { "graphql-require-preflight": "1" };
  const response = await fetch(`${server.url}?query=${encodeURIComponent(query)}`, { headers });
  expect(response.status).toBe(405);
  expect(upstream.requests).toHaveLength(1);
});
