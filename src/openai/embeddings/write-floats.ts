// Writes 32-bit floats as a list of JSON. A number has as many digits as tell it from all other 32-bit floats: read again and
// rounded to 32 bits, it is the same. Those that tell its value as a double would be twice as many, and say no more.

/** Most characters of a number, with its comma. */
const MOST_LENGTH = 25;
/** Lists share their memory: each piece of it costs V8 more to look after than to fill. */
const SHARED_BYTES = 512 * 1024;

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPENING = 0x5b;
const CLOSING = 0x5d;

/** Most digits that a 32-bit float needs. */
const MOST_DIGITS = 9;
/** What makes a whole number of all digits, by how many stand before the point, less the zeros after it: from -3 to 4. */
const SCALES = [1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5] as const;
/** By the exponent of a float, how far from it another number may be and still be rounded to it: a little less than half a gap. */
const HALF_GAPS = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 127 - 24) * (1 - 2 ** -20));
/** The bits of a float without sign and exponent. */
const MANTISSA = 0x7fffff;

/** Memory that the next lists go to. */
let shared = createShared(0);

/** The list's text. No number may be infinite or NaN. */
export function writeFloats(floats: Float32Array): Uint8Array {
  const most = floats.length * MOST_LENGTH + 2;
  if (shared.bytes.length - shared.place < most) shared = createShared(Math.max(most, SHARED_BYTES));
  const { bytes, view, place: start } = shared;
  const bits = new Int32Array(floats.buffer, floats.byteOffset, floats.length);
  let place = start;
  for (let index = 0; index < floats.length; index++) {
    bytes[place++] = COMMA;
    const float = floats[index] as number;
    const size = Math.abs(float);
    if (!(size >= 1e-4 && size < 1e4)) {
      place += bytes.write(writeAny(float), place, "latin1");
      continue;
    }
    const whole = wholeDigits(size);
    const scale = SCALES[whole + 3] as number;
    const scaled = size * scale;
    // The gap below a power of two is half as wide as the others there.
    const bit = bits[index] as number;
    const gap = (HALF_GAPS[(bit >>> 23) & 0xff] as number) * ((bit & MANTISSA) === 0 ? 0.5 : 1) * scale;
    let digits = (scaled + 0.5) | 0;
    let zeros = 0;
    const tens = (scaled * 0.1 + 0.5) | 0;
    if (Math.abs(tens * 10 - scaled) <= gap) {
      digits = tens * 10;
      zeros = 1;
      for (let unit = 100, part = 0.01; unit <= 1e8; unit *= 10, part *= 0.1) {
        const rounded = ((scaled * part + 0.5) | 0) * unit;
        if (Math.abs(rounded - scaled) > gap) break;
        digits = rounded;
        zeros++;
      }
    }
    if (digits >= 1e9) {
      place += bytes.write(writeAny(float), place, "latin1");
      continue;
    }
    bytes[place] = MINUS;
    place += bit >>> 31;
    if (whole > 0) {
      writeNine(view, place + 1, digits);
      for (let digit = 0; digit < whole; digit++, place++) bytes[place] = bytes[place + 1] as number;
      bytes[place] = POINT;
      const fraction = MOST_DIGITS - whole - zeros;
      if (fraction > 0) place += fraction + 1;
    } else {
      bytes[place++] = ZERO;
      bytes[place++] = POINT;
      for (let zero = whole; zero < 0; zero++) bytes[place++] = ZERO;
      writeNine(view, place, digits);
      place += MOST_DIGITS - zeros;
    }
  }
  if (place === start) place++;
  bytes[start] = OPENING;
  bytes[place++] = CLOSING;
  shared.place = place;
  return bytes.subarray(start, place);
}

function createShared(size: number): { readonly bytes: Buffer; readonly view: DataView; place: number } {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, view: new DataView(bytes.buffer), place: 0 };
}

/** How many digits stand before the point or, if none do, less than 0 by the zeros after it. For 0.0001 up to 10,000. */
function wholeDigits(size: number): number {
  if (size < 0.1) return size >= 0.01 ? -1 : size >= 0.001 ? -2 : -3;
  if (size < 1) return 0;
  return size < 100 ? (size < 10 ? 1 : 2) : size < 1_000 ? 3 : 4;
}

function writeNine(view: DataView, place: number, digits: number): void {
  const first = ((digits | 0) / 100_000_000) | 0;
  const eight = ((digits | 0) - first * 100_000_000) | 0;
  const upper = (eight / 10_000) | 0;
  view.setUint8(place, ZERO + first);
  view.setInt32(place + 1, DIGITS[upper] as number, true);
  view.setInt32(place + 5, DIGITS[eight - upper * 10_000] as number, true);
}

/** Writes a float of any size. */
function writeAny(float: number): string {
  let number = float;
  if (float === 0) return "0";
  for (let digits = MOST_DIGITS; digits > 0; digits--) {
    const rounded = Number(float.toPrecision(digits));
    if (Math.fround(rounded) !== float) break;
    number = rounded;
  }
  return String(number);
}

/** The digits of 0 to 9999, each as a byte, the first in the lowest. */
const DIGITS = Int32Array.from({ length: 10_000 }, (_, number) => {
  const digit = (power: number) => ZERO + (Math.floor(number / power) % 10);
  return digit(1_000) | (digit(100) << 8) | (digit(10) << 16) | (digit(1) << 24);
});
