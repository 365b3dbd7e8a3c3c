// The numbers of a vector in each of the forms that it travels in: a list of JSON, or base64 of 32-bit floats, little-endian.
import { KeptNumbers, KeptText } from "../client/bytes/kept-members.ts";

/** Bytes of a float. */
const FLOAT_BYTES = 4;
/** Characters of a number in JSON, with its comma: about as many as most have. */
const NUMBER_LENGTH = 12;

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The numbers of what an upstream sends as a vector, whatever was asked for: servers ignore `encoding_format`. NaN stands for
 * null. Undefined for anything else than numbers or base64 of floats, and for none of them.
 */
export function readFloats(value: unknown): Float32Array | undefined {
  if (value instanceof KeptNumbers) return value.numbers;
  if (value instanceof KeptText) return decodeFloats(textOf(value.characters));
  if (typeof value === "string") return decodeFloats(value.replace(/\s/g, ""));
  if (!Array.isArray(value) || value.length === 0) return undefined;
  // Some servers put the vector into a list of its own.
  if (value.length === 1 && Array.isArray(value[0])) return readFloats(value[0]);
  const isVector = value.every((number) => typeof number === "number" || number === null);
  return isVector ? Float32Array.from(value, (number) => number ?? Number.NaN) : undefined;
}

function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** Both alphabets of base64 are read, with padding or without. */
function decodeFloats(text: string): Float32Array | undefined {
  let length = text.length;
  while (length > text.length - 2 && text[length - 1] === "=") length--;
  const bytes = Buffer.from(text, "base64");
  // Buffer leaves out what is not base64.
  const isWhole = length % 4 !== 1 && bytes.length === Math.floor((length * 3) / 4);
  if (!isWhole || bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) return undefined;
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

/** The numbers as a list of JSON, each with the digits that its value has as a double. None may be infinite or NaN. */
export function writeFloats(floats: Float32Array): Uint8Array {
  return Buffer.from(`[${floats.join(",")}]`, "latin1");
}

/** How long such a list of so many numbers is, about. */
export function listLength(count: number): number {
  return count * NUMBER_LENGTH;
}
