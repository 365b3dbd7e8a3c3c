// Owns JPEG and WebP, of which the sandbox reads the size alone: it paints a picture of that shape in their place.
import { hashText } from "../shared/ids.ts";
import type { Pixels } from "./png.ts";

export interface PictureSize {
  width: number;
  height: number;
}

/** The longer side of a painted picture; it is scaled afterwards. */
const paintedSide = 48;
/** How much of a file decides the colours. */
const hashedBytes = 65_536;

/** Width and height of a JPEG or WebP; null if the bytes are neither, are broken, or have no size. */
export function readUnreadSize(bytes: Buffer): PictureSize | null {
  const size = readJpegSize(bytes) ?? readWebpSize(bytes);
  return size === null || size.width === 0 || size.height === 0 ? null : size;
}

/** A picture in the shape of one that is not read: a blend of two colours that depend on its bytes. */
export function paint(bytes: Buffer, { width, height }: PictureSize): Pixels {
  const scale = paintedSide / Math.max(width, height);
  const columns = Math.max(Math.round(width * scale), 1);
  const rows = Math.max(Math.round(height * scale), 1);
  const hash = hashText(bytes.subarray(0, hashedBytes).toString("latin1"));
  const data = new Uint8Array(columns * rows * 4).fill(255);
  for (let place = 0; place < columns * rows; place += 1) {
    const share = ((place % columns) / columns + Math.floor(place / columns) / rows) / 2;
    for (let channel = 0; channel < 3; channel += 1) {
      const first = (hash >>> (channel * 8)) & 0xff;
      const second = (first + 128) & 0xff;
      data[place * 4 + channel] = first + (second - first) * share;
    }
  }
  return { width: columns, height: rows, data };
}

/** The size is in the first frame header. https://www.w3.org/Graphics/JPEG/itu-t81.pdf (B.2) */
function readJpegSize(bytes: Buffer): PictureSize | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let start = 2;
  while (start + 9 <= bytes.length && bytes[start] === 0xff) {
    const marker = bytes[start + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: bytes.readUInt16BE(start + 7), height: bytes.readUInt16BE(start + 5) };
    // Any number of 0xff may precede a marker.
    start += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(start + 2);
  }
  return null;
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function readWebpSize(bytes: Buffer): PictureSize | null {
  if (bytes.length < 30 || bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WEBP") {
    return null;
  }
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ":
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    default:
      return null;
  }
}
