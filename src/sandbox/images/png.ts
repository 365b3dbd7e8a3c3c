// Owns reading and writing PNG files, with bounds so that a small file cannot take up much memory.
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { inflateSync } from "node:zlib";
import { HttpError } from "../shared/http-error.ts";

/** An image as 8-bit RGBA, row by row from the top. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const maxPixels = 4_096 * 4_096;
/** Where width and height begin: after the signature, the chunk's length and "IHDR". Five more bytes follow them. */
const headerStart = 16;

/** Width and height as the header says; null if the bytes are not a PNG. Reads nothing after the header. */
export function readPngSize(bytes: Buffer): { width: number; height: number } | null {
  if (bytes.length < headerStart + 13 || !bytes.subarray(0, 8).equals(signature)) return null;
  return { width: bytes.readUInt32BE(headerStart), height: bytes.readUInt32BE(headerStart + 4) };
}

/**
 * The pixels of a PNG. Lets other requests run before it returns. Throws 400 with the field's name for a broken image,
 * or one above 4096 x 4096 pixels.
 */
export async function decodePng(bytes: Buffer, param: string): Promise<Pixels> {
  const { PNG } = await import("pngjs");
  const size = readPngSize(bytes);
  if (size === null || size.width === 0 || size.height === 0) throw invalidImage("Your image was invalid.", param);
  if (size.width * size.height > maxPixels) {
    throw invalidImage(`Uploaded image must have at most ${maxPixels} pixels.`, param);
  }
  try {
    checkInterlaced(bytes, size.width * size.height);
    const pixels = PNG.sync.read(bytes);
    await setImmediate();
    return pixels;
  } catch {
    throw invalidImage("Your image was invalid.", param);
  }
}

/** A PNG of the pixels, made fast rather than small, on zlib's thread. */
export async function encodePng(pixels: Pixels): Promise<Buffer> {
  const { PNG } = await import("pngjs");
  const image = new PNG({ width: pixels.width, height: pixels.height, deflateLevel: 1, filterType: 1 });
  image.data = Buffer.from(pixels.data.buffer, pixels.data.byteOffset, pixels.data.byteLength);
  const chunks: Buffer[] = [];
  image.on("data", (chunk: Buffer) => chunks.push(chunk));
  image.pack();
  await once(image, "end");
  return Buffer.concat(chunks);
}

/** PNGs of all pictures, made one after another. */
export async function encodePictures(pictures: AsyncIterable<Pixels>): Promise<Buffer[]> {
  const images: Buffer[] = [];
  for await (const picture of pictures) images.push(await encodePng(picture));
  return images;
}

/** The 400 for an image that is refused. */
export function invalidImage(message: string, param: string): HttpError {
  return new HttpError(400, message, { param, code: "invalid_image" });
}

/** pngjs inflates interlaced images without a bound. This throws first if the data would inflate too far. */
function checkInterlaced(bytes: Buffer, pixelCount: number): void {
  const interlaced = bytes[headerStart + 12] === 1;
  if (!interlaced) return;
  const data: Buffer[] = [];
  let start = 8;
  while (start + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(start);
    if (bytes.toString("latin1", start + 4, start + 8) === "IDAT")
      data.push(bytes.subarray(start + 8, start + 8 + length));
    start += length + 12;
  }
  const maxBytesPerPixel = 8;
  inflateSync(Buffer.concat(data), { maxOutputLength: pixelCount * (maxBytesPerPixel + 1) + 65_536 });
}
