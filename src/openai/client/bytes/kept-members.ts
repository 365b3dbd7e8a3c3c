// Cuts the long values of one member out of a JSON text while its bytes arrive: lists of numbers, and texts of the characters of
// base64, such as the vectors of a batch. They stay bytes; only what is around them is parsed. Any other value stays in its place.
import { isRecord } from "../../../json/json.ts";
import type { KeptJson } from "../../../json/kept-json.ts";
import { type ArrivingValue, valueAfter } from "./kept-values.ts";

/** Shorter values, in bytes, are not worth it: each of those that are kept takes some memory of its own. */
const MIN_BYTES = 512;
/** Most blanks before a value, in bytes: those of a longer run would be looked at again and again. */
const MAX_BLANKS = 1_024;

const COLON = 0x3a;

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
  /** The bytes at the end, of which nothing is known yet. */
  #open: Buffer = Buffer.alloc(0);
  /** The value that has begun and may be kept. */
  #value: ArrivingValue | undefined;

  constructor(name: string) {
    this.#name = Buffer.from(`"${name}"`);
  }

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const start = this.#value ? this.#addTo(this.#value, bytes, 0) : 0;
    if (start === bytes.length) return;
    const rest = this.#open.length > 0 ? Buffer.concat([this.#open, bytes]) : bytes;
    const left = this.#look(rest, start);
    this.#open = rest.subarray(left);
  }

  /** To be called after the last bytes. */
  end(): CutText {
    if (this.#value) this.#leave(this.#value);
    this.#rest.push(this.#open);
    const text = decoder.decode(Buffer.concat(this.#rest));
    const kept = this.#kept;
    return { text, restore: (value) => (kept.length > 0 ? restore(value, kept) : undefined) };
  }

  /** Looks through bytes outside of a value, from `start` on. Yields how far: of what is behind it, nothing is known yet. */
  #look(bytes: Buffer, start: number): number {
    let left = start;
    const leaveUntil = (end: number) => {
      if (end > left) this.#rest.push(bytes.subarray(left, end));
      left = end;
      return end;
    };
    for (let place = start; ; ) {
      const found = bytes.indexOf(this.#name, place);
      // The name may have begun at the end.
      if (found < 0) return leaveUntil(Math.max(place, bytes.length - this.#name.length + 1));
      place = found + this.#name.length;
      const opening = findValue(bytes, place);
      if (opening === undefined) return leaveUntil(bytes.length - place <= MAX_BLANKS ? found : bytes.length);
      const value = valueAfter(bytes[opening]);
      if (!value) continue;
      leaveUntil(opening);
      place = this.#addTo(value, bytes, opening);
      left = place;
    }
  }

  /** Adds bytes to a value, and yields where it ends: at the end of the bytes, if it goes on. */
  #addTo(value: ArrivingValue, bytes: Buffer, start: number): number {
    // What begins it does not end it.
    const closing = bytes.indexOf(value.closing, start + Number(value.pieces.length === 0));
    const end = closing < 0 ? bytes.length : closing + 1;
    value.add(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
    this.#value = closing < 0 ? value : undefined;
    if (closing >= 0) this.#keep(value);
    return end;
  }

  /** Keeps a value, unless it is short, or another than such a list or text. */
  #keep(value: ArrivingValue): void {
    const kept = value.end();
    if (kept && kept.byteLength >= MIN_BYTES)
      this.#rest.push(Buffer.from(`"${MARK}${this.#kept.push(kept) - 1}"`, "latin1"));
    else this.#leave(value);
  }

  #leave({ pieces }: ArrivingValue): void {
    for (const piece of pieces) this.#rest.push(piece);
  }
}

const decoder = new TextDecoder();

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
