// How resolved values become an answer: one function for each type and selection set of a document, made once. The functions
// serve answers in which all is well; the executor completes anything else.
// https://spec.graphql.org/September2025/#sec-Value-Completion
import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLBoolean,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLOutputType,
  GraphQLString,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { LRUCache } from "lru-cache";
import { KeptJson } from "../../json/kept-json.ts";
import {
  type Compilation,
  type Complete,
  createInfo,
  type Execution,
  fillLater,
  isPlain,
  isPromise,
  leave,
  notPlain,
  type Path,
  type StaticInfo,
  takeRoom,
} from "./compilation.ts";
import { createCompleteObject } from "./complete-object.ts";
import type { FieldNodes } from "./selection.ts";

/**
 * Makes the function for values of `type`, of which `nodes` select fields; `info` is that of the field that yields them.
 * Undefined if a selected field cannot be planned.
 */
export function createComplete(
  type: GraphQLOutputType,
  nodes: FieldNodes,
  info: StaticInfo,
  compilation: Compilation,
): Complete | undefined {
  if (isNonNullType(type)) {
    const complete = createComplete(type.ofType, nodes, info, compilation);
    return complete && ((value, execution, path) => expectValue(complete(value, execution, path)));
  }
  if (isListType(type)) {
    const complete = createComplete(type.ofType, nodes, info, compilation);
    return complete && ((value, execution, path) => completeList(value, complete, execution, path));
  }
  if (isLeafType(type)) return createCompleteLeaf(type);
  if (isAbstractType(type)) return createCompleteAbstract(type, nodes, info, compilation);
  return createCompleteObject(type, nodes, info, compilation, createComplete);
}

function expectValue(completed: unknown): unknown {
  if (completed === null) throw notPlain;
  return completed;
}

function completeList(value: unknown, complete: Complete, execution: Execution, path: Path): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof KeptJson) return value;
  if (!Array.isArray(value)) throw notPlain;
  const completed: unknown[] = [];
  takeRoom(execution, value.length);
  for (let index = 0; index < value.length; index++) {
    const entry: unknown = value[index];
    const place = path && { prev: path, key: index, typename: undefined };
    completed.push(
      isPromise(entry)
        ? fillLater(completed, index, entry, complete, execution, place)
        : complete(entry, execution, place),
    );
  }
  return completed;
}

/** The function for an interface or a union. Each object type is prepared when a value of it comes first. */
function createCompleteAbstract(
  type: GraphQLAbstractType,
  nodes: FieldNodes,
  info: StaticInfo,
  compilation: Compilation,
): Complete {
  const { schema } = compilation;
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const byName = new Map<string, Complete | undefined>();
  compilation.needsPaths = true;

  function prepare(name: string): Complete | undefined {
    if (byName.has(name)) return byName.get(name);
    const objectType = schema.getType(name);
    // What is kept is bounded by the schema.
    if (!isObjectType(objectType) || !schema.isSubType(type, objectType)) return undefined;
    const complete = createCompleteObject(objectType, nodes, info, compilation, createComplete);
    byName.set(name, complete);
    return complete;
  }

  return (value, execution, path) => {
    if (value === null || value === undefined) return null;
    if (!isPlain(value)) throw notPlain;
    const name = resolveType(value, execution.context, createInfo(info, execution, path), type);
    if (typeof name !== "string") return leave(name);
    const complete = prepare(name);
    if (!complete) throw notPlain;
    return complete(value, execution, path);
  };
}

/** Values that are what the type says are their own place in the answer. */
function createCompleteLeaf(type: GraphQLLeafType): Complete {
  if (type === GraphQLString || type === GraphQLID)
    return (value) => (typeof value === "string" ? value : completeLeaf(value, type));
  if (type === GraphQLInt) return (value) => (isInt(value) ? value : completeLeaf(value, type));
  if (type === GraphQLBoolean) return (value) => (typeof value === "boolean" ? value : completeLeaf(value, type));
  return (value) => completeLeaf(value, type);
}

/** Whether a value is an Int as it stands. */
export function isInt(value: unknown): boolean {
  return typeof value === "number" && (value | 0) === value;
}

function completeLeaf(value: unknown, type: GraphQLLeafType): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof KeptJson) return value;
  const serialized = serializeLeaf(value, type);
  return serialized instanceof Date ? writeTime(serialized) : serialized;
}

/** What the type makes of a value. Throws `notPlain`, or what the type throws. */
export function serializeLeaf(value: unknown, type: GraphQLLeafType): unknown {
  if (typeof value === "object" && !isPlain(value)) throw notPlain;
  const serialized = type.serialize(value);
  if (serialized === null || serialized === undefined) throw notPlain;
  return serialized;
}

/** Times in the text that JSON has for them. To make one costs as much as all of a model's other fields. */
const texts = new LRUCache<number, string>({ max: 1_000 });

/** A time as ISO 8601. */
export function writeTime(time: Date): string {
  const milliseconds = time.getTime();
  let text = texts.get(milliseconds);
  if (text === undefined) {
    text = time.toISOString();
    texts.set(milliseconds, text);
  }
  return text;
}
