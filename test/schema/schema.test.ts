// schema.graphql: it is what the code prints, keeps everything that the contract promises, and describes everything.
import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../src/schema/index.ts";

const committed = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
const contractText = readFileSync(new URL("../fixtures/core-contract.graphql", import.meta.url), "utf8");

test("schema.graphql is what the code prints, sorted (npm run schema regenerates it)", () => {
  expect(committed).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
});

describe("the contract", () => {
  const actual = new Set(listPromises(buildSchema(committed)));
  const promised = listPromises(buildSchema(contractText));

  test("is read whole", () => expect(promised.length).toBeGreaterThan(280));

  test.each(promised)("%s", (promise) => expect(actual).toContain(promise));
});

// The engine takes it as valid.
test("the schema is valid", () => expect(validateSchema(schema)).toEqual([]));

test("every type, field, argument and enum value has a description", () => {
  const undescribed = Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith("__") && !isSpecifiedScalarType(type))
    .flatMap((type) => [
      ...(type.description ? [] : [type.name]),
      ...(isEnumType(type) ? type.getValues() : fieldsOf(type))
        .filter(({ description }) => !description)
        .map(({ name }) => `${type.name}.${name}`),
      ...fieldsOf(type).flatMap((field) =>
        argumentsOf(field)
          .filter(({ description }) => !description)
          .map(({ name }) => `${type.name}.${field.name}(${name})`),
      ),
    ]);
  expect(undescribed).toEqual([]);
});

test("every root field that pays is a mutation and nullable, so that it never takes a sibling's answer with it", () => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
  expect(mutations.map(({ name, type }) => `${name}: ${type}`)).toEqual([
    "chat: ChatCompletion",
    "complete: Completion",
    "imageVariations: ImagesResponse",
  ]);
});

function fieldsOf(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
}

function argumentsOf(field: GraphQLField<unknown, unknown> | GraphQLInputField): readonly GraphQLArgument[] {
  return "args" in field ? field.args : [];
}

/** Every type, field, argument, enum value and directive use of a schema, a line each, nullability included. */
function listPromises(source: GraphQLSchema): string[] {
  return Object.values(source.getTypeMap())
    .filter((type) => !type.name.startsWith("__") && !isSpecifiedScalarType(type))
    .flatMap((type) => [
      `${type.constructor.name} ${type.name}${isInputObjectType(type) && type.isOneOf ? " @oneOf" : ""}`,
      ...(isEnumType(type) ? type.getValues().map(({ name }) => `${type.name}.${name}`) : []),
      ...fieldsOf(type).map((field) => `${type.name}.${field.name}: ${field.type}`),
      ...fieldsOf(type).flatMap((field) =>
        argumentsOf(field).map((arg) => `${type.name}.${field.name}(${arg.name}: ${arg.type})`),
      ),
    ]);
}
