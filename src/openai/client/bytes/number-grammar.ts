// The grammar of a JSON list of numbers, checked while its bytes arrive: a table gives the state after each two bytes. What
// follows a comma does not depend on what is before it, so four parts of a piece are checked side by side: a processor waits for
// the state of one part while it works on another.

/** Shorter pieces, in bytes, are checked in one part. */
const MIN_PARTED = 256;
const COMMA_CODE = 0x2c;

type Moves = Readonly<Record<string, string>>;

const VALUE: Moves = { "-": "minus", "0": "zero", "1": "one" };
const REST: Moves = { " ": "after", ",": "comma", "]": "end" };
const TAIL: Moves = { ".": "point", e: "e", ...REST };
const digit = (next: string): Moves => ({ "0": next, "1": next });

/**
 * What state follows, by the kind of a character; none: the list is bad. An integer part has four digits at most, and an
 * exponent above 0 has one: so each number is one that 32 bits hold. Other numbers are rare in vectors.
 */
const MOVES: Readonly<Record<string, Moves>> = {
  bad: {},
  outside: { "[": "start" },
  start: { " ": "start", ...VALUE },
  comma: { " ": "comma", ...VALUE },
  minus: { "0": "zero", "1": "one" },
  zero: TAIL,
  one: { ...digit("two"), ...TAIL },
  two: { ...digit("three"), ...TAIL },
  three: { ...digit("zero"), ...TAIL },
  point: digit("fraction"),
  fraction: { ...digit("fraction"), e: "e", ...REST },
  e: { "-": "minus e", "+": "plus e", ...digit("after") },
  "plus e": digit("after"),
  "minus e": digit("power"),
  power: { ...digit("power"), ...REST },
  after: REST,
  end: {},
};
const NAMES = Object.keys(MOVES);

/** The characters that are told apart, one of each kind. The last two stand for all others, and for no character at all. */
const KINDS = ["[", "]", ",", ".", "-", "+", "e", "0", "1", " ", "other", "none"] as const;
const NONE = KINDS.length - 1;

/** In an entry of NEXT: the state, and whether a comma led to it. */
const STATE_BITS = 0x1fff;
const COMMA_SHIFT = 13;
const KIND_BITS = 8;

/** By two bytes, the first in the lower: their kinds. */
const PAIRS = Uint8Array.from({ length: 2 ** 16 }, (_, pair) => pairOf(kindOf(pair & 0xff), kindOf(pair >>> 8)));
/** By a byte that has none after it. */
const SINGLES = Uint8Array.from({ length: 2 ** 8 }, (_, byte) => pairOf(kindOf(byte), NONE));
/** By a state and two kinds. */
const NEXT = createNext();

const BAD = stateOf("bad");
const COMMA = stateOf("comma");
const END = stateOf("end");

/** Checks one list, from its bracket on. */
export class NumberGrammar {
  #state = stateOf("outside");
  #commas = 0;

  /** How many numbers the list has. Undefined: what was added is not the whole of a list of such numbers. */
  get count(): number | undefined {
    return this.#state === END ? this.#commas + 1 : undefined;
  }

  add(bytes: Buffer): void {
    const { length } = bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    const second = length < MIN_PARTED ? 0 : bytes.indexOf(COMMA_CODE, length >>> 2) + 1;
    const third = second && bytes.indexOf(COMMA_CODE, length >>> 1) + 1;
    const fourth = third && bytes.indexOf(COMMA_CODE, (length >>> 2) * 3) + 1;
    if (fourth) this.#addParts(view, second, third, fourth);
    else this.#addPart(view, 0, length);
  }

  /** Checks what begins at 0 and after three commas. */
  #addParts(view: DataView, second: number, third: number, fourth: number): void {
    const shortest = Math.min(second, third - second, fourth - third, view.byteLength - fourth) & ~1;
    let [a, b, c, d] = [this.#state, COMMA, COMMA, COMMA];
    let commas = 0;
    for (let place = 0; place < shortest; place += 2) {
      a = nextOf(a, view.getUint16(place, true));
      b = nextOf(b, view.getUint16(second + place, true));
      c = nextOf(c, view.getUint16(third + place, true));
      d = nextOf(d, view.getUint16(fourth + place, true));
      commas += (a >>> COMMA_SHIFT) + (b >>> COMMA_SHIFT) + (c >>> COMMA_SHIFT) + (d >>> COMMA_SHIFT);
    }
    this.#commas += commas;
    const ends = [second, third, fourth, view.byteLength];
    let start = 0;
    let isWhole = true;
    for (const [part, state] of [a, b, c, d].entries()) {
      const end = ends[part] as number;
      this.#state = state & STATE_BITS;
      this.#addPart(view, start + shortest, end);
      isWhole &&= part === 3 || this.#state === COMMA;
      start = end;
    }
    if (!isWhole) this.#state = BAD;
  }

  #addPart(view: DataView, start: number, end: number): void {
    let state = this.#state;
    let commas = 0;
    let place = start;
    for (; place < end - 1; place += 2) {
      state = nextOf(state, view.getUint16(place, true));
      commas += state >>> COMMA_SHIFT;
    }
    if (place < end) {
      state = NEXT[(state & STATE_BITS) | (SINGLES[view.getUint8(place)] as number)] as number;
      commas += state >>> COMMA_SHIFT;
    }
    this.#commas += commas;
    this.#state = state & STATE_BITS;
  }
}

function nextOf(state: number, pair: number): number {
  return NEXT[(state & STATE_BITS) | (PAIRS[pair] as number)] as number;
}

function createNext(): Uint16Array {
  const next = new Uint16Array(NAMES.length << KIND_BITS);
  for (const name of NAMES) {
    for (const [first, firstKind] of KINDS.entries()) {
      const between = move(name, firstKind);
      for (const [second, secondKind] of KINDS.entries()) {
        const last = move(between, secondKind);
        const hasComma = firstKind === "," || secondKind === ",";
        next[stateOf(name) | pairOf(first, second)] = stateOf(last) | (Number(hasComma) << COMMA_SHIFT);
      }
    }
  }
  return next;
}

function move(from: string, kind: string): string {
  if (kind === "none") return from;
  return MOVES[from]?.[kind] ?? "bad";
}

function stateOf(name: string): number {
  return NAMES.indexOf(name) << KIND_BITS;
}

function kindOf(byte: number): number {
  const character = String.fromCharCode(byte);
  const kinds: Readonly<Record<string, string>> = { E: "e", "\n": " ", "\r": " ", "\t": " " };
  const kind = character >= "2" && character <= "9" ? "1" : (kinds[character] ?? character);
  const found = (KINDS as readonly string[]).indexOf(kind);
  return found < 0 ? KINDS.indexOf("other") : found;
}

function pairOf(first: number, second: number): number {
  return first * KINDS.length + second;
}
