// Answers that are written as JSON at once, beside those that are completed first: the same bytes and the same errors.
import {
  type ExecutionResult,
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLError,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import { expect, test } from "vitest";
import { ANYBODY } from "../../src/callers/caller.ts";
import { createEngine, type Engine, type OperationContext } from "../../src/execution/engine.ts";
import type { Result } from "../../src/execution/result.ts";
import { ResultStream } from "../../src/execution/result-stream.ts";
import { generateOperation } from "../support/operations.ts";
import { createRandom, type Random } from "../support/random.ts";
import { startTestEngine } from "../support/test-engine.ts";

const LIMITS = { maxTokens: 100_000, maxLength: 2 ** 20, maxDepth: 100, maxAliases: 1000, maxDirectives: 1000 };
const context = { caller: ANYBODY, signal: new AbortController().signal } as unknown as OperationContext;

async function run(engine: Engine, query: string, asJson: boolean, variables = {}, given = context): Promise<Result> {
  const prepared = engine.prepare({ query });
  if (!("operation" in prepared)) throw prepared.errors?.[0];
  const result = await engine.run(prepared, variables, given, asJson);
  if (result instanceof ResultStream) throw new Error("A query yields one result.");
  return result;
}

/** The data's text, and the errors by place. */
function comparable({ data, errors = [], json }: Result) {
  const places = errors.map(({ path, message }) => `${path?.join(".")}: ${message}`).sort();
  const isOpen = errors.length >= 5 || (data === null && errors.length > 0);
  return { text: json ?? JSON.stringify({ data }), errors: isOpen ? "some" : places };
}

const Any = new GraphQLScalarType({ name: "Any", serialize: (value) => value });
const Mood = new GraphQLEnumType({ name: "Mood", values: { GOOD: { value: "good" }, ODD: { value: 7 } } });
const leaves = {
  text: GraphQLString,
  id: GraphQLID,
  int: GraphQLInt,
  float: GraphQLFloat,
  flag: GraphQLBoolean,
  mood: Mood,
  any: Any,
} satisfies Record<string, GraphQLOutputType>;
const Row: GraphQLObjectType = new GraphQLObjectType({
  name: "Row",
  fields: () => ({
    ...Object.fromEntries(Object.entries(leaves).map(([name, type]) => [name, { type }])),
    sure: { type: new GraphQLNonNull(GraphQLString) },
    texts: { type: new GraphQLList(GraphQLString) },
    ints: { type: new GraphQLList(new GraphQLNonNull(GraphQLInt)) },
    row: { type: Row },
    rows: { type: new GraphQLList(Row) },
  }),
});

/** Not a promise. */
const THEN: object = JSON.parse('{ "then": "a value as any other" }');

/** Serves `row` and `rows` from the root value that the context has. */
function startEngine(maxResponseBytes = 2 ** 26): Engine {
  const resolve = (_: unknown, __: unknown, { root }: { root: unknown }) => root;
  return createEngine({
    schema: new GraphQLSchema({
      query: new GraphQLObjectType({
        name: "Query",
        fields: { row: { type: Row, resolve }, rows: { type: new GraphQLList(Row), resolve } },
      }),
    }),
    limits: LIMITS,
    messages: { hideSuggestions: true },
    introspection: true,
    maxPaidFields: 1,
    maxResponseBytes,
    maskError: (error) => error as GraphQLError,
  });
}

const contextOf = (root: unknown) => ({ ...context, root }) as OperationContext;

const CHARACTERS = [
  '"',
  "\\",
  "\n",
  "\u0000",
  "\u001f",
  "\u007f",
  "\u2028",
  "é",
  "语",
  "😀",
  "\ud83d",
  "\ude00",
  "/",
  "<",
];
const VALUES = [
  null,
  undefined,
  true,
  false,
  0,
  -0,
  1.5,
  1e21,
  2 ** 31,
  Number.NaN,
  "",
  "7",
  "good",
  7,
  [],
  {},
  new Date(0),
];

function generateText(random: Random): string {
  const length = random.pick([0, 1, 5, 20, 63, 64, 65, 200]);
  const isPlain = random.oneIn(2);
  return Array.from({ length }, () => (isPlain || random.oneIn(2) ? "a" : random.pick(CHARACTERS))).join("");
}

function generateLeaf(name: string, random: Random): unknown {
  if (random.oneIn(40)) return random.pick(VALUES);
  if (random.oneIn(8)) return null;
  if (name === "int") return random.below(2 ** 31) - 2 ** 30;
  if (name === "float") return (random.below(2 ** 31) - 2 ** 30) / 2 ** random.below(70);
  if (name === "flag") return random.oneIn(2);
  if (name === "mood") return random.pick(["good", 7]);
  if (name === "any")
    return random.pick<unknown>([
      new Date(random.below(2 ** 31)),
      { a: [generateText(random), { b: null }] },
      [1],
      5,
      "x",
    ]);
  return generateText(random);
}

function generateRow(random: Random, depth = 0): object {
  const list = <Value>(make: () => Value) => Array.from({ length: random.below(4) }, make);
  const isDeep = depth > 1;
  return {
    ...Object.fromEntries(Object.keys(leaves).map((name) => [name, generateLeaf(name, random)])),
    sure: random.oneIn(30) ? null : generateText(random),
    texts: random.oneIn(5) ? null : list(() => generateLeaf("text", random)),
    ints: random.oneIn(5) ? undefined : list(() => random.below(100)),
    row: isDeep || random.oneIn(4) ? null : generateRow(random, depth + 1),
    rows: isDeep ? null : list(() => (random.oneIn(6) ? null : generateRow(random, depth + 1))),
    ...THEN,
  };
}

const FIELDS = [...Object.keys(leaves), "sure", "texts", "ints", "__typename"];

function generateSelection(random: Random, depth = 0): string {
  const fields = FIELDS.filter(() => random.oneIn(2)).map((name) =>
    random.oneIn(4) ? `a${random.below(3)}${name}: ${name}` : name,
  );
  if (depth < 2 && random.oneIn(2)) fields.push(`row ${generateSelection(random, depth + 1)}`);
  if (depth < 2 && random.oneIn(2)) fields.push(`rows ${generateSelection(random, depth + 1)}`);
  if (random.oneIn(3)) fields.push(`... on Row { mood int }`);
  if (random.oneIn(3)) fields.push("...Common");
  return `{ ${fields.join(" ")} id }`;
}

test.each(Array.from({ length: 10 }, (_, index) => index))("generated values, seed %i", async (seed) => {
  const random = createRandom(seed);
  const engine = startEngine();
  let written = 0;
  for (let round = 0; round < 100; round++) {
    const field = random.pick(["row", "rows", "more: rows"]);
    const query = `{ ${field} ${generateSelection(random)} } fragment Common on Row { text c: float rows { id } }`;
    const root = field === "row" ? generateRow(random) : [generateRow(random), null, generateRow(random)];
    const usedQuery = query.includes("...Common") ? query : query.slice(0, query.indexOf(" fragment"));
    const expected = await run(engine, usedQuery, false, {}, contextOf(root));
    const given = await run(engine, usedQuery, true, {}, contextOf(root));
    expect(expected.json).toBeUndefined();
    expect([usedQuery, comparable(given)]).toEqual([usedQuery, comparable(expected)]);
    if (given.json !== undefined) written++;
  }
  expect(written).toBeGreaterThan(20);
});

test.each(Array.from({ length: 5 }, (_, index) => index + 50))("generated operations, seed %i", async (seed) => {
  const { schema, engine, calls } = startTestEngine();
  const random = createRandom(seed);
  for (let round = 0; round < 100; round++) {
    const { source, variables } = generateOperation(schema, random);
    const expected = await run(engine, source, false, variables);
    const callsOfOne = calls.splice(0).sort();
    const given = await run(engine, source, true, variables);
    expect([source, comparable(given)]).toEqual([source, comparable(expected)]);
    expect(calls.splice(0).sort()).toEqual(callsOfOne);
  }
});

test("a long answer is not written at once, nor one with more values than may be", async () => {
  const text = (length: number) => contextOf({ text: "a".repeat(length) });
  const engine = startEngine();
  expect((await run(engine, "{ row { text } }", true, {}, text(16_000))).json).toHaveLength(16_028);
  expect(await run(engine, "{ row { text } }", true, {}, text(17_000))).toEqual({
    data: { row: { text: "a".repeat(17_000) } },
  });
  const rows = contextOf(Array.from({ length: 40 }, () => ({ id: "a" })));
  const { errors } = await run(startEngine(64 * 50), "{ rows { id } }", true, {}, rows);
  expect(errors?.[0]?.message).toBe("The answer has more than 50 values; select less of it.");
});

test("a list that is too long is not begun", async () => {
  let resolved = 0;
  const row = {
    get id() {
      resolved++;
      return "a name of some length";
    },
  };
  const count = async (length: number) => {
    resolved = 0;
    const { json } = await run(startEngine(), "{ rows { id } }", true, {}, contextOf(Array(length).fill(row)));
    return [json !== undefined, resolved];
  };
  expect(await count(300)).toEqual([true, 300]);
  expect(await count(1_000)).toEqual([false, 1_001]);
});

test("a field that yields a promise is resolved twice once, and never again", async () => {
  const engine = startEngine();
  let resolved = 0;
  const root = {
    get text() {
      resolved++;
      return Promise.resolve("soon");
    },
  };
  const counts: number[] = [];
  for (let time = 0; time < 3; time++) {
    const result: ExecutionResult = await run(engine, "{ row { text } }", true, {}, contextOf(root));
    expect(result).toEqual({ data: { row: { text: "soon" } } });
    counts.push(resolved);
  }
  expect(counts).toEqual([2, 3, 4]);
});
