// Multipart bodies in tests: written byte by byte for the server, read byte by byte as the upstream got them.
import type { ReceivedRequest } from "./upstream.ts";

/** One part as it is written. What has a filename or a content type is a file to the parser. */
export interface WrittenPart {
  name: string;
  body: Buffer | string;
  filename?: string;
  contentType?: string;
}

/** One part as it was read; the head is kept whole, so that nothing can hide in it. */
export interface ReadPart {
  head: string;
  name: string | undefined;
  filename: string | undefined;
  contentType: string | undefined;
  bytes: Buffer;
}

export const BOUNDARY = "test-boundary";
export const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** One upload by `$image`, in the shape of the spec's single file. */
export const vary = "mutation ($image: Upload!) { imageVariations(input: { image: $image }) { data { url } } }";

/** Two uploads in one operation, of `$a` first and `$b` then. */
export const varyTwo =
  'mutation ($a: Upload!, $b: Upload!) { a: imageVariations(input: { image: $a, user: "a" }) { data { url } } b: imageVariations(input: { image: $b, user: "b" }) { data { url } } }';

/** What the upstream answers to a variation, and what the client gets of it. */
export const variations = { created: 1, data: [{ url: "https://images.example.com/1.png" }] };
export const varied = { data: [{ url: "https://images.example.com/1.png" }] };

/** The operations and map fields of `vary`, before its file. */
export const varyFields: WrittenPart[] = [
  { name: "operations", body: JSON.stringify({ query: vary, variables: { image: null } }) },
  { name: "map", body: '{"0":["variables.image"]}' },
];

/** A file part of the given bytes. */
export function filePart(body: Buffer | string, name = "0"): WrittenPart {
  return { name, body, filename: "image.png", contentType: "image/png" };
}

/** The bytes of one part, from its boundary to its end. */
export function writePart({ name, body, filename, contentType }: WrittenPart): Buffer {
  const disposition = `form-data; name="${name}"${filename === undefined ? "" : `; filename="${filename}"`}`;
  const type = contentType === undefined ? "" : `Content-Type: ${contentType}\r\n`;
  const head = `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n${type}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body), Buffer.from("\r\n")]);
}

export const END = Buffer.from(`--${BOUNDARY}--\r\n`);

/** A whole body of these parts. */
export function writeBody(...parts: WrittenPart[]): Buffer<ArrayBuffer> {
  return Buffer.concat([...parts.map(writePart), END]);
}

/** The parts of the body that the upstream received, in their order; a body that is cut anywhere throws. */
export function readParts({ headers, body }: ReceivedRequest): ReadPart[] {
  const boundary = /boundary=(.+)$/.exec(headers["content-type"] ?? "")?.[1];
  const text = body.toString("latin1");
  if (!text.startsWith(`--${boundary}\r\n`) || !text.endsWith(`\r\n--${boundary}--\r\n`)) throw new Error("a cut body");
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const [head = ""] = part.split("\r\n\r\n", 1);
    const find = (pattern: RegExp) => {
      const found = pattern.exec(Buffer.from(head, "latin1").toString());
      return found?.[1];
    };
    return {
      head: Buffer.from(head, "latin1").toString(),
      name: find(/; name="([^"]*)"/),
      filename: find(/; filename="([^"]*)"/),
      contentType: find(/Content-Type: (.*)$/m),
      bytes: Buffer.from(part.slice(head.length + 4), "latin1"),
    };
  });
}

/** The fields of the body that are no files, by name. */
export function readFields(request: ReceivedRequest): Record<string, string> {
  const fields = readParts(request).filter(({ filename }) => filename === undefined);
  return Object.fromEntries(fields.map(({ name, bytes }) => [name, bytes.toString()]));
}

/** The one file of the body. */
export function readFile(request: ReceivedRequest): ReadPart {
  const [file, ...others] = readParts(request).filter(({ filename }) => filename !== undefined);
  if (!file || others.length > 0) throw new Error("not one file");
  return file;
}

/** Bytes of every value, the same for the same size, without a repeat that could hide a lost chunk. */
export function makeBytes(size: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let place = 0; place < size; place++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[place] = state >>> 16;
  }
  return bytes;
}
