// How a leaf's value becomes JSON text, and how much more text there may be.
import { GraphQLBoolean, GraphQLID, GraphQLInt, type GraphQLLeafType, GraphQLString, isEnumType } from "graphql";
import { JSON_LENGTHS } from "../../http/json-pieces.ts";
import { roomAfter } from "../../json/json.ts";
import { KeptJson } from "../../json/kept-json.ts";
import { notPlain } from "./compilation.ts";
import { isInt, serializeLeaf, writeTime } from "./complete-value.ts";

/** One answer as it is written. */
export interface Writing {
  readonly context: unknown;
  /** How many more characters it may have, about. */
  room: number;
}

/** Yields the value's JSON text. Throws `notWritten` or `notPlain`. */
export type Write = (value: unknown, writing: Writing) => string;

/** Thrown for an answer that is not written at once, because it is long. Completing it is another matter. */
export const notWritten = new Error("The answer is completed first, and written then.");

/** Counts characters that are about to be written. Throws `notWritten`. */
export function takeRoom(writing: Writing, characters: number): void {
  writing.room -= characters;
  if (writing.room < 0) throw notWritten;
}

/** Makes the function for values of the type. */
export function createWriteLeaf(type: GraphQLLeafType): Write {
  const writeAny: Write = (value, writing) => {
    if (value === null || value === undefined) return "null";
    return value instanceof KeptJson ? writeKept(value, writing) : writeSerialized(serializeLeaf(value, type), writing);
  };
  if (isText(type))
    return (value, writing) => (typeof value === "string" ? writeText(value, writing) : writeAny(value, writing));
  if (type === GraphQLInt) return (value, writing) => (isInt(value) ? `${value}` : writeAny(value, writing));
  if (type === GraphQLBoolean)
    return (value, writing) => (typeof value === "boolean" ? `${value}` : writeAny(value, writing));
  if (isEnumType(type)) {
    const texts = new Map<unknown, string>(type.getValues().map(({ value, name }) => [value, `"${name}"`]));
    return (value, writing) => texts.get(value) ?? writeAny(value, writing);
  }
  return writeAny;
}

/** Whether a string is its own value in the answer. */
export function isText(type: unknown): boolean {
  return type === GraphQLString || type === GraphQLID;
}

/** A value that is JSON already. */
export function writeKept(value: KeptJson, writing: Writing): string {
  takeRoom(writing, value.byteLength);
  return value.toString();
}

function writeSerialized(serialized: unknown, writing: Writing): string {
  if (typeof serialized === "string") return writeText(serialized, writing);
  if (serialized instanceof Date) return `"${writeTime(serialized)}"`;
  if (typeof serialized === "object")
    takeRoom(writing, writing.room - roomAfter(serialized, writing.room, JSON_LENGTHS));
  const text: string | undefined = JSON.stringify(serialized);
  if (text === undefined) throw notPlain;
  return text;
}

function writeText(text: string, writing: Writing): string {
  takeRoom(writing, text.length);
  return isPlainText(text) ? `"${text}"` : JSON.stringify(text);
}

/** What JSON escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among it.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;
/** JSON.stringify searches longer texts faster. */
const SHORT_LENGTH = 64;

/** Whether a text is short and stands in JSON as it is. */
export function isPlainText(text: string): boolean {
  return text.length <= SHORT_LENGTH && !ESCAPED.test(text);
}
