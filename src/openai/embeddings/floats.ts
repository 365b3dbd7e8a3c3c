// The numbers of a vector in each of the forms that it travels in: a list of JSON, or base64 of 32-bit floats, little-endian.
import { KeptNumbers, KeptText } from "../client/bytes/kept-values.ts";

/** Bytes of a float. */
const FLOAT_BYTES = 4;
/** Characters of a number in JSON, with its comma: about as many as most have. */
const NUMBER_LENGTH = 12;

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The numbers of a vector, and how many there are. */
export interface Floats {
  readonly count: number;
  /** Reads the numbers into `room`, which has their count. They are as near as 32 bits come. */
  readTo(room: Float32Array): void;
}

/**
 * What an upstream sends as a vector, whatever was asked for: servers ignore `encoding_format`. NaN stands for null. Undefined for
 * anything else than numbers or base64 of floats, and for none of them.
 */
export function readFloats(value: unknown): Floats | undefined {
  if (value instanceof KeptNumbers) return value;
  if (value instanceof KeptText) return readBase64(value.digits, () => value.text());
  if (typeof value === "string") {
    const text = value.replace(/\s/g, "");
    const padding = text.indexOf("=");
    return ALPHABET.test(text) ? readBase64(padding < 0 ? text.length : padding, () => text) : undefined;
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  // Some servers put the vector into a list of its own.
  if (value.length === 1 && Array.isArray(value[0])) return readFloats(value[0]);
  if (!value.every((number) => typeof number === "number" || number === null)) return undefined;
  return { count: value.length, readTo: (room) => room.set(value.map((number) => number ?? Number.NaN)) };
}

const ALPHABET = /^[\w+/-]*={0,2}$/;

/** Reads so many digits of either alphabet of base64. They are decoded when that is needed. */
function readBase64(digits: number, text: () => string): Floats | undefined {
  const bytes = Math.floor((digits * 3) / 4);
  if (digits % 4 === 1 || bytes === 0 || bytes % FLOAT_BYTES !== 0) return undefined;
  return {
    count: bytes / FLOAT_BYTES,
    readTo(room) {
      const decoded = Buffer.from(room.buffer, room.byteOffset, bytes);
      decoded.write(text(), "base64");
      if (!isLittleEndian) decoded.swap32();
    },
  };
}

/** The numbers in base64. */
export function encodeFloats(floats: Float32Array): string {
  const bytes = Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
  return (isLittleEndian ? bytes : Buffer.from(bytes).swap32()).toString("base64");
}

/** How long the base64 of so many numbers is. */
export function base64Length(count: number): number {
  return Math.ceil((count * FLOAT_BYTES) / 3) * 4;
}

/** How long the list of JSON of so many numbers is, about. */
export function listLength(count: number): number {
  return count * NUMBER_LENGTH;
}
