// How the pieces of an answer's fields go together, whatever a server sends: texts grow, lists get longer, and what is said once
// more is said once.
import { isRecord, roomAfter } from "../../json/json.ts";
import { tooMuch } from "../client/answer.ts";

type Fields = Record<string, unknown>;

/**
 * What is joined: an answer's own fields, which most events repeat; those of an event, of which the last state counts; what a
 * delta adds; log probabilities, a list of all tokens.
 */
export type Joined = "answer" | "event" | "delta" | "logprobs";

/** Texts that come in pieces wherever they stand. */
const GROWING: ReadonlySet<string> = new Set([
  ...["content", "refusal", "text", "summary", "arguments", "input", "data", "transcript"],
  ...["reasoning_content", "reasoning", "reasoning_text", "thinking", "thoughts"],
]);
/** What tells one thing from another: its first value counts. */
const NAMES: ReadonlySet<string> = new Set(["id", "object", "created", "model", "role", "type", "name"]);
/** Lists whose entries are pieces themselves; those with one number belong together. */
const NUMBERED: ReadonlySet<string> = new Set(["tool_calls", "reasoning_details"]);
/** Lists of which each event brings more wherever they stand; entries may be alike. vLLM's. */
const ADDED: ReadonlySet<string> = new Set(["token_ids"]);
/** Lists of a delta that some servers repeat in every event. */
const REPEATED: ReadonlySet<string> = new Set(["annotations", "images", "citations"]);

const VALUES = { value: 1, character: 0 };
const CHARACTERS = { value: 0, character: 1 };
/** What a value takes in memory, in bytes, without its characters. */
const VALUE_BYTES = 64;

/** Joins the pieces of one answer. */
export class Pieces {
  readonly #maxValues: number;
  #room: number;
  #characters = 0;
  /** What is in a list that has grown: its entries by their numbers, or as JSON. */
  readonly #numbered = new Map<unknown[], Map<string, Fields>>();
  readonly #seen = new Map<unknown[], Set<string>>();

  /** `maxValues`: most values of the answer. */
  constructor(maxValues: number) {
    this.#maxValues = maxValues;
    this.#room = maxValues;
  }

  /** How many values have been kept. */
  get values(): number {
    return this.#maxValues - this.#room;
  }

  /** About how many bytes they take in memory. */
  get bytes(): number {
    return this.values * VALUE_BYTES + this.#characters;
  }

  /** A copy of what has been joined that stays as it is. What lists hold for good is shared. */
  copy(joined: Fields): Fields {
    const copied: Fields = {};
    for (const name in joined) copied[name] = this.#copyValue(joined[name]);
    return copied;
  }

  #copyValue(value: unknown): unknown {
    if (!Array.isArray(value)) return isRecord(value) ? this.copy(value) : value;
    return this.#numbered.has(value) ? value.map((entry) => this.#copyValue(entry)) : value.slice();
  }

  /** Adds the fields of `more` to `known`, in place. Throws OpenAIError if the answer gets too many values. */
  join(known: Fields, more: Fields, how: Joined): void {
    for (const name in more) {
      const added = more[name];
      // `__proto__` would join the fields of all objects there are.
      if (added === undefined || name === "__proto__") continue;
      const old = Object.hasOwn(known, name) ? known[name] : undefined;
      if (old === undefined || (old === null && added !== null)) known[name] = this.#begin(name, added, how);
      else if (added !== null) known[name] = this.#add(name, old, added, how);
    }
  }

  /** What is in it may have pieces of its own, from the first event on. */
  #begin(name: string, value: unknown, how: Joined): unknown {
    if (Array.isArray(value)) return this.#addEntries(name, this.#keep([]), value, how);
    if (!isRecord(value)) return this.#keep(value);
    const begun: Fields = this.#keep({});
    this.join(begun, value, how);
    return begun;
  }

  #add(name: string, old: unknown, added: unknown, how: Joined): unknown {
    if (Array.isArray(old) && Array.isArray(added)) return this.#addEntries(name, old, added, how);
    if (isRecord(old) && isRecord(added)) {
      this.join(old, added, how);
      return old;
    }
    if (NAMES.has(name)) return how === "event" && name !== "id" ? added || old : old || added;
    if (typeof added === "object") return this.#begin(name, added, how);
    if (typeof old !== "string" || typeof added !== "string") return added;
    if (GROWING.has(name)) return this.#grow(old, added);
    if (old === added || added === "") return old;
    return how === "delta" ? this.#grow(old, added) : added;
  }

  #grow(old: string, added: string): string {
    this.#characters += added.length;
    return old + added;
  }

  #addEntries(name: string, list: unknown[], added: readonly unknown[], how: Joined): unknown[] {
    const isMore = how === "logprobs" || ADDED.has(name) || (how === "delta" && !REPEATED.has(name));
    for (const entry of added) {
      if (how === "delta" && NUMBERED.has(name) && isRecord(entry) && typeof entry.index === "number")
        this.#addNumbered(list, entry);
      else if (isMore || this.#isNew(list, entry)) list.push(this.#keep(entry));
    }
    return list;
  }

  #addNumbered(list: unknown[], entry: Fields): void {
    const byNumber = of(this.#numbered, list, () => new Map<string, Fields>());
    // A call's type is on its first piece alone; thoughts of several types may have one number.
    const number = `${entry.index} ${"function" in entry || "custom" in entry ? "" : String(entry.type)}`;
    let known = byNumber.get(number);
    if (!known) {
      known = this.#keep<Fields>({});
      byNumber.set(number, known);
      list.push(known);
    }
    this.join(known, entry, "delta");
  }

  #isNew(list: unknown[], entry: unknown): boolean {
    const seen = of(this.#seen, list, () => new Set<string>());
    const before = seen.size;
    return seen.add(JSON.stringify(entry)).size > before;
  }

  #keep<Value>(value: Value): Value {
    this.#room = roomAfter(value, this.#room, VALUES);
    if (this.#room < 0) throw tooMuch("answer", `must hold at most ${this.#maxValues} values.`);
    this.#characters += Number.MAX_SAFE_INTEGER - roomAfter(value, Number.MAX_SAFE_INTEGER, CHARACTERS);
    return value;
  }
}

function of<Key, Value>(values: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = values.get(key);
  if (known !== undefined) return known;
  const made = make();
  values.set(key, made);
  return made;
}
