// Reads upstream values leniently: a missing or unexpected value becomes null, and the rest of the answer is kept.
import { isRecord } from "../../json/json.ts";

/** The string, or null. */
export function readString(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The text of a message: a string, or the text parts of a list, as some servers send it; or null. */
export function readContent(value: unknown): string | null {
  const texts = readObjects<{ readonly text?: unknown }>(value)?.flatMap(({ text }) => readString(text) ?? []);
  return texts && texts.length > 0 ? texts.join("") : readString(value);
}

/** The whole number within GraphQL's 32 bits, or null. */
export function readInt(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : null;
}

/** The finite number, or null. */
export function readFloat(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The boolean, or null. */
export function readBoolean(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

/** The object, whatever its fields hold, or null. */
export function readObject<Shape extends { readonly [Key in keyof Shape]?: unknown }>(value: unknown): Shape | null {
  return isRecord(value) ? (value as Shape) : null;
}

/** The objects of a list, without its other entries; null if the value is not a list. */
export function readObjects<Shape extends { readonly [Key in keyof Shape]?: unknown }>(value: unknown): Shape[] | null {
  return Array.isArray(value) ? (value.filter(isRecord) as Shape[]) : null;
}

/** A list read entry by entry, without those that read as null; null if the value is not a list. */
export function readList<Entry>(value: unknown, read: (entry: unknown) => Entry | null): Entry[] | null {
  return Array.isArray(value) ? value.map(read).filter((entry) => entry !== null) : null;
}

/** The value if it is one of `known`, otherwise null. */
export function readEnum<Value extends string>(value: unknown, known: ReadonlySet<Value>): Value | null {
  return known.has(value as Value) ? (value as Value) : null;
}

/** A point in time from Unix seconds (milliseconds if too large for seconds) or an ISO 8601 string, or null. */
export function readTime(value: unknown): Date | null {
  const number = typeof value === "string" && /^\d{9,}$/.test(value) ? Number(value) : value;
  const time = new Date(readMilliseconds(number));
  return time.getTime() >= 0 && time.getUTCFullYear() <= 9999 ? time : null;
}

/** Only strings that begin like a date are parsed: Date.parse guesses at anything. */
function readMilliseconds(value: unknown): number {
  if (typeof value === "number") return value > 1e11 ? value : value * 1000;
  return typeof value === "string" && /^\d{4}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
}

/** The day of a `YYYY-MM-DD…` string or of Unix seconds, as `YYYY-MM-DD`, or null. */
export function readDay(value: unknown): string | null {
  return readTime(value)?.toISOString().slice(0, 10) ?? null;
}
