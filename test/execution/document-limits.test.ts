// Documents that ask for too much: refused for that alone, over both transports, before anything is called.
import { getIntrospectionQuery } from "graphql";
import { expect, test } from "vitest";
import { refuse } from "../support/refuse.ts";
import { startServed } from "../support/served-upstream.ts";
import { request } from "../support/server.ts";
import { json } from "../support/upstream.ts";

const models = { object: "list", data: [{ id: "m", object: "model" }] };

const start = (environment: Record<string, string> = {}) => startServed(json(models), environment);

const repeat = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i)).join(" ");
/** Fragments of which each spreads the next one twice, `count` times over. */
const doubling = (count: number, last: string) =>
  `{ ...F0 } ${repeat(count, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F${count} on Query { ${last} }`;

test.each([
  ["tokens", `{ ${repeat(999, (i) => `f${i}`)} }`, "The document has more than 1000 tokens."],
  ["comments", `${"#\n".repeat(1001)}{ __typename }`, "The document has more than 1000 comments."],
  [
    "characters",
    `{ __typename }${" ".repeat(2 ** 20)}`,
    "The document has 1048590 characters; at most 1048576 are allowed.",
  ],
  ["line breaks", `{ __typename }${"\n".repeat(10_001)}`, "The document has more than 10000 line breaks."],
  ["escapes", `{ model(id: "${"\\n".repeat(50_001)}") { id } }`, "The document has more than 50000 backslashes."],
  [
    "a long name",
    `{ ${"x".repeat(257)} }`,
    "A name or number in the document has 257 characters; at most 256 are allowed.",
  ],
  [
    "depth",
    `${"{ a ".repeat(11)}${"}".repeat(11)}`,
    "The document nests fields 11 levels deep; at most 10 are allowed.",
  ],
  [
    "depth through fragments",
    `${"{ a ".repeat(6)} { ...F } ${"}".repeat(6)} fragment F on Query ${"{ ... { b ".repeat(5)}${"} }".repeat(5)}`,
    "The document nests fields 11 levels deep; at most 10 are allowed.",
  ],
  ["aliases", `{ ${repeat(31, (i) => `a${i}: __typename`)} }`, "The document has 31 aliases; at most 30 are allowed."],
  [
    "aliases through fragments, each as often as it is used",
    `{ ${"models { ...F } ".repeat(11)} } fragment F on Model { a: id b: id c: id }`,
    "The document has 33 aliases; at most 30 are allowed.",
  ],
  [
    "fragments that double",
    doubling(40, "a: __typename"),
    "The document has 1099511627776 aliases; at most 30 are allowed.",
  ],
  [
    "directives",
    `{ __typename ${"@skip(if: true) ".repeat(51)} }`,
    "The document has 51 directives; at most 50 are allowed.",
  ],
  [
    "directives everywhere",
    `query ($a: Int @x) @x { ...F @x ... @x { ${"id @x ".repeat(46)} } } fragment F on Query @x { __typename }`,
    "The document has 51 directives; at most 50 are allowed.",
  ],
  [
    "the same field over and over",
    `{ ${"models { id } ".repeat(200)} }`,
    "The document selects the same fields too often.",
  ],
  [
    "aliases of a fragment that nobody uses",
    `{ __typename } fragment F on Query { ${repeat(31, (i) => `a${i}: __typename`)} }`,
    "The document has 31 aliases; at most 30 are allowed.",
  ],
])("%s over the limit are the only error: OPERATION_TOO_COMPLEX", async (_, query, message) => {
  const { upstream, server } = await start();
  expect(await refuse(server, query)).toEqual([{ message, extensions: { code: "OPERATION_TOO_COMPLEX" } }]);
  expect(upstream.requests).toEqual([]);
  expect(server.faults).toEqual([]);
});

test("it is a 400 to clients of application/graphql-response+json, and a 200 to the others", async () => {
  const { server } = await start({ MAX_ALIASES: "0" });
  const accept = { headers: { accept: "application/graphql-response+json" } };
  expect((await server.query("{ a: __typename }", undefined, accept)).status).toBe(400);
  expect((await server.query("{ a: __typename }")).status).toBe(200);
  const onGet = await request(`${server.url}?query={a:__typename}`, { method: "GET", ...accept });
  expect(onGet.status).toBe(400);
});

test("the limits are the configuration's", async () => {
  const { server } = await start({
    MAX_QUERY_TOKENS: "5",
    MAX_QUERY_LENGTH: "30",
    MAX_DEPTH: "1",
    MAX_DIRECTIVES: "0",
  });
  const first = async (query: string) => (await refuse(server, query))[0].message;
  expect(await first("{ a b c d }")).toBe("The document has more than 5 tokens.");
  expect(await first(`{ __typename } # ${"-".repeat(30)}`)).toBe(
    "The document has 47 characters; at most 30 are allowed.",
  );
  expect(await first("{ a { b }")).toMatch(/^Syntax Error/);
  expect(await first("{ a @b }")).toBe("The document has 1 directives; at most 0 are allowed.");
});

test("what is exactly at the limits is answered", async () => {
  const { upstream, server } = await start();
  const aliases = repeat(30, (i) => `a${i}: id`);
  const directives = "@include(if: true)";
  const query = `{ models { ${aliases} ${repeat(50, (i) => `... ${directives} { id } #${i}\n`)} } }`;
  const { body } = await server.query(query);
  expect(body.data.models[0]).toMatchObject({ a0: "m", a29: "m", id: "m" });
  expect(upstream.requests).toHaveLength(1);
});

test.each([{}, { inputValueDeprecation: true, specifiedByUrl: true, directiveIsRepeatable: true, oneOf: true }])(
  "the introspection query of GraphiQL is answered: %j",
  async (options) => {
    const { server } = await start({ MAX_DEPTH: "1" });
    const { body } = await server.query(getIntrospectionQuery(options));
    expect(body.errors).toBeUndefined();
    expect(body.data.__schema.types.length).toBeGreaterThan(50);
  },
);

test("fragments within themselves are refused as such, and in no time", async () => {
  const { server } = await start();
  const query = `{ ...F0 } ${repeat(60, (i) => `fragment F${i} on Query { ...F${(i + 1) % 60} ...F${(i * 7) % 60} ...F${(i * 3) % 60} }`)}`;
  const errors = await refuse(server, query);
  expect(errors).toHaveLength(5);
  for (const { message } of errors) expect(message).toMatch(/^Cannot spread fragment/);
});

test("no answer has more than 5 errors: of validation, of variables, of execution", async () => {
  const { upstream, server } = await start();
  expect(await refuse(server, `{ ${repeat(20, (i) => `f${i}`)} }`)).toHaveLength(5);
  const variables = repeat(20, (i) => `$v${i}: String!`);
  const uses = repeat(20, (i) => `$v${i}`);
  const errors = await refuse(
    server,
    `mutation (${variables}) { complete(input: { model: "m", prompt: [${uses}] }) { id } }`,
  );
  expect(errors).toHaveLength(5);
  expect(errors[0].message).toBe('Variable "$v0" is not valid: Expected type "String!"; it was not given.');
  const failing = `{ ${repeat(20, (i) => `a${i}: model(id: "") { id }`)} }`;
  const { body } = await server.query(failing);
  expect(Object.keys(body.data)).toHaveLength(20);
  expect(body.errors).toHaveLength(5);
  expect(upstream.requests).toEqual([]);
});
