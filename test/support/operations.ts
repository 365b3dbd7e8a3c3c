// Generates valid operations of any schema: types, fragments, aliases, directives, variables of odd values, several root fields.
import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from "graphql";
import type { Random } from "./random.ts";

export interface GeneratedOperation {
  source: string;
  variables: Record<string, unknown>;
  /** Whether the engine makes a plan: the document may be kept, and no directive decides what is selected. */
  isPlannable: boolean;
}

const MAX_DEPTH = 4;

/** One query or mutation. */
export function generateOperation(schema: GraphQLSchema, random: Random): GeneratedOperation {
  const definitions: string[] = [];
  const fragments: string[] = [];
  const variables: Record<string, unknown> = {};
  const withDirectives = random.oneIn(4);
  let hasDirectives = false;
  let names = 0;

  function selectionSet(type: GraphQLCompositeType, depth: number): string {
    const selections = Array.from({ length: 1 + random.below(4) }, () => selection(type, depth));
    return `{ ${selections.join(" ")} }`;
  }

  function selection(type: GraphQLCompositeType, depth: number): string {
    if (random.oneIn(5)) return fragment(type, depth);
    if (isUnionType(type) || random.oneIn(8)) return `__typename${directive()}`;
    return field(random.pick(Object.values(type.getFields())), depth);
  }

  function field(definition: GraphQLField<unknown, unknown>, depth: number): string {
    const inside = getNamedType(definition.type);
    if (isCompositeType(inside) && depth >= MAX_DEPTH) return `__typename${directive()}`;
    const given = definition.args.filter((argument) => isNeeded(argument) || random.oneIn(2));
    const list = given.map((argument) => `${argument.name}: ${value(argument.type, isNeeded(argument))}`);
    const text = `${definition.name}${list.length > 0 ? `(${list.join(", ")})` : ""}${directive()}`;
    const rest = isCompositeType(inside) ? ` ${selectionSet(inside, depth + 1)}` : "";
    // One field under one name must always mean the same: what has arguments or is not a leaf gets a name of its own.
    const alias = list.length > 0 || (rest === "" && random.oneIn(4)) ? `a${names++}: ` : "";
    return `${alias}${text}${rest}`;
  }

  function fragment(type: GraphQLCompositeType, depth: number): string {
    const others = isObjectType(type) ? type.getInterfaces() : schema.getPossibleTypes(type);
    const condition = random.pick([type, ...others]);
    if (random.oneIn(2)) return `... on ${condition.name}${directive()} ${selectionSet(condition, depth + 1)}`;
    if (random.oneIn(3)) return `...${directive()} ${selectionSet(type, depth + 1)}`;
    const name = `F${names++}`;
    fragments.push(`fragment ${name} on ${condition.name} ${selectionSet(condition, depth + 1)}`);
    return `...${name}${directive()}`;
  }

  function directive(): string {
    if (!withDirectives || !random.oneIn(6)) return "";
    hasDirectives = true;
    const condition = random.oneIn(2) ? String(random.oneIn(2)) : variable("Boolean!", random.oneIn(2));
    return ` @${random.pick(["skip", "include"])}(if: ${condition})`;
  }

  function value(type: GraphQLInputType, isNeeded: boolean): string {
    if (random.oneIn(2)) {
      const isGiven = isNonNullType(type) || isNeeded || random.oneIn(2);
      return variable(String(type), isGiven ? plain(type, 0) : undefined);
    }
    return literal(type, 0);
  }

  function variable(type: string, given: unknown): string {
    const name = `v${names++}`;
    definitions.push(`$${name}: ${type}`);
    if (given !== undefined) variables[name] = given;
    return `$${name}`;
  }

  /** A value as JSON has it. */
  function plain(type: GraphQLInputType, depth: number): unknown {
    if (!isNonNullType(type) && random.oneIn(6)) return null;
    const inside = getNullableType(type);
    if (isListType(inside))
      return random.oneIn(4) ? plain(inside.ofType, depth) : [1, 2].map(() => plain(inside.ofType, depth));
    if (isEnumType(inside)) return random.pick(inside.getValues()).name;
    if (isInputObjectType(inside)) {
      const fields = Object.values(inside.getFields()).filter(() => depth < 2 && random.oneIn(2));
      return Object.fromEntries(fields.map((one) => [one.name, plain(one.type, depth + 1)]));
    }
    return String(inside) === "Int" ? random.below(9) : random.pick(["", "text", "ü€𝄞", "__proto__"]);
  }

  /** The same in a document. */
  function literal(type: GraphQLInputType, depth: number): string {
    const inside = getNullableType(type);
    const given = plain(type, depth);
    const write = (one: unknown, of: GraphQLInputType): string => {
      const named = getNullableType(of);
      if (one === null || typeof one !== "object")
        return isEnumType(isListType(named) ? getNullableType(named.ofType) : named) && one !== null
          ? String(one)
          : JSON.stringify(one);
      if (Array.isArray(one) && isListType(named))
        return `[${one.map((entry) => write(entry, named.ofType)).join(", ")}]`;
      if (!isInputObjectType(named)) return "null";
      const fields = Object.entries(one).map(([name, inner]) => [name, inner, named.getFields()[name]?.type] as const);
      return `{ ${fields.map(([name, inner, innerType]) => `${name}: ${write(inner, innerType as GraphQLInputType)}`).join(", ")} }`;
    };
    return write(given, inside);
  }

  const root = random.oneIn(4) ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new TypeError("The schema has no such root.");
  const rootFields = Array.from({ length: 1 + random.below(3) }, () => {
    const definition = random.pick(Object.values(root.getFields()));
    return `r${names++}: ${field(definition, 0).replace(/^a\d+: /, "")}`;
  });
  const header = definitions.length > 0 ? ` (${definitions.join(", ")})` : "";
  const kind = root === schema.getMutationType() ? "mutation" : "query";
  const source = [`${kind}${header} { ${rootFields.join(" ")} }`, ...fragments].join("\n");
  // Text in a mutation may be a prompt, and is not kept.
  const isKept = kind === "query" || !source.includes('"');
  return { source, variables, isPlannable: isKept && !hasDirectives };
}

function isNeeded({ type, defaultValue }: GraphQLArgument): boolean {
  return isNonNullType(type) && defaultValue === undefined;
}
