// The vectors of an answer, in the order of the texts. They stay in the form that the upstream sends until another one is asked
// for.
import { isRecord } from "../../json/json.ts";
import { KeptJson } from "../../json/kept-json.ts";
import { KeptNumbers, KeptText } from "../client/bytes/kept-values.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import { untilNextTurn } from "../client/turns.ts";
import { base64Length, encodeFloats, type Floats, listLength, readFloats } from "./floats.ts";
import { writeFloats } from "./write-floats.ts";

/** How many numbers are looked at in one turn of the event loop: a few milliseconds. */
const NUMBERS_PER_TURN = 250_000;

/** The vector of one text. */
export class Vector {
  /** The text's number, from 0. */
  readonly index: number;
  /** As a list of JSON. Its numbers count as values wherever an answer's are counted. */
  readonly list: KeptJson | readonly number[];
  readonly #sent: Floats;
  readonly #base64: KeptJson | undefined;
  readonly #room: Room;
  #floats: Float32Array | undefined;
  #length: number | undefined;
  #isFinite: boolean | undefined;

  /** `value` is what `sent` was read from. Its numbers go to `room`. */
  constructor(index: number, value: unknown, sent: Floats, room: Room) {
    this.index = index;
    this.#sent = sent;
    this.#room = room;
    this.#base64 = value instanceof KeptText && value.isPlain ? value : undefined;
    this.list = value instanceof KeptNumbers ? value : this.#createList(value);
  }

  get dimensions(): number {
    return this.#sent.count;
  }

  /** Whether it is known that all of `numbers` are. */
  get isChecked(): boolean {
    return this.list instanceof KeptNumbers || this.#isFinite !== undefined;
  }

  /** The list. Throws OpenAIError if the upstream has sent what is no number among them. */
  numbers(): KeptJson | readonly number[] {
    this.#isFinite ??= this.list instanceof KeptNumbers || areFinite(this.#read());
    if (this.#isFinite) return this.list;
    throw invalid(`a vector with what is no number, for text ${this.index}.`);
  }

  /** The numbers as base64 of 32-bit floats, little-endian. */
  base64(): KeptJson {
    const write = () => [Buffer.from(`"${encodeFloats(this.#read())}"`, "latin1")];
    return this.#base64 ?? new KeptJson({ values: 1, byteLength: base64Length(this.dimensions) + 2, write });
  }

  /** Cosine of the angle to another vector, -1 to 1. Null for vectors without a direction. */
  cosineTo(other: Vector): number | null {
    let product = 0;
    const own = this.#read();
    const others = other.#read();
    for (let place = 0; place < own.length; place++) product += (own[place] as number) * (others[place] as number);
    const cosine = product / (this.#lengthOf() * other.#lengthOf());
    return Number.isFinite(cosine) ? Math.min(1, Math.max(-1, cosine)) : null;
  }

  #read(): Float32Array {
    if (!this.#floats) {
      this.#floats = this.#room.take(this.index, this.dimensions);
      this.#sent.readTo(this.#floats);
    }
    return this.#floats;
  }

  #lengthOf(): number {
    if (this.#length === undefined) {
      const own = this.#read();
      let squares = 0;
      for (let place = 0; place < own.length; place++) squares += (own[place] as number) ** 2;
      this.#length = Math.sqrt(squares);
    }
    return this.#length;
  }

  #createList(value: unknown): KeptJson | readonly number[] {
    if (Array.isArray(value) && !Array.isArray(value[0])) return value;
    const { count } = this.#sent;
    return new KeptJson({
      values: count + 1,
      byteLength: listLength(count),
      write: () => [writeFloats(this.#read())],
    });
  }
}

/** The memory for the numbers of all vectors: each piece of it costs V8 more to look after than to fill. */
class Room {
  readonly #vectors: number;
  #floats: Float32Array | undefined;

  constructor(vectors: number) {
    this.#vectors = vectors;
  }

  /** The part for the vector of the number `index`, of which each has `dimensions` numbers. */
  take(index: number, dimensions: number): Float32Array {
    this.#floats ??= new Float32Array(this.#vectors * dimensions);
    return this.#floats.subarray(index * dimensions, (index + 1) * dimensions);
  }
}

function areFinite(floats: Float32Array): boolean {
  // What is infinite or no number, less itself, is no number.
  let zero = 0;
  for (let place = 0; place < floats.length; place++) zero += (floats[place] as number) - (floats[place] as number);
  return zero === 0;
}

/** The vectors of one answer. */
export class Vectors {
  readonly list: readonly Vector[];
  #turn = { begins: undefined as Promise<void> | undefined, room: NUMBERS_PER_TURN };

  constructor(list: readonly Vector[]) {
    this.list = list;
  }

  /** The vector's list. Throws as `numbers`. Many are checked in several turns. */
  numbersOf(vector: Vector): Vector["list"] | Promise<Vector["list"]> {
    return vector.isChecked ? vector.numbers() : this.#inTurn(vector.dimensions, () => vector.numbers());
  }

  /** Cosine of the angle between the vectors of two texts. Null if there is no such text. Many are counted in several turns. */
  similarity(from: Vector, to: number): number | null | Promise<number | null> {
    const other = this.list[to];
    return other ? this.#inTurn(from.dimensions, () => from.cosineTo(other)) : null;
  }

  /** Does what looks at so many numbers, if there is no room for it in this turn in a later one. */
  #inTurn<Value>(numbers: number, work: () => Value): Value | Promise<Value> {
    if (this.#turn.room <= 0) {
      const { begins } = this.#turn;
      this.#turn = { begins: begins ? begins.then(untilNextTurn) : untilNextTurn(), room: NUMBERS_PER_TURN };
    }
    this.#turn.room -= numbers;
    const { begins } = this.#turn;
    return begins ? begins.then(work) : work();
  }
}

/**
 * Reads the vectors of `texts` texts, sorted by their numbers if each has one of its own. Throws OpenAIError unless there is one
 * for each text, each can be read, and all are of one length: whose vector is whose could not be known, and what is made of them
 * would be wrong.
 */
export function readVectors(data: unknown, texts: number): Vectors {
  const entries = Array.isArray(data) ? data.filter(isRecord) : [];
  if (entries.length !== texts) throw invalid(`${count(entries.length, "vector")} for ${count(texts, "text")}.`);
  const indexes = new Set(entries.map(({ index }) => index));
  const areNumbered = indexes.size === texts && entries.every(({ index }) => Number.isSafeInteger(index));
  if (areNumbered) entries.sort((first, second) => Number(first.index) - Number(second.index));
  const room = new Room(texts);
  const vectors = entries.map(({ embedding }, index) => {
    const sent = readFloats(embedding);
    if (!sent) throw invalid(`no vector that can be read for text ${index}.`);
    return new Vector(index, embedding, sent, room);
  });
  const length = vectors[0]?.dimensions ?? 0;
  const other = vectors.find(({ dimensions }) => dimensions !== length);
  if (other) throw invalid(`vectors of different lengths, ${length} and ${other.dimensions}.`);
  return new Vectors(vectors);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function invalid(problem: string): OpenAIError {
  return new OpenAIError("invalid_response", `The upstream's answer to POST /embeddings holds ${problem}`);
}
