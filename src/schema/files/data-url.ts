// Reads a `data:` URL as fetch does, in time linear in its length. Not by fetch, which takes seconds for a few megabytes, and
// for ever if there are many blanks among them. https://fetch.spec.whatwg.org/#data-url-processor

import { untilNextTurn } from "../../openai/client/turns.ts";

/** What a `data:` URL holds. */
export interface DataUrl {
  contentType: string;
  bytes: Uint8Array;
}

/** Longest head, up to the comma, in characters: media types are short. */
const MAX_HEAD_LENGTH = 1_024;

/** The form of a media type; another is taken for plain text. https://mimesniff.spec.whatwg.org/#parsing-a-mime-type */
const TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

/** What is decoded in one turn of the event loop, in bytes: about 10 ms. */
const TURN_LENGTH = 2 ** 20;

/** Whether a text may be a `data:` URL. */
export function isDataUrl(text: string): boolean {
  return /^data:/i.test(text);
}

/** Undefined for what is not a `data:` URL, and for base64 that is broken. A long one takes several turns of the event loop. */
export async function readDataUrl(url: string): Promise<DataUrl | undefined> {
  const comma = url.slice(0, MAX_HEAD_LENGTH).indexOf(",");
  if (comma < 0 || !isDataUrl(url)) return undefined;
  const [type = "", ...parameters] = url
    .slice("data:".length, comma)
    .split(";")
    .map((part) => part.trim());
  const isBase64 = parameters.length > 0 && parameters.at(-1)?.toLowerCase() === "base64";
  const text = withoutFragment(url.slice(comma + 1));
  const whole = isBase64 ? decodeBase64(text) : undefined;
  const contentType = TYPE.test(type) ? type.toLowerCase() : "text/plain";
  if (whole) return { contentType, bytes: whole };
  const bytes = await decodePercent(Buffer.from(text));
  const content = isBase64 ? decodeBase64((await withoutBlanks(bytes)).toString("latin1")) : bytes;
  return content && { contentType, bytes: content };
}

function withoutFragment(text: string): string {
  const end = text.indexOf("#");
  return end < 0 ? text : text.slice(0, end);
}

const PERCENT = 0x25;

/** Decodes in place. https://url.spec.whatwg.org/#percent-decode */
async function decodePercent(bytes: Buffer): Promise<Buffer> {
  let end = bytes.indexOf(PERCENT);
  if (end < 0) return bytes;
  for (let place = end, next = end + TURN_LENGTH; place < bytes.length; place++) {
    const byte = bytes[place] as number;
    const value = byte === PERCENT ? readHex(bytes[place + 1]) * 16 + readHex(bytes[place + 2]) : -1;
    bytes[end++] = value >= 0 ? value : byte;
    if (value >= 0) place += 2;
    if (place < next) continue;
    next = place + TURN_LENGTH;
    await untilNextTurn();
  }
  return bytes.subarray(0, end);
}

function readHex(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NEGATIVE_INFINITY;
}

/** Removes ASCII whitespace in place. */
async function withoutBlanks(bytes: Buffer): Promise<Buffer> {
  let end = 0;
  for (let place = 0, next = TURN_LENGTH; place < bytes.length; place++) {
    const byte = bytes[place] as number;
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d) bytes[end++] = byte;
    if (place < next) continue;
    next = place + TURN_LENGTH;
    await untilNextTurn();
  }
  return bytes.subarray(0, end);
}

/** Undefined for anything but base64; padding may be missing. https://infra.spec.whatwg.org/#forgiving-base64-decode */
function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.length % 4 === 0 ? Number(text.endsWith("=")) + Number(text.endsWith("==")) : 0;
  const length = text.length - padding;
  if (length % 4 === 1) return undefined;
  const content = Buffer.from(text, "base64");
  // Buffer leaves out what is not base64, and knows another alphabet as well.
  const isWhole = content.length === Math.floor((length * 3) / 4) && !text.includes("-") && !text.includes("_");
  return isWhole ? content : undefined;
}
