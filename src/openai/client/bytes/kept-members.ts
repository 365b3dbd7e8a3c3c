// Cuts the long values of one member out of a JSON text while its bytes arrive: lists of numbers, and texts of the characters of
// base64, such as the vectors of a batch. They stay bytes; only what is around them is parsed. Any other value stays in its place.
import { isRecord } from "../../../json/json.ts";
import type { KeptJson } from "../../../json/kept-json.ts";
import { NumberLists, readText } from "./kept-values.ts";

/** Shorter values, in bytes, are not worth it: each of those that are kept takes some memory of its own. */
const MIN_BYTES = 512;
/** Most blanks before a value, in bytes: those of a longer run would be looked at again and again. */
const MAX_BLANKS = 1_024;

const QUOTE = 0x22;
const COLON = 0x3a;
const BRACKET = 0x5b;
const END = 0x5d;

/** Begins the strings that stand for what is cut out. Nobody can guess it, and it leaves no process. */
const MARK = crypto.randomUUID();

/** The text of an answer without what is cut out of it. */
export interface CutText {
  readonly text: string;
  /** Puts what was cut out back into the value that the text was parsed to. */
  restore(value: unknown): void;
}

/** Cuts the values of all members called `name` out of one text. */
export class KeptMembers {
  readonly #name: Buffer;
  readonly #kept: KeptJson[] = [];
  /** The rest of the text so far. */
  readonly #rest: Uint8Array[] = [];
  /** The bytes since the last place that was decided. */
  #open: Uint8Array[] = [];
  readonly #numbers = new NumberLists();
  /** What ends the value that has begun; undefined outside of one. */
  #closing: number | undefined;

  constructor(name: string) {
    this.#name = Buffer.from(`"${name}"`);
  }

  add(chunk: Uint8Array): void {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.#closing !== undefined) {
      const end = bytes.indexOf(this.#closing);
      this.#push(end < 0 ? bytes : bytes.subarray(0, end + 1));
      if (end < 0) return;
      const value = this.#takeOpen();
      this.#rest.push(this.#keep(value, 0, value.length) ?? value);
      this.#closing = undefined;
      bytes = bytes.subarray(end + 1);
    } else if (this.#open.length > 0) {
      this.#push(bytes);
      bytes = this.#takeOpen();
    }
    this.#push(this.#look(bytes));
  }

  /** To be called after the last bytes. */
  end(): CutText {
    this.#rest.push(this.#takeOpen());
    const text = decoder.decode(Buffer.concat(this.#rest));
    const kept = this.#kept;
    return { text, restore: (value) => (kept.length > 0 ? restore(value, kept) : undefined) };
  }

  /** Looks through bytes outside of a value. Yields those at the end, of which nothing is known yet. */
  #look(bytes: Buffer): Buffer {
    let left = 0;
    const leaveUntil = (end: number) => {
      this.#rest.push(bytes.subarray(left, end));
      return bytes.subarray(end);
    };
    for (let place = 0; ; ) {
      const found = bytes.indexOf(this.#name, place);
      // The name may have begun at the end.
      if (found < 0) return leaveUntil(Math.max(place, bytes.length - this.#name.length + 1));
      place = found + this.#name.length;
      const start = findValue(bytes, place);
      if (start === undefined) return leaveUntil(bytes.length - place <= MAX_BLANKS ? found : bytes.length);
      const closing = closingOf(bytes[start]);
      if (closing === undefined) continue;
      const end = bytes.indexOf(closing, start + 1);
      if (end < 0) {
        this.#closing = closing;
        return leaveUntil(start);
      }
      place = end + 1;
      const mark = this.#keep(bytes, start, place);
      if (!mark) continue;
      this.#rest.push(bytes.subarray(left, start), mark);
      left = place;
    }
  }

  /** Keeps a value, and yields what stands for it. Undefined: it is short, or another than such a list or text. */
  #keep(bytes: Buffer, start: number, end: number): Buffer | undefined {
    if (end - start < MIN_BYTES) return undefined;
    const text = bytes.subarray(start, end);
    const value = text[0] === BRACKET ? this.#numbers.read(text) : readText(text);
    return value && Buffer.from(`"${MARK}${this.#kept.push(value) - 1}"`);
  }

  #push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#open.push(bytes);
  }

  #takeOpen(): Buffer {
    const [first, ...others] = this.#open;
    const whole = first && others.length === 0 ? Buffer.from(first.buffer, first.byteOffset, first.length) : undefined;
    const bytes = whole ?? Buffer.concat(this.#open);
    this.#open = [];
    return bytes;
  }
}

const decoder = new TextDecoder();

/** What ends a value that may be kept, if it begins so. */
function closingOf(opening: number | undefined): number | undefined {
  if (opening === QUOTE) return QUOTE;
  return opening === BRACKET ? END : undefined;
}

/** Where the value begins, after a member's name; the name's end if it is no member's. Undefined: not known yet. */
function findValue(bytes: Uint8Array, end: number): number | undefined {
  let place = skipBlanks(bytes, end);
  if (place === bytes.length) return undefined;
  if (bytes[place] !== COLON) return end;
  place = skipBlanks(bytes, place + 1);
  return place === bytes.length ? undefined : place;
}

function skipBlanks(bytes: Uint8Array, start: number): number {
  let place = start;
  while (place < bytes.length && (bytes[place] as number) <= 0x20) place++;
  return place;
}

function restore(value: unknown, kept: readonly KeptJson[]): void {
  if (Array.isArray(value)) {
    for (const entry of value) if (typeof entry === "object" && entry !== null) restore(entry, kept);
  } else if (isRecord(value)) {
    for (const name in value) {
      const member = value[name];
      if (typeof member === "object") restore(member, kept);
      else if (typeof member === "string" && member.startsWith(MARK))
        value[name] = kept[Number(member.slice(MARK.length))];
    }
  }
}
