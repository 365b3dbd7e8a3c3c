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
  /** The numbers, as near as 32 bits come. */
  read(): Float32Array;
}

/**
 * What an upstream sends as a vector, whatever was asked for: servers ignore `encoding_format`. NaN stands for null. Undefined for
 * anything else than numbers or base64 of floats, and for none of them.
 */
export function readFloats(value: unknown): Floats | undefined {
  if (value instanceof KeptNumbers) return { count: value.numbers.length, read: () => value.numbers };
  if (value instanceof KeptText) return readBase64(value.characters);
  if (typeof value === "string") {
    const text = value.replace(/\s/g, "");
    return ALPHABET.test(text) ? readBase64(Buffer.from(text)) : undefined;
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  // Some servers put the vector into a list of its own.
  if (value.length === 1 && Array.isArray(value[0])) return readFloats(value[0]);
  if (!value.every((number) => typeof number === "number" || number === null)) return undefined;
  return { count: value.length, read: () => Float32Array.from(value, (number) => number ?? Number.NaN) };
}

const ALPHABET = /^[\w+/-]*={0,2}$/;

/** Reads characters of either alphabet of base64, with padding or without. They are decoded when that is needed. */
function readBase64(characters: Uint8Array): Floats | undefined {
  const { buffer, byteOffset, length } = characters;
  const text = Buffer.from(buffer, byteOffset, length);
  const padding = text.indexOf("=");
  const digits = padding < 0 ? length : padding;
  const bytes = Math.floor((digits * 3) / 4);
  if (length - digits > 2 || digits % 4 === 1 || bytes === 0 || bytes % FLOAT_BYTES !== 0) return undefined;
  return { count: bytes / FLOAT_BYTES, read: () => decode(text) };
}

function decode(text: Buffer): Float32Array {
  const bytes = Buffer.from(text.toString("latin1"), "base64");
  if (!isLittleEndian) bytes.swap32();
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Whether a text is base64 as OpenAI writes it. */
export function isPlainBase64(text: Uint8Array): boolean {
  return text.length % 4 === 0 && !text.includes(0x2d) && !text.includes(0x5f);
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
