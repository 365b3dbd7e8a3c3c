// Coercion by prepared functions beside graphql-js' own: the same values, and the same ones refused.
import {
  coerceInputValue,
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  type GraphQLNamedInputType,
  GraphQLNonNull,
  GraphQLString,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
} from "graphql";
import { expect, test } from "vitest";
import { coerceOf } from "../../src/execution/input-coercion.ts";
import { schema } from "../../src/schema/index.ts";
import { createRandom, type Random } from "../support/random.ts";

const Size = new GraphQLEnumType({ name: "Size", values: { SMALL: { value: 0 }, LARGE: { value: { size: 2 } } } });
const Either = new GraphQLInputObjectType({
  name: "Either",
  isOneOf: true,
  fields: { one: { type: GraphQLInt }, other: { type: new GraphQLList(new GraphQLNonNull(Size)) } },
});
const Tree: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: "Tree",
  fields: () => ({
    constructor: { type: new GraphQLNonNull(GraphQLString) },
    size: { type: new GraphQLNonNull(Size), defaultValue: 0 },
    weight: { type: GraphQLFloat, defaultValue: null },
    either: { type: Either },
    grid: { type: new GraphQLList(new GraphQLList(new GraphQLNonNull(GraphQLBoolean))) },
    branches: { type: new GraphQLList(new GraphQLNonNull(Tree)) },
    id: { type: GraphQLID },
  }),
});

/** What no type is sure to take. */
const ODD = [
  "",
  "SMALL",
  "__proto__",
  "7",
  0,
  -0,
  1.5,
  2 ** 31,
  2 ** 60,
  true,
  false,
  [],
  [null],
  [[1]],
  {},
  { a: 1 },
  null,
];

/** A value for the type, as JSON has it; in one of a few places one that may not fit. */
function generate(type: GraphQLInputType, random: Random, depth = 0): unknown {
  if (random.oneIn(60)) return random.pick(ODD);
  if (isNonNullType(type)) return generate(type.ofType, random, depth);
  if (random.oneIn(12)) return null;
  if (isListType(type)) {
    if (random.oneIn(10)) return generate(type.ofType, random, depth);
    return Array.from({ length: random.below(3) }, () => generate(type.ofType, random, depth + 1));
  }
  if (isEnumType(type)) return random.pick(type.getValues()).name;
  if (!isInputObjectType(type)) return generateScalar(type.name, random);
  const value: Record<string, unknown> = {};
  const fields = Object.values(type.getFields());
  if (type.isOneOf && !random.oneIn(10)) {
    const field = random.pick(fields);
    return { [field.name]: generate(field.type, random, depth + 1) };
  }
  for (const field of fields) {
    const isNeeded = isNonNullType(field.type) && !random.oneIn(40);
    if (isNeeded || (depth < 4 && random.oneIn(3))) value[field.name] = generate(field.type, random, depth + 1);
  }
  if (random.oneIn(60)) value[random.pick(["unknown", "toString", "__typename"])] = 1;
  return value;
}

function generateScalar(name: string, random: Random): unknown {
  if (name === "Int" || name === "SafeInt") return random.below(1000) - 500;
  if (name === "Float") return random.below(1000) / 8;
  if (name === "Boolean") return random.oneIn(2);
  if (name === "ID" && random.oneIn(2)) return random.below(100);
  if (name === "JSONObject") return { a: [random.below(9), { b: null }] };
  return name === "Upload" ? "data:image/png;base64,AAAA" : `text ${random.below(100)}`;
}

function coerceByGraphQL(value: unknown, type: GraphQLInputType): { value?: unknown; hasFailed: boolean } {
  let hasFailed = false;
  const coerced = coerceInputValue(value, type, () => {
    hasFailed = true;
  });
  return hasFailed ? { hasFailed } : { value: coerced, hasFailed };
}

function coerceByFunction(value: unknown, type: GraphQLInputType): { value?: unknown; hasFailed: boolean } {
  try {
    return { value: coerceOf(type)(value), hasFailed: false };
  } catch {
    return { hasFailed: true };
  }
}

/** Files are opened by functions of their own. */
const comparable = (result: object) =>
  JSON.parse(JSON.stringify(result), (_, inside: unknown) => (Object.is(inside, -0) ? 0 : inside));

const inputTypes = Object.values(schema.getTypeMap()).filter((type) => isInputType(type)) as GraphQLNamedInputType[];
const types = [...inputTypes, Tree, Either, Size];

test.each(types.map((type) => [type.name, type] as const))("%s is coerced as by graphql-js", (_, named) => {
  const random = createRandom(7);
  const counts = { fitting: 0, failing: 0 };
  for (const type of [named, new GraphQLNonNull(named), new GraphQLList(new GraphQLNonNull(named))]) {
    for (let round = 0; round < 100; round++) {
      const value: unknown = JSON.parse(JSON.stringify(generate(type, random)));
      const expected = coerceByGraphQL(value, type);
      expect([value, comparable(coerceByFunction(value, type))]).toEqual([value, comparable(expected)]);
      counts[expected.hasFailed ? "failing" : "fitting"]++;
    }
  }
  expect(Math.min(counts.fitting, counts.failing)).toBeGreaterThan(5);
});
