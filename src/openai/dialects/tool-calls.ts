// The tool calls of one choice, whole or in pieces, whatever the server leaves out. In the normal form pieces with one index
// belong to one call; its id and name come once, on its first piece; ids are never empty and unique; arguments are text.
import { isRecord } from "../../json/json.ts";
import { JsonEnd } from "../../json/json-end.ts";

/** Most calls of one choice that are told apart. A list with more stays as it is: no model calls so many tools. */
const MAX_CALLS = 1_024;

type Fields = Record<string, unknown>;

interface Call {
  readonly index: number;
  readonly id: string;
  name: string | undefined;
  readonly end: JsonEnd;
}

export class ToolCalls {
  readonly #calls: Call[] = [];
  /** By the upstream's index: the last call with it. */
  readonly #byIndex = new Map<unknown, Call>();
  /** By the upstream's id. */
  readonly #byId = new Map<string, Call>();
  #highest = -1;

  /** Brings the calls of a whole answer into the normal form. */
  readWhole(calls: readonly unknown[]): Fields[] {
    const records = calls.filter(isRecord);
    return records.length > MAX_CALLS ? records : records.map((call) => this.#begin(call, shapeOf(call)));
  }

  /** Brings the pieces of one chunk into the normal form. */
  readPieces(pieces: readonly unknown[]): Fields[] {
    const records = pieces.filter(isRecord);
    if (records.length > MAX_CALLS) return records;
    return records.map((piece) => {
      const shape = shapeOf(piece);
      const call = this.#calls.length < MAX_CALLS ? this.#find(piece, shape) : this.#calls.at(-1);
      return call ? goOn(call, piece, shape) : this.#begin(piece, shape);
    });
  }

  /** The call that a piece goes on with. Undefined: it begins one. */
  #find({ id, index }: Fields, { name, text }: Shape): Call | undefined {
    const known = isId(id) ? this.#byId.get(id) : undefined;
    if (known) return known;
    const last = typeof index === "number" ? this.#byIndex.get(index) : this.#calls.at(-1);
    // Pieces that only go on have no name; some servers make up an id for each of them.
    if (!last || !name) return last;
    if (isId(id)) return undefined;
    // Some servers repeat the name. What follows whole arguments, with more, is another call.
    return last.name !== undefined && (last.name !== name || (last.end.isWhole && text)) ? undefined : last;
  }

  #begin(piece: Fields, shape: Shape): Fields {
    const { id, index } = piece;
    const call: Call = {
      index: typeof index === "number" && index > this.#highest ? index : this.#highest + 1,
      id: isId(id) && !this.#byId.has(id) ? id : `call_${crypto.randomUUID().replaceAll("-", "")}`,
      name: shape.name,
      end: new JsonEnd(),
    };
    this.#highest = call.index;
    this.#calls.push(call);
    this.#byIndex.set(index, call);
    this.#byId.set(call.id, call);
    if (shape.text) call.end.add(shape.text);
    return { ...piece, ...write(shape), index: call.index, id: call.id, type: shape.type };
  }
}

/** What a piece brings, wherever it stands. */
interface Shape {
  readonly type: string;
  readonly name: string | undefined;
  readonly text: string | undefined;
  /** `function` or `custom`, as it came. */
  readonly inside: Fields;
}

function shapeOf(piece: Fields): Shape {
  const isCustom = isRecord(piece.custom);
  const inside = isCustom ? (piece.custom as Fields) : isRecord(piece.function) ? piece.function : piece;
  const text = isCustom ? inside.input : (inside.arguments ?? inside.parameters);
  return {
    type: typeof piece.type === "string" && piece.type !== "" ? piece.type : isCustom ? "custom" : "function",
    name: typeof inside.name === "string" && inside.name !== "" ? inside.name : undefined,
    // An object is sent instead of its text by some servers.
    text:
      typeof text === "object" && text !== null ? JSON.stringify(text) : typeof text === "string" ? text : undefined,
    inside: inside === piece ? {} : inside,
  };
}

function goOn(call: Call, piece: Fields, shape: Shape): Fields {
  if (shape.text) call.end.add(shape.text);
  const isNamed = call.name === undefined && shape.name !== undefined;
  if (isNamed) call.name = shape.name;
  const { id: _, type: __, ...rest } = piece;
  return { ...rest, ...write({ ...shape, name: isNamed ? shape.name : undefined }), index: call.index };
}

function write({ type, name, text, inside }: Shape): Fields {
  const { name: _, arguments: __, input: ___, ...others } = inside;
  const textName = type === "custom" ? "input" : "arguments";
  const written = { ...others, ...(name !== undefined && { name }), ...(text !== undefined && { [textName]: text }) };
  return { [type === "custom" ? "custom" : "function"]: written };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
