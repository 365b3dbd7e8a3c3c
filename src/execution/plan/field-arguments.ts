// The arguments of a root field, by one function for each field of a document, made once.
// https://spec.graphql.org/September2025/#sec-Coercing-Field-Arguments
import { type FieldNode, type GraphQLField, getArgumentValues, Kind } from "graphql";

/** Yields the arguments as resolvers get them. Throws what is wrong with them, as the executor does. */
export type ReadArguments = (variables: Record<string, unknown>) => Record<string, unknown>;

/** Clients send what they have as variables, which are checked already: those need only be put in their places. */
export function createReadArguments(definition: GraphQLField<unknown, unknown>, node: FieldNode): ReadArguments {
  const readAny: ReadArguments = (variables) => getArgumentValues(definition, node, variables);
  if (!node.arguments?.length) {
    // Nothing but defaults, which are the same for every request.
    const defaults = Object.freeze(readAny({}));
    return () => defaults;
  }
  const places: { name: string; variable: string }[] = [];
  for (const { name, value } of node.arguments) {
    if (value.kind !== Kind.VARIABLE) return readAny;
    places.push({ name: name.value, variable: value.name.value });
  }
  const given = new Set(places.map(({ name }) => name));
  if (definition.args.some(({ name, defaultValue }) => defaultValue !== undefined && !given.has(name))) return readAny;
  return (variables) => {
    const read: Record<string, unknown> = {};
    for (const { name, variable } of places) {
      const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
      if (value === undefined || value === null) return readAny(variables);
      read[name] = value;
    }
    return read;
  };
}
