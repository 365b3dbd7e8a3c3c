// How resolved values become an answer: one function for each type and selection set of a document, made once. They serve
// answers in which all is well; whatever is not, and what is seldom asked for, is left to the executor.
// https://spec.graphql.org/September2025/#sec-Value-Completion
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { FieldNodes, SelectedFields } from "./selection.ts";

/** Yields the value's place in the answer, or throws: then the executor is to tell what is wrong. */
export type Complete = (value: unknown, context: unknown) => unknown;

/** Thrown where a value is not what most are: null where it must not be, an error, a promise. */
const notPlain = new Error("The executor is to complete this value.");

/** No field below the root has arguments of its own here. */
const NO_ARGUMENTS = Object.freeze({});

/**
 * Makes the function for values of `type`, of which the fields that `select` yields are asked for. Undefined where the
 * executor is needed: for abstract types, fields with arguments, resolvers that look at `info`.
 */
export function createComplete(
  type: GraphQLOutputType,
  nodes: FieldNodes,
  select: (type: GraphQLObjectType, nodes: FieldNodes) => SelectedFields | undefined,
): Complete | undefined {
  if (isNonNullType(type)) {
    const complete = createComplete(type.ofType, nodes, select);
    return (
      complete &&
      ((value, context) => {
        const completed = complete(value, context);
        if (completed === null) throw notPlain;
        return completed;
      })
    );
  }
  if (isListType(type)) {
    const complete = createComplete(type.ofType, nodes, select);
    return complete && ((value, context) => completeList(value, complete, context));
  }
  if (isLeafType(type)) return (value) => completeLeaf(value, type);
  if (!isObjectType(type) || type.isTypeOf) return undefined;
  const selected = select(type, nodes);
  const fields: ObjectField[] = [];
  for (const [key, fieldNodes] of selected ?? []) {
    const field = type.getFields()[fieldNodes[0].name.value];
    if (!field) fields.push({ key, read: () => type.name });
    else {
      const read = createRead(field, createComplete(field.type, fieldNodes, select));
      if (!read) return undefined;
      fields.push({ key, read });
    }
  }
  return selected && ((value, context) => completeObject(value, fields, context));
}

interface ObjectField {
  key: string;
  read: Complete;
}

/** Resolves a field of the object that it is given, and completes what comes of it. */
function createRead(
  { name, args, resolve }: GraphQLField<unknown, unknown>,
  complete: Complete | undefined,
): Complete | undefined {
  if (!complete || args.length > 0 || (resolve && resolve.length > 3)) return undefined;
  if (!resolve) return (source, context) => complete((source as Record<string, unknown>)[name], context);
  const read = resolve as (source: unknown, parameters: object, context: unknown) => unknown;
  return (source, context) => complete(read(source, NO_ARGUMENTS, context), context);
}

function completeObject(value: unknown, fields: readonly ObjectField[], context: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (!isPlain(value)) throw notPlain;
  const completed: Record<string, unknown> = {};
  for (const { key, read } of fields) completed[key] = read(value, context);
  return completed;
}

function completeList(value: unknown, complete: Complete, context: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) throw notPlain;
  const completed: unknown[] = [];
  for (const entry of value) completed.push(complete(entry, context));
  return completed;
}

function completeLeaf(value: unknown, type: { serialize(value: unknown): unknown }): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "object" && !isPlain(value)) throw notPlain;
  const serialized = type.serialize(value);
  if (serialized === null || serialized === undefined) throw notPlain;
  return serialized instanceof Date ? writeTime(serialized) : serialized;
}

/** Times in the text that JSON has for them. To make one costs as much as all of a model's other fields. */
const texts = new LRUCache<number, string>({ max: 1_000 });

function writeTime(time: Date): string {
  const milliseconds = time.getTime();
  let text = texts.get(milliseconds);
  if (text === undefined) {
    text = time.toISOString();
    texts.set(milliseconds, text);
  }
  return text;
}

/** Neither an error, which a resolver may return as well as throw, nor a promise. JSON may have a `then` that is neither. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value instanceof Error) return false;
  return typeof (value as { then?: unknown } | null)?.then !== "function";
}
