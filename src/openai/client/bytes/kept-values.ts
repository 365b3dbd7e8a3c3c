// The values of JSON that can stay bytes and yet be used: lists of numbers, and texts of the characters of base64. They are the
// pieces in which they have come: nothing is copied.
import { KeptJson } from "../../../json/kept-json.ts";
import { NumberGrammar } from "./number-grammar.ts";
import { readNumbers } from "./number-list.ts";

/** Pieces that are shorter on average, in bytes, take more memory than they hold. */
const MIN_PIECE = 2_048;
/** Most numbers of a list, and most bytes of its text. */
const MAX_NUMBERS = 2 ** 16;
const MAX_LIST_BYTES = 2 ** 21;

const QUOTE = 0x22;
const BRACKET = 0x5b;
const END = 0x5d;
const PADDING = 0x3d;

/** A list of numbers. */
export class KeptNumbers extends KeptJson {
  /** How many numbers there are. */
  readonly count: number;
  readonly #pieces: readonly Uint8Array[];

  constructor(pieces: readonly Uint8Array[], byteLength: number, count: number) {
    super({ values: count + 1, byteLength, write: () => pieces });
    this.count = count;
    this.#pieces = pieces;
  }

  /** Reads the numbers into `room`, which has their count. They are as near as 32 bits come. */
  readTo(room: Float32Array): void {
    readNumbers(this.#pieces, this.byteLength, room);
  }
}

/** A text of the characters of base64, of one alphabet or both, with up to two of padding at its end. */
export class KeptText extends KeptJson {
  /** Characters without the padding. */
  readonly digits: number;
  /** Whether it is as most write it: with plus, slash and all of the padding. */
  readonly isPlain: boolean;
  readonly #pieces: readonly Buffer[];

  constructor(pieces: readonly Buffer[], byteLength: number, padding: number, hasPlus: boolean) {
    super({ values: 1, byteLength, write: () => pieces });
    const characters = byteLength - 2;
    this.digits = characters - padding;
    this.isPlain = hasPlus && characters % 4 === 0;
    this.#pieces = pieces;
  }

  /** The characters. */
  text(): string {
    return this.#pieces
      .map((piece) => piece.toString("latin1"))
      .join("")
      .slice(1, -1);
  }
}

/** A value that may be kept, while it comes. */
export interface ArrivingValue {
  /** What ends it: the first of these. */
  readonly closing: number;
  readonly pieces: readonly Buffer[];
  add(piece: Buffer): void;
  /** To be called after its last byte. Undefined: it is another than such a list or text. */
  end(): KeptJson | undefined;
}

/** The value that begins so. Undefined: none that may be kept does. */
export function valueAfter(opening: number | undefined): ArrivingValue | undefined {
  if (opening === BRACKET) return new ArrivingNumbers();
  return opening === QUOTE ? new ArrivingText() : undefined;
}

class ArrivingNumbers implements ArrivingValue {
  readonly closing = END;
  readonly pieces: Buffer[] = [];
  readonly #grammar = new NumberGrammar();
  #bytes = 0;

  add(piece: Buffer): void {
    this.pieces.push(piece);
    this.#bytes += piece.length;
    this.#grammar.add(piece);
  }

  end(): KeptNumbers | undefined {
    const { count } = this.#grammar;
    if (count === undefined || count > MAX_NUMBERS || this.#bytes > MAX_LIST_BYTES) return undefined;
    return new KeptNumbers(joinShort(this.pieces, this.#bytes), this.#bytes, count);
  }
}

/** What a character is: a digit of base64 or a quote, one of the other alphabet, padding, anything else. */
const [DIGIT, OTHER_DIGIT, PAD, FOREIGN] = [0, 1, 2, 4];
const KINDS = new Uint8Array(256).fill(FOREIGN);
for (const character of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"'))
  KINDS[character] = DIGIT;
for (const character of Buffer.from("-_")) KINDS[character] = OTHER_DIGIT;
KINDS[PADDING] = PAD;

class ArrivingText implements ArrivingValue {
  readonly closing = QUOTE;
  readonly pieces: Buffer[] = [];
  #bytes = 0;
  #kinds = DIGIT;
  /** Where the first padding is. */
  #digits: number | undefined;

  add(piece: Buffer): void {
    this.pieces.push(piece);
    const kinds = kindsOf(piece);
    this.#kinds |= kinds;
    if (kinds & PAD) this.#digits ??= this.#bytes + piece.indexOf(PADDING);
    this.#bytes += piece.length;
  }

  end(): KeptText | undefined {
    const end = this.#bytes - 1;
    const padding = end - (this.#digits ?? end);
    if (this.#kinds & FOREIGN || padding > 2) return undefined;
    return new KeptText(joinShort(this.pieces, this.#bytes), this.#bytes, padding, !(this.#kinds & OTHER_DIGIT));
  }
}

function joinShort(pieces: readonly Buffer[], bytes: number): readonly Buffer[] {
  return pieces.length > 1 && bytes < pieces.length * MIN_PIECE ? [Buffer.concat(pieces)] : pieces;
}

/** The kinds of all characters. */
function kindsOf(bytes: Uint8Array): number {
  const { length } = bytes;
  let kinds = DIGIT;
  let place = 0;
  for (; place < length - 3; place += 4) {
    kinds |=
      (KINDS[bytes[place] as number] as number) |
      (KINDS[bytes[place + 1] as number] as number) |
      (KINDS[bytes[place + 2] as number] as number) |
      (KINDS[bytes[place + 3] as number] as number);
  }
  for (; place < length; place++) kinds |= KINDS[bytes[place] as number] as number;
  return kinds;
}
