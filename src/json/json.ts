// JSON of unknown shape, as it comes from clients and upstreams: what makes it too much, and what it is.
import { KeptJson } from "./kept-json.ts";

/**
 * Deepest nesting of objects and lists. What comes is sent on, and to write a value takes stack for each of its levels: a few
 * thousand of them end in a RangeError.
 */
const MAX_LEVELS = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACKETS = ["{", "["] as const;

/** Looks through a JSON text once, in as many steps as its user likes. The text need not be valid JSON. */
export class JsonScan {
  readonly #text: string;
  readonly #maxValues: number;
  #place = 0;
  #level = 0;
  #values = 1;
  #isInString = false;

  /** Counts members and list entries; each of them is a value. */
  constructor(text: string, maxValues: number) {
    this.#text = text;
    this.#maxValues = maxValues;
  }

  /** Whether all of the text has been seen. */
  get isDone(): boolean {
    return this.#place >= this.#text.length;
  }

  /** Goes on for about `length` characters. Yields what the text has too much of, as it follows the text's name in a message. */
  findExcess(length = Number.POSITIVE_INFINITY): string | undefined {
    const text = this.#text;
    if (this.#place === 0 && text.length <= length && hasTooLittle(text, this.#maxValues)) {
      this.#place = text.length;
      return undefined;
    }
    const stop = Math.min(text.length, this.#place + length);
    let place = this.#place;
    while (place < stop) {
      if (this.#isInString) {
        place = this.#leaveString(place, stop);
        continue;
      }
      const code = text.charCodeAt(place++);
      if (code === QUOTE) {
        // Most strings hold no quote. To find the first one takes a fraction of a loop over the characters.
        const end = text.indexOf('"', place);
        if (end > 0 && text.charCodeAt(end - 1) !== BACKSLASH) place = end + 1;
        else this.#isInString = true;
      } else if (code === COMMA) this.#values++;
      // One bit, 0x20, turns `[` into `{` and `]` into `}`.
      else if ((code | 0x20) === 0x7b) {
        this.#values++;
        if (++this.#level > MAX_LEVELS) return `must be nested at most ${MAX_LEVELS} levels deep.`;
      } else if ((code | 0x20) === 0x7d) this.#level--;
      if (this.#values > this.#maxValues) return `must hold at most ${this.#maxValues} values.`;
    }
    this.#place = place;
    return undefined;
  }

  /** Goes on within a string, and yields the place after its end, or where it stopped. */
  #leaveString(start: number, stop: number): number {
    const text = this.#text;
    let place = start;
    for (; place < stop; place++) {
      const code = text.charCodeAt(place);
      if (code === BACKSLASH) place++;
      else if (code === QUOTE) {
        this.#isInString = false;
        return place + 1;
      }
    }
    return place;
  }
}

/**
 * Whether a text is too short for too many values, and has too few brackets for too many levels. Most texts are and have, and
 * to find some brackets takes a fraction of a look at each character.
 */
function hasTooLittle(text: string, maxValues: number): boolean {
  if (text.length >= maxValues) return false;
  let left = MAX_LEVELS;
  for (const bracket of BRACKETS) {
    for (let place = text.indexOf(bracket); place >= 0; place = text.indexOf(bracket, place + 1)) {
      if (--left < 0) return false;
    }
  }
  return true;
}

/** What a whole text has too much of: see JsonScan. */
export function findExcess(text: string, maxValues: number): string | undefined {
  return new JsonScan(text, maxValues).findExcess();
}

/** The JSON value, or undefined if the text is not JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the parts of a JSON value count. */
export interface Weights {
  /** Each value: members, list entries, and the value itself. */
  readonly value: number;
  /** Each character of a text or a name. */
  readonly character: number;
  /** Each value that is kept as bytes, beside its length. Absent: nothing. */
  readonly kept?: number;
}

/** What is left of `room` after all of a JSON value; negative as soon as it is known to be too little. */
export function roomAfter(value: unknown, room: number, weights: Weights): number {
  let left = room - weights.value;
  if (typeof value === "string") return left - value.length * weights.character;
  if (typeof value !== "object" || value === null) return left;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++) left = roomAfter(value[index], left, weights);
    return left;
  }
  if (value instanceof KeptJson) {
    const { values, byteLength } = value;
    const { kept = 0, character, value: entry } = weights;
    return left - kept - (character > 0 ? byteLength * character : values * entry);
  }
  for (const key in value) {
    if (left < 0) return left;
    left = roomAfter((value as Record<string, unknown>)[key], left - key.length * weights.character, weights);
  }
  return left;
}

/** Whether a JSON value is an object (not null, not a list). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Any upstream object: each field of `Shape` may be there or not and hold anything. */
export type Unchecked<Shape> = { readonly [Key in keyof Shape]?: unknown };
