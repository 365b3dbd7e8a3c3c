// Reads a JSON list of numbers from its bytes, in a fraction of the time that JSON.parse takes: four digits at a time.

const PLUS = 0x2b;
const DOT = 0x2e;
const COMMA = 0x2c;
const ZERO = 0x30;
const LOWER_E = 0x65;
/** The bit that turns a capital into a small letter. */
const LOWER = 0x20;

/** Most digits that are read four at a time: what they write is below the greatest double, and so is the power of ten. */
const MOST_DIGITS = 64;
const POWERS = Float64Array.from({ length: MOST_DIGITS + 4 }, (_, power) => 10 ** power);
const SIGNS = Float64Array.of(1, -1);
/** Bytes that may be looked at after the end. */
const MARGIN = 8;

/** Where lists are copied to, as one piece. */
let scratch = createScratch(64 * 1024);

/** Reads the numbers of a list of the grammar of NumberGrammar into `room`, which has their count. They are as near as 32 bits come. */
export function readNumbers(pieces: readonly Uint8Array[], length: number, room: Float32Array): void {
  if (scratch.bytes.length < length + MARGIN) scratch = createScratch(length * 2);
  const { bytes, view } = scratch;
  let end = 0;
  for (const piece of pieces) {
    bytes.set(piece, end);
    end += piece.length;
  }
  bytes.fill(COMMA, end, end + MARGIN);
  let place = 1;
  for (let index = 0; index < room.length; index++) {
    while ((bytes[place] as number) <= 0x20) place++;
    const start = place;
    // Half of them are negative: a processor would guess wrong too often. Of what begins a number, only the minus is below 0.
    const minus = ((bytes[place] as number) - ZERO) >>> 31;
    place += minus;
    let number = 0;
    let code = bytes[place] as number;
    for (; code >= ZERO && code <= 0x39; code = bytes[++place] as number) number = number * 10 + (code - ZERO);
    if (code === DOT) {
      const first = ++place;
      let digits = view.getInt32(place, true) ^ 0x30303030;
      let others = findOthers(digits);
      while (others === 0 && place - first < MOST_DIGITS) {
        number = number * 10_000 + valueOfFour(digits);
        place += 4;
        digits = view.getInt32(place, true) ^ 0x30303030;
        others = findOthers(digits);
      }
      // The last digits, none to three: moved behind zeros.
      const left = others === 0 ? 0 : (31 - Math.clz32(others & -others)) >>> 3;
      number = number * (POWERS[left] as number) + valueOfFour((digits << (24 - left * 8)) << 8);
      place += left;
      number /= POWERS[place - first] as number;
      code = bytes[place] as number;
    }
    if ((code | LOWER) === LOWER_E || (code >= ZERO && code <= 0x39)) {
      while (isOfNumber(bytes[place] as number)) place++;
      number = Math.abs(Number(bytes.toString("latin1", start, place)));
    }
    room[index] = number * (SIGNS[minus] as number);
    while (bytes[place] !== COMMA && place < end) place++;
    place++;
  }
}

function createScratch(size: number): { bytes: Buffer; view: DataView } {
  const bytes = Buffer.allocUnsafeSlow(size + MARGIN);
  return { bytes, view: new DataView(bytes.buffer) };
}

function isOfNumber(code: number): boolean {
  return (code > COMMA && (code | LOWER) <= LOWER_E) || code === PLUS;
}

/** The highest bit of each of four bytes that is above 9. */
function findOthers(digits: number): number {
  return ((digits + 0x76767676) | digits) & 0x80808080;
}

/** The number that four digits write, the first in the lowest byte: first of each two, then of both. */
function valueOfFour(digits: number): number {
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
}
