// How what a root field resolves to becomes the JSON text of the whole answer, without the objects in between: one function for
// each type and selection set of a document, made once. The text is JSON.stringify's for what createComplete's functions yield.
// They serve what these do not: long answers, and those with values that have yet to come.
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { JSON_LENGTHS } from "../../http/json-pieces.ts";
import { KeptJson } from "../../json/kept-json.ts";
import { isPlain, isPromise, notPlain } from "./compilation.ts";
import type { FieldNodes, Select } from "./selection.ts";
import { createWriteLeaf, isPlainText, isText, notWritten, takeRoom, type Write, writeKept } from "./write-leaf.ts";

/**
 * Yields the JSON of an answer with at most about `maxLength` characters, and never more values than that; undefined if the
 * answer has to be completed first. Throws `notPlain`, or what a resolver throws: then the executor completes it.
 */
export type WriteAnswer = (value: unknown, context: unknown, maxLength: number) => string | undefined;

/** Thrown for a value that has yet to come. */
const notYet = new Error("The value has yet to come.");

/** Makes the function for an operation's only root field. Undefined if a field needs more than its source and the context. */
export function createWriteAnswer(
  key: string,
  type: GraphQLOutputType,
  nodes: FieldNodes,
  select: Select,
): WriteAnswer | undefined {
  const write = createWrite(type, nodes, select);
  if (!write) return undefined;
  const start = `{"data":{${JSON.stringify(key)}:`;
  let mayWait = false;
  return (value, context, maxLength) => {
    // A field that once yielded a promise will again, and would be asked twice.
    if (mayWait) return undefined;
    try {
      return `${start}${write(value, { context, room: maxLength })}}}`;
    } catch (error) {
      mayWait = error === notYet;
      if (mayWait || error === notWritten) return undefined;
      throw error;
    }
  };
}

function createWrite(type: GraphQLOutputType, nodes: FieldNodes, select: Select): Write | undefined {
  if (isNonNullType(type)) {
    const write = createWrite(type.ofType, nodes, select);
    return (
      write &&
      ((value, writing) => {
        if (value === null || value === undefined) throw notPlain;
        return write(value, writing);
      })
    );
  }
  if (isListType(type)) {
    const write = createWrite(type.ofType, nodes, select);
    return write && createWriteList(write);
  }
  if (isLeafType(type)) return createWriteLeaf(type);
  return isObjectType(type) && !type.isTypeOf ? createWriteObject(type, nodes, select) : undefined;
}

function createWriteList(write: Write): Write {
  return (value, writing) => {
    if (value === null || value === undefined) return "null";
    if (value instanceof KeptJson) return writeKept(value, writing);
    if (!Array.isArray(value)) throw notPlain;
    if (value.length === 0) return "[]";
    takeRoom(writing, value.length * JSON_LENGTHS.value);
    const { room } = writing;
    let text = `[${write(expectNow(value[0]), writing)}`;
    // About as much for each of the others: a list that is too long for it is not begun.
    if ((room - writing.room) * (value.length - 1) > writing.room) throw notWritten;
    for (let index = 1; index < value.length; index++) text += `,${write(expectNow(value[index]), writing)}`;
    return `${text}]`;
  };
}

interface WrittenField {
  /** The comma or brace before it, its name and colon. */
  readonly prefix: string;
  /** The same with a quotation mark, if strings are their own value. */
  readonly opening: string | undefined;
  readonly resolve: (source: unknown, context: unknown) => unknown;
  readonly write: Write;
}

function createWriteObject(type: GraphQLObjectType, nodes: FieldNodes, select: Select): Write | undefined {
  const selected = select(type, nodes);
  if (!selected) return undefined;
  const fields: WrittenField[] = [];
  let length = 0;
  for (const [key, fieldNodes] of selected) {
    const prefix = `${fields.length === 0 ? "{" : ","}${JSON.stringify(key)}:`;
    const field = createField(type, prefix, fieldNodes, select);
    if (!field) return undefined;
    fields.push(field);
    length += prefix.length + JSON_LENGTHS.value;
  }
  return (source, writing) => {
    if (source === null || source === undefined) return "null";
    if (!isPlain(source)) throw notPlain;
    takeRoom(writing, length);
    let text = "";
    for (const { prefix, opening, resolve, write } of fields) {
      const value = resolve(source, writing.context);
      // Most are short texts. The fewer parts the answer is made of, the sooner it is whole.
      if (opening !== undefined && typeof value === "string" && isPlainText(value)) {
        takeRoom(writing, value.length);
        text += `${opening}${value}"`;
      } else text += prefix + write(expectNow(value), writing);
    }
    return `${text}}`;
  };
}

function createField(
  parentType: GraphQLObjectType,
  prefix: string,
  nodes: FieldNodes,
  select: Select,
): WrittenField | undefined {
  const definition = parentType.getFields()[nodes[0].name.value];
  // Not a field of the schema: validation lets only __typename pass.
  const type = definition?.type ?? GraphQLString;
  const write = createWrite(type, nodes, select);
  const resolve = definition ? createResolve(definition) : () => parentType.name;
  return (
    write && resolve && { prefix, opening: isText(getNullableType(type)) ? `${prefix}"` : undefined, resolve, write }
  );
}

const NO_ARGUMENTS = Object.freeze({});

function createResolve({ name, args, resolve }: GraphQLField<unknown, unknown>) {
  if (args.length > 0 || (resolve && resolve.length > 3)) return undefined;
  if (!resolve) return (source: unknown) => (source as Record<string, unknown>)[name];
  const call = resolve as (source: unknown, parameters: object, context: unknown) => unknown;
  return (source: unknown, context: unknown) => call(source, NO_ARGUMENTS, context);
}

/** The value, if it is not a promise. Nobody waits for how a promise ends: its field is resolved again. */
function expectNow(value: unknown): unknown {
  if (!isPromise(value)) return value;
  Promise.resolve(value).catch(() => {});
  throw notYet;
}
