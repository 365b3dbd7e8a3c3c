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
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../src/schema/index.ts";
import { printedSchema } from "../../src/schema/printed.ts";

const committed = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
const readContract = (name: string) => readFileSync(new URL(`../fixtures/${name}.graphql`, import.meta.url), "utf8");
const core = readContract("core-contract");
const contract = buildSchema(`${core}${readContract("next-contract")}`);

test("schema.graphql is what the code prints (npm run schema regenerates it)", () => {
  expect(committed).toBe(printedSchema);
});

test("schema.graphql is sorted by name, with what an input requires before the rest", () => {
  expect(printSchema(lexicographicSortSchema(buildSchema(committed)))).toBe(
    printSchema(lexicographicSortSchema(schema)),
  );
  const printedTypes = buildSchema(committed);
  for (const [name, type] of Object.entries(lexicographicSortSchema(schema).getTypeMap())) {
    const printed = printedTypes.getType(name);
    if (!isInputObjectType(type) || !isInputObjectType(printed)) continue;
    const fields = Object.values(type.getFields());
    const expected = [
      ...fields.filter(isRequiredInputField),
      ...fields.filter((field) => !isRequiredInputField(field)),
    ];
    expect(Object.keys(printed.getFields())).toEqual(expected.map((field) => field.name));
  }
});

test.each(["schema.graphql", "introspection"])("messages and model come first in the ChatInput of %s", (where) => {
  const type = (where === "introspection" ? schema : buildSchema(committed)).getType("ChatInput");
  const names = isInputObjectType(type) ? Object.keys(type.getFields()) : [];
  expect(names.slice(0, 2).sort()).toEqual(["messages", "model"]);
});

describe("the contract", () => {
  const actual = new Set(listPromises(buildSchema(committed)));
  const promised = listPromises(contract);

  test("is read whole", () => {
    expect(listPromises(buildSchema(core)).length).toBeGreaterThan(280);
    expect(promised.length).toBeGreaterThan(480);
  });

  test.each(promised)("%s", (promise) => expect(actual).toContain(promise));

  test("no operation that follows it lacks something that is required", () => {
    const required = (source: GraphQLSchema) => listPromises(source).filter((promise) => isRequired(promise, source));
    const isPromised = (promise: string) => contract.getType(/\w+/.exec(promise)?.[0] ?? "");
    expect(required(schema).filter(isPromised).sort()).toEqual(required(contract).sort());
  });
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
  expect(mutations.map(({ name, type }) => `${name}: ${type}`).sort()).toEqual([
    "chat: ChatCompletion",
    "complete: Completion",
    "embed: EmbeddingsResponse",
    "imageEdits: ImagesResponse",
    "imageGenerations: ImagesResponse",
    "imageVariations: ImagesResponse",
    "moderate: ModerationResponse",
    "speak: Speech",
    "transcribe: Transcription",
    "translateAudio: Transcription",
  ]);
});

function fieldsOf(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
}

function argumentsOf(field: GraphQLField<unknown, unknown> | GraphQLInputField): readonly GraphQLArgument[] {
  return "args" in field ? field.args : [];
}

/** Whether a line of `listPromises` is an argument or a field of an input that operations have to give. */
function isRequired(promise: string, source: GraphQLSchema): boolean {
  const [, typeName = "", fieldName = "", argumentName] = /^(\w+)\.(\w+)(?:\((\w+): |: ).*$/.exec(promise) ?? [];
  const type = source.getType(typeName);
  const field = type && fieldsOf(type).find(({ name }) => name === fieldName);
  if (!type || !field) return false;
  if (argumentName !== undefined)
    return argumentsOf(field).some((arg) => arg.name === argumentName && isRequiredArgument(arg));
  return isInputObjectType(type) && isRequiredInputField(field as GraphQLInputField);
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
