// One tool call, or a piece of one, as servers send it: what it brings, wherever it stands.
import { isRecord } from "../../json/json.ts";

type Fields = Record<string, unknown>;

/** What a piece brings; undefined is what it leaves out or empty. */
export interface Shape {
  readonly id: string | undefined;
  readonly index: number | undefined;
  readonly isCustom: boolean;
  readonly type: string;
  readonly name: string | undefined;
  /** Its arguments, or its input, as text. */
  readonly text: string | undefined;
  /** What else stands in `function` or `custom`. */
  readonly inside: Fields;
  /** What else stands beside them. */
  readonly beside: Fields;
}

/** The calls in `tool_calls`: a list, an object from their numbers to them, or the only one. Undefined for anything else. */
export function listCalls(value: unknown): Fields[] | undefined {
  if (Array.isArray(value)) return value.filter(isRecord);
  if (!isRecord(value)) return undefined;
  return isRecord(value.function) || isRecord(value.custom) || "name" in value
    ? [value]
    : Object.values(value).filter(isRecord);
}

/** Reads `function`, `custom`, or a name and arguments that stand beside the id. */
export function readShape(piece: Fields): Shape {
  const { id, index, type, function: called, custom, ...rest } = piece;
  const isCustom = isRecord(custom);
  const isFlat = !isCustom && !isRecord(called);
  const {
    name,
    arguments: given,
    input,
    parameters,
    ...others
  } = isFlat ? rest : ((isCustom ? custom : called) as Fields);
  const text = isCustom ? input : (given ?? parameters);
  return {
    id: readId(id),
    index: readIndex(index),
    isCustom,
    type: typeof type === "string" && type !== "" ? type : isCustom ? "custom" : "function",
    name: typeof name === "string" && name !== "" ? name : undefined,
    text: readText(text),
    inside: isFlat ? NOTHING : others,
    beside: isFlat ? others : rest,
  };
}

/** A shape as a piece in OpenAI's form, without its id and type. */
export function writeShape({ isCustom, name, text, inside, beside }: Shape, index: number): Fields {
  const written = {
    ...inside,
    ...(name !== undefined && { name }),
    ...(text !== undefined && { [isCustom ? "input" : "arguments"]: text }),
  };
  return { ...beside, [isCustom ? "custom" : "function"]: written, index };
}

const NOTHING: Fields = {};

/** Some servers number their calls. Blanks are no id. */
function readId(id: unknown): string | undefined {
  if (typeof id === "number") return String(id);
  return typeof id === "string" && id.trim() !== "" ? id : undefined;
}

/** A whole number, which some servers send as text. */
function readIndex(index: unknown): number | undefined {
  const number = typeof index === "string" && /^\d{1,9}$/.test(index) ? Number(index) : index;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** Some servers send the value in place of its text. */
function readText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? undefined : JSON.stringify(value);
}
