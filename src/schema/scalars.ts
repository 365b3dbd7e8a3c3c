// The scalars for dates and whole numbers. graphql-scalars has them, too, but would load sixty others at the start.
// JSONObject and Upload have their own files.
import { type ASTNode, GraphQLError, Kind, print } from "graphql";
import { builder } from "./shared/builder.ts";

builder.scalarType("DateTime", {
  description: "A point in time as an ISO 8601 string in UTC, such as `2026-01-31T12:00:00.000Z`.",
  // Output only: no argument or input field has this type.
  serialize: (value) => value,
});
builder.scalarType("Date", {
  description: "A day in the form `YYYY-MM-DD`.",
  serialize: (value) => value,
});
builder.scalarType("SafeInt", {
  description: "A whole number between -(2^53 - 1) and 2^53 - 1.",
  specifiedByURL: "https://www.ecma-international.org/ecma-262/#sec-number.issafeinteger",
  serialize: (value) => checkSafeInt(value, value),
  parseValue: (value) => checkSafeInt(value, value),
  parseLiteral: (node) => checkSafeInt(node.kind === Kind.INT ? Number(node.value) : undefined, print(node), node),
});

function checkSafeInt(value: unknown, given: unknown, node?: ASTNode): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  const fault = typeof value === "number" && Number.isInteger(value) ? "unsafe integer" : "non-integer";
  throw new GraphQLError(`SafeInt cannot represent ${fault} value: ${given}`, { nodes: node ?? null });
}
