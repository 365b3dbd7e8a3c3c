// Writes 32-bit floats as a list of JSON, in a third of JSON.stringify's time. A number has the digits that tell its value as a
// double from all others, as JSON.stringify gives it: what is read again is the same number.

/** Most characters of a number, with its comma. */
const MOST_LENGTH = 25;

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPENING = 0x5b;
const CLOSING = 0x5d;

/** What the first nine digits are in front of the point with, by the zeros after the point. */
const SCALES = [1e9, 1e10, 1e11, 1e12] as const;
/** What eight digits more are. */
const LOW = 1e8;
/**
 * By the exponent of a float, how far from its value another number may be so that the nearest double is still that value: a
 * little less than half of what is between two doubles there, times LOW.
 */
const HALF_GAPS = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 127 - 53) * LOW * 0.999);

/** The list's text. No number may be infinite or NaN. */
export function writeFloats(floats: Float32Array): Uint8Array {
  const writer = new Writer(floats.length);
  const bits = new Int32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let index = 0; index < floats.length; index++)
    writer.add(floats[index] as number, ((bits[index] as number) >>> 23) & 0xff);
  return writer.end();
}

class Writer {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #place = 0;

  constructor(count: number) {
    this.#bytes = Buffer.allocUnsafe(count * MOST_LENGTH + 2);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  }

  /** Adds a number; `exponent` is that of its 32 bits. */
  add(number: number, exponent: number): void {
    this.#bytes[this.#place] = this.#place === 0 ? OPENING : COMMA;
    this.#place++;
    if (!this.#addFraction(number, exponent)) this.#place += this.#bytes.write(String(number), this.#place, "latin1");
  }

  /** Adds a number of the size that most have in vectors of the length 1. False: it is another, and nothing was added. */
  #addFraction(number: number, exponent: number): boolean {
    const size = Math.abs(number);
    if (!(size >= 1e-4 && size < 0.99)) return false;
    const zeros = size >= 0.1 ? 0 : size >= 0.01 ? 1 : size >= 0.001 ? 2 : 3;
    const scale = SCALES[zeros] as number;
    // 24 bits times 28 at most: the product is exact.
    const scaled = size * scale;
    let high = Math.floor(scaled);
    let low = shorten((scaled - high) * LOW, scale * (HALF_GAPS[exponent] as number));
    if (low === LOW) {
      low = 0;
      high++;
    }
    if (high === SCALES[0]) return false;
    const bytes = this.#bytes;
    if (number < 0) bytes[this.#place++] = MINUS;
    bytes[this.#place++] = ZERO;
    bytes[this.#place++] = POINT;
    for (let zero = 0; zero < zeros; zero++) bytes[this.#place++] = ZERO;
    const first = Math.floor(high / LOW);
    bytes[this.#place++] = ZERO + first;
    this.#addEight(high - first * LOW);
    this.#addEight(low);
    while (bytes[this.#place - 1] === ZERO) this.#place--;
    return true;
  }

  end(): Uint8Array {
    if (this.#place === 0) this.#bytes[this.#place++] = OPENING;
    this.#bytes[this.#place++] = CLOSING;
    // Not a part of the memory that the longest numbers would take.
    return Buffer.from(this.#bytes.subarray(0, this.#place));
  }

  #addEight(number: number): void {
    const upper = Math.floor(number / 10_000);
    this.#view.setInt32(this.#place, DIGITS[upper] as number, true);
    this.#view.setInt32(this.#place + 4, DIGITS[number - upper * 10_000] as number, true);
    this.#place += 8;
  }
}

/** A whole number that is no further than `gap` from `exact`, of those with the most zeros at its end; else the nearest. */
function shorten(exact: number, gap: number): number {
  let shortest = Math.floor(exact + 0.5);
  for (let unit = 10, part = 0.1; unit <= LOW; unit *= 10, part /= 10) {
    const rounded = Math.floor(exact * part + 0.5) * unit;
    if (Math.abs(rounded - exact) > gap) break;
    shortest = rounded;
  }
  return shortest;
}

/** The digits of 0 to 9999, each as a byte, the first in the lowest. */
const DIGITS = Int32Array.from({ length: 10_000 }, (_, number) => {
  const digit = (power: number) => ZERO + (Math.floor(number / power) % 10);
  return digit(1_000) | (digit(100) << 8) | (digit(10) << 16) | (digit(1) << 24);
});
