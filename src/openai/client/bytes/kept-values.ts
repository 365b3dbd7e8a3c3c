// The values of JSON that can stay bytes and yet be used: lists of numbers, and texts of the characters of base64.
import { KeptJson } from "../../../json/kept-json.ts";
import { readNumbers } from "./number-list.ts";

/** Most numbers of a list. */
const MAX_NUMBERS = 2 ** 16;
/** Most numbers for which memory is taken at once, unless a list has more. */
const MAX_ROOM = 2 ** 18;

/** A list of numbers. */
export class KeptNumbers extends KeptJson {
  /** The numbers, as near as 32 bits come. */
  readonly numbers: Float32Array;

  constructor(bytes: Uint8Array, numbers: Float32Array) {
    super({ values: numbers.length + 1, byteLength: bytes.length, write: () => bytes });
    this.numbers = numbers;
  }
}

/** A text of the characters of base64: those of both alphabets, and of padding. */
export class KeptText extends KeptJson {
  /** The characters. */
  readonly characters: Uint8Array;

  constructor(bytes: Uint8Array) {
    super({ values: 1, byteLength: bytes.length, write: () => bytes });
    this.characters = bytes.subarray(1, -1);
  }
}

/** Where numbers are read to before it is known how many there are. */
let scratch: Float32Array | undefined;

/** Reads the lists of one text. They share their memory: each piece of it costs V8 more to look after than to fill. */
export class NumberLists {
  #room = new Float32Array(0);
  #used = 0;

  /** The list that the bytes write; undefined for one that is not kept. */
  read(bytes: Uint8Array): KeptNumbers | undefined {
    scratch ??= new Float32Array(MAX_NUMBERS);
    const count = readNumbers(bytes, 1, scratch);
    if (count === undefined) return undefined;
    if (this.#room.length - this.#used < count) {
      this.#room = new Float32Array(Math.max(count, Math.min(MAX_ROOM, this.#room.length * 2)));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += count;
    this.#room.set(scratch.subarray(0, count), start);
    return new KeptNumbers(bytes, this.#room.subarray(start, this.#used));
  }
}

/** 1 for the characters of base64. */
const isBase64 = new Uint8Array(256);
for (const character of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="))
  isBase64[character] = 1;

/** The text that the bytes write with their quotes; undefined for one that is not kept. */
export function readText(bytes: Uint8Array): KeptText | undefined {
  const last = bytes.length - 1;
  for (let place = 1; place < last; place++) if (isBase64[bytes[place] as number] === 0) return undefined;
  return new KeptText(bytes);
}
