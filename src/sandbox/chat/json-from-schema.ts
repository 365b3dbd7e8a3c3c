// Owns making a value that satisfies a JSON schema, of the kind that OpenAI accepts for structured outputs and tools.
// Knows nothing of chat. https://platform.openai.com/docs/guides/structured-outputs#supported-schemas

import { isRecord } from "../shared/request-body.ts";
import { makeNumber, makeString, readNumber } from "./json-scalars.ts";

type Schema = Record<string, unknown>;

interface Walk {
  root: Schema;
  /** The text of strings without a format. */
  topic: string;
  /** How many more values may be made: a small schema can ask for endlessly many. */
  budget: number;
}

const maxValues = 2_000;
/** Deeper than this, only required properties are made, and recursion ends as soon as the schema allows. */
const fullDepth = 4;
const maxDepth = 64;

/** A value for the schema, always the same; its strings mention the topic. An endless schema ends in nulls. */
export function jsonFromSchema(schema: unknown, topic: string): unknown {
  const root = isRecord(schema) ? schema : {};
  return makeValue(root, { root, topic, budget: maxValues }, "value", 0);
}

function makeValue(schema: unknown, walk: Walk, name: string, depth: number): unknown {
  walk.budget -= 1;
  if (!isRecord(schema)) return name;
  if (walk.budget < 0 || depth > maxDepth) return null;
  const reference = schema.$ref;
  if (typeof reference === "string") return makeValue(resolve(reference, walk.root), walk, name, depth + 1);
  if ("const" in schema) return schema.const;
  const allowed = schema.enum;
  if (Array.isArray(allowed) && allowed.length > 0) return allowed[0];
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return makeValue(chooseBranch(alternatives, depth), walk, name, depth + 1);
  if (Array.isArray(schema.allOf)) return makeValue(mergeAll(schema, walk.root), walk, name, depth + 1);
  return makeTyped(typeOf(schema, depth), schema, walk, name, depth);
}

function makeTyped(type: string, schema: Schema, walk: Walk, name: string, depth: number): unknown {
  switch (type) {
    case "object":
      return makeObject(schema, walk, depth);
    case "array":
      return makeArray(schema, walk, name, depth);
    case "number":
    case "integer":
      return makeNumber(schema, type === "integer");
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return makeString(schema, walk.topic, name);
  }
}

function makeObject(schema: Schema, walk: Walk, depth: number): object {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const optional = depth < fullDepth ? Object.keys(properties) : [];
  const names = new Set([
    ...Object.keys(properties).filter((name) => required.includes(name)),
    ...optional,
    ...required,
  ]);
  const entries: [string, unknown][] = [];
  for (const name of names) {
    if (walk.budget < 0) break;
    entries.push([name, makeValue(Object.hasOwn(properties, name) ? properties[name] : {}, walk, name, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

function makeArray(schema: Schema, walk: Walk, name: string, depth: number): unknown[] {
  const minimum = readNumber(schema, "minItems") ?? 0;
  const maximum = readNumber(schema, "maxItems") ?? Number.POSITIVE_INFINITY;
  const wanted = depth < fullDepth ? Math.min(Math.max(minimum, 1), maximum) : minimum;
  const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  const items: unknown[] = [];
  while (items.length < Math.max(wanted, prefix.length) && walk.budget > 0) {
    items.push(makeValue(prefix[items.length] ?? schema.items ?? {}, walk, name, depth + 1));
  }
  return items;
}

/** The first branch; deep down the one that ends the recursion, null or else any without a reference. */
function chooseBranch(branches: readonly unknown[], depth: number): unknown {
  if (depth < fullDepth) return branches[0];
  const ending = branches.find((branch) => isRecord(branch) && branch.type === "null");
  return ending ?? branches.find((branch) => isRecord(branch) && !("$ref" in branch)) ?? branches[0];
}

function typeOf(schema: Schema, depth: number): string {
  const type = schema.type;
  if (Array.isArray(type)) return depth >= fullDepth && type.includes("null") ? "null" : String(type[0]);
  if (typeof type === "string") return type;
  if ("properties" in schema) return "object";
  return "items" in schema ? "array" : "string";
}

function mergeAll(schema: Schema, root: Schema): Schema {
  const { allOf, ...own } = schema;
  const parts = [own, ...(Array.isArray(allOf) ? allOf : [])].filter(isRecord).map((part) => {
    const reference = part.$ref;
    const target = typeof reference === "string" ? resolve(reference, root) : part;
    return isRecord(target) ? target : {};
  });
  const properties = Object.fromEntries(
    parts.flatMap((part) => (isRecord(part.properties) ? Object.entries(part.properties) : [])),
  );
  const required = parts.flatMap((part) => (Array.isArray(part.required) ? part.required : []));
  return { ...Object.assign({}, ...parts), properties, required, allOf: undefined };
}

function resolve(reference: string, root: Schema): unknown {
  const path = reference.split("/").slice(1);
  return path.reduce<unknown>((place, key) => {
    const name = decodeKey(key);
    return isRecord(place) && Object.hasOwn(place, name) ? place[name] : undefined;
  }, root);
}

/** https://datatracker.ietf.org/doc/html/rfc6901#section-4 */
function decodeKey(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}
