// The JSONObject scalar: opaque JSON that is passed on exactly as it came, or refused.
import { GraphQLScalarType, Kind, print, type ValueNode } from "graphql";
import { codedError } from "../errors/codes.ts";
import { ExactNumber, isHeldByDouble, restoreNumbers } from "../json/exact-numbers.ts";
import { isRecord } from "../json/json.ts";
import { builder, type JSONObject } from "./shared/builder.ts";

/** Deepest nesting of objects and lists that is accepted. */
const MAX_JSON_DEPTH = 200;

builder.addScalarType(
  "JSONObject",
  new GraphQLScalarType<JSONObject, JSONObject>({
    name: "JSONObject",
    specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259#section-4",
    parseValue: (value) => expectObject(checkJson(value, 0)),
    parseLiteral: (node, variables) => expectObject(readLiteral(node, variables ?? {}, 0)),
  }),
  {
    description:
      "Any JSON object, up to 200 levels deep. Nothing in it is renamed, dropped or checked: its names are in the upstream's spelling, and its numbers keep all their digits.",
  },
);

function expectObject(value: unknown): JSONObject {
  if (isRecord(value) && !(value instanceof ExactNumber)) return value;
  throw refusal("must be an object");
}

/**
 * Yields the value, which came as JSON, unchanged but for numbers that no double holds, which get their digits back. Throws for
 * a file part in it, which would be sent on as `{}`.
 */
function checkJson(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || value instanceof ExactNumber) return value;
  if (depth >= MAX_JSON_DEPTH) throw refusal(`must be at most ${MAX_JSON_DEPTH} levels deep`);
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    throw refusal("must not hold a file");
  restoreNumbers(value);
  // A list of 19,000 values would take as long to make as all of this.
  for (const name in value) {
    const child = (value as Record<string, unknown>)[name];
    if (typeof child === "object") checkJson(child, depth + 1);
  }
  return value;
}

/** The JSON value of a literal, with the values of its variables. */
function readLiteral(node: ValueNode, variables: Record<string, unknown>, depth: number): unknown {
  if (depth > MAX_JSON_DEPTH) throw refusal(`must be at most ${MAX_JSON_DEPTH} levels deep`);
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return readNumber(node.value);
    case Kind.VARIABLE:
      return checkJson(variables[node.name.value], depth);
    case Kind.LIST:
      return node.values.map((entry) => readLiteral(entry, variables, depth + 1));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, readLiteral(value, variables, depth + 1)]),
      );
    case Kind.ENUM:
      throw refusal(`must not hold the bare word ${print(node)}; put it in quotes`);
  }
}

function readNumber(text: string): number | ExactNumber {
  return isHeldByDouble(text) ? Number(text) : new ExactNumber(text);
}

function refusal(problem: string): Error {
  return codedError("BAD_USER_INPUT", `A JSONObject ${problem}.`);
}
