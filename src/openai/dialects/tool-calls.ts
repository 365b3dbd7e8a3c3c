// The tool calls of one choice, whole or in pieces, whatever the server leaves out. In the normal form pieces with one index
// belong to one call; its id and name come once, on its first piece; ids are never empty and unique; indexes count from 0;
// arguments are text.
import { isRecord } from "../../json/json.ts";
import { endOf, type JsonEnd } from "../../json/json-end.ts";
import { listCalls, readShape, type Shape, writeShape } from "./tool-call-shape.ts";

/** Most calls of one choice that are told apart. A list with more stays as it is: no model calls so many tools. */
const MAX_CALLS = 1_024;
/** Longest text that waits for the name of its call, in UTF-16 units. */
const MAX_HELD_LENGTH = 64 * 1024;

type Fields = Record<string, unknown>;

interface Call {
  readonly id: string;
  /** Its place among the calls. */
  readonly place: number;
  /** The upstream's own number for it. */
  readonly given: number | undefined;
  /** Whether the upstream has given that number to a call before. */
  readonly isNumberedAgain: boolean;
  readonly end: JsonEnd;
  name: string | undefined;
  /** As it was shown first: pieces in the other form go on with it. */
  isCustom: boolean;
  /** Undefined while nobody has seen it. */
  index: number | undefined;
  /** What has come before the name. */
  held: Shape | undefined;
}

export class ToolCalls {
  readonly #calls: Call[] = [];
  /** By the upstream's index: the last call with it. */
  readonly #byIndex = new Map<number, Call>();
  /** By the upstream's id: the last call with it. */
  readonly #byId = new Map<string, Call>();
  readonly #ids = new Set<string>();
  #shown = 0;
  #held = 0;

  /** Brings the calls of a whole answer into the normal form; null for none. */
  readWhole(value: unknown): Fields[] | null {
    const calls = listCalls(value);
    if (!calls || calls.length === 0) return null;
    return calls.length > MAX_CALLS ? calls : calls.map((call) => this.#begin(readShape(call), false) as Fields);
  }

  /** Brings the pieces of one chunk into the normal form; null if there is nothing to show. */
  readPieces(value: unknown): Fields[] | null {
    const pieces = listCalls(value);
    if (!pieces || pieces.length === 0) return null;
    if (pieces.length > MAX_CALLS) return pieces;
    const before = this.#calls.length;
    return shown(pieces.map((piece) => this.#readPlain(piece) ?? this.#read(readShape(piece), before)));
  }

  /** Reads the calls of a message that repeats what pieces have brought; those that are new are shown. */
  readAgain(value: unknown): Fields[] | null {
    const calls = listCalls(value);
    if (!calls || this.#calls.length + calls.length > MAX_CALLS) return null;
    const before = this.#calls.length;
    const isKnown = ({ id, name, text }: Shape) =>
      (id !== undefined && this.#byId.has(id)) ||
      this.#calls.some(
        (call) => call.place < before && call.name === name && call.end.print === endOf(text ?? "").print,
      );
    const fresh = calls.map(readShape).filter((shape) => !isKnown(shape));
    return shown(fresh.map((shape) => (isWhole(shape) ? this.#begin(shape, false) : this.#read(shape, before))));
  }

  /** The pieces of calls whose name has not come, and will not: their choice has ended. */
  release(): Fields[] {
    if (this.#held === 0) return [];
    return this.#calls.flatMap((call) => (call.held ? [this.#show(call, call.held)] : []));
  }

  /** Most pieces only go on, as OpenAI's do: they stay as they are. */
  #readPlain(piece: Fields): Fields | undefined {
    const { index, function: called } = piece;
    if (piece.id !== undefined || piece.type !== undefined || piece.custom !== undefined) return undefined;
    if (typeof index !== "number" || !isRecord(called) || called.name !== undefined) return undefined;
    const { arguments: text } = called;
    const call = this.#byIndex.get(index);
    if (call?.index !== index || call.isCustom || typeof text !== "string") return undefined;
    call.end.add(text);
    return piece;
  }

  /** `before`: how many calls there were before this chunk. */
  #read(shape: Shape, before: number): Fields | undefined {
    const call = this.#calls.length < MAX_CALLS ? this.#find(shape, before) : this.#calls.at(-1);
    return call ? this.#goOn(call, shape) : this.#begin(shape, true);
  }

  /** The call that a piece goes on with. Undefined: it begins one. */
  #find(shape: Shape, before: number): Call | undefined {
    const { id, index, name, text } = shape;
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (known) return isAnother(known, shape, before) ? undefined : known;
    const last = this.#calls.at(-1);
    const there = index === undefined ? last : this.#byIndex.get(index);
    // Some servers begin a second call at the first one's index, and go on at its own.
    if (!there) return id === undefined && name === undefined && last?.isNumberedAgain ? last : undefined;
    // Pieces that only go on have no name; some servers make up an id for each of them.
    if (name === undefined) return index === undefined && id !== undefined && there.end.isWhole ? undefined : there;
    if (there.name === undefined) return there;
    if (id !== undefined) return undefined;
    // Some servers repeat the name. What follows whole arguments, with more, is another call.
    return there.name !== name || (there.end.isWhole && text) ? undefined : there;
  }

  #begin(shape: Shape, canWait: boolean): Fields | undefined {
    const id = shape.id !== undefined && !this.#ids.has(shape.id) ? shape.id : makeId();
    const call: Call = {
      id,
      place: this.#calls.length,
      given: shape.index,
      isNumberedAgain: shape.index !== undefined && this.#byIndex.has(shape.index),
      end: endOf(shape.text ?? ""),
      name: shape.name,
      isCustom: shape.isCustom,
      index: undefined,
      held: undefined,
    };
    this.#calls.push(call);
    this.#ids.add(id);
    this.#byId.set(shape.id ?? id, call);
    if (shape.index !== undefined) this.#byIndex.set(shape.index, call);
    return canWait ? this.#showOrHold(call, shape) : this.#show(call, shape);
  }

  #goOn(call: Call, shape: Shape): Fields | undefined {
    if (shape.index !== undefined && !this.#byIndex.has(shape.index)) this.#byIndex.set(shape.index, call);
    // Some servers send the whole call once more at its end.
    const isRepeat = shape.name !== undefined && shape.name === call.name && call.end.isWhole;
    if (isRepeat && Object.keys(shape.beside).length === 0) return undefined;
    const text = isRepeat ? undefined : shape.text;
    if (text) call.end.add(text);
    call.name ??= shape.name;
    const { isCustom } = call;
    if (call.index !== undefined) return writeShape({ ...shape, isCustom, name: undefined, text }, call.index);
    return this.#showOrHold(call, call.held ? joined(call.held, shape) : shape);
  }

  /** A call without a name waits for it: the name is to come on the first piece. */
  #showOrHold(call: Call, shape: Shape): Fields | undefined {
    if (shape.name !== undefined || (shape.text ?? "").length > MAX_HELD_LENGTH) return this.#show(call, shape);
    if (!call.held) this.#held++;
    call.held = shape;
    return undefined;
  }

  #show(call: Call, shape: Shape): Fields {
    if (call.held) this.#held--;
    call.held = undefined;
    call.isCustom = shape.isCustom;
    call.index = this.#shown++;
    return { ...writeShape(shape, call.index), id: call.id, type: shape.type };
  }
}

/** Whether a piece with the id of a call is another call all the same: some servers give one id to several. */
function isAnother(call: Call, { index, name, text }: Shape, before: number): boolean {
  if (name === undefined || call.name === undefined) return false;
  if (name !== call.name) return true;
  if (!call.end.isWhole || !text) return false;
  const isElsewhere = index !== undefined && call.given !== undefined && index !== call.given;
  return isElsewhere || call.place >= before || endOf(text).print !== call.end.print;
}

function isWhole({ name, text }: Shape): boolean {
  return name !== undefined && (!text || endOf(text).isWhole);
}

function joined(held: Shape, shape: Shape): Shape {
  return {
    ...shape,
    isCustom: held.isCustom || shape.isCustom,
    type: held.isCustom ? held.type : shape.type,
    text: held.text === undefined ? shape.text : held.text + (shape.text ?? ""),
    inside: { ...held.inside, ...shape.inside },
    beside: { ...held.beside, ...shape.beside },
  };
}

function shown(pieces: readonly (Fields | undefined)[]): Fields[] | null {
  const some = pieces.filter((piece) => piece !== undefined);
  return some.length > 0 ? some : null;
}

function makeId(): string {
  return `call_${crypto.randomUUID().replaceAll("-", "")}`;
}
