// A multipart body whose file parts stream: undici pulls them as the socket drains.
// https://www.rfc-editor.org/rfc/rfc7578
// Not undici's FormData, whose web streams copy every byte once more and double what an upload costs.
import { randomUUID } from "node:crypto";
import type { Dispatcher } from "undici";
import { StreamedFile } from "./streamed-file.ts";

type Part = string | StreamedFile;

/** The fields of a multipart request; absent ones are not sent, and a list is as many parts of one name. */
export type MultipartFields = Readonly<Record<string, Part | readonly Part[] | undefined>>;

/** The parts of a request, in their order. */
function partsOf(fields: MultipartFields): [name: string, part: Part][] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const parts = value === undefined ? [] : typeof value === "object" && !isFile(value) ? value : [value];
    return parts.map((part): [string, Part] => [name, part]);
  });
}

function isFile(value: Part | readonly Part[]): value is StreamedFile {
  return value instanceof StreamedFile;
}

/** The files of a request, in their order. */
export function filesOf(fields: MultipartFields): StreamedFile[] {
  return partsOf(fields)
    .map(([, part]) => part)
    .filter(isFile);
}

/**
 * Opens the files of a request, in their order, up to the first one that is not held in memory: those behind it come when it has
 * been read. Throws what the first one throws that cannot be opened.
 */
export async function openFiles(fields: MultipartFields): Promise<void> {
  for (const file of filesOf(fields)) {
    await file.open();
    if (!file.isHeld) return;
  }
}

/** A body, and the headers that describe it. */
export interface MultipartBody {
  headers: Readonly<Record<string, string>>;
  /** An AsyncIterable: undici documents it, but its types do not have it. To be read once. */
  body: NonNullable<Dispatcher.DispatchOptions["body"]>;
}

/** Builds the body of `fields`, in their order; their names are this API's own. Its length is sent if each file's is known. */
export function createMultipart(fields: MultipartFields): MultipartBody {
  const boundary = `----${randomUUID()}`;
  const parts = partsOf(fields);
  const length = parts.every(([, part]) => !isFile(part) || part.isHeld) && lengthOf(parts, boundary);
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      // Without it the body goes out in chunks.
      ...(length !== false && { "content-length": String(length) }),
    },
    body: writeParts(parts, boundary) as unknown as MultipartBody["body"],
  };
}

function lengthOf(parts: readonly [string, Part][], boundary: string): number {
  let length = Buffer.byteLength(endOf(boundary, parts.length > 0));
  parts.forEach(([name, part], index) => {
    length += Buffer.byteLength(headOf(boundary, name, part, index > 0));
    length += isFile(part) ? (part.sizeBytes ?? 0) : Buffer.byteLength(textOf(part));
  });
  return length;
}

/** What comes together goes out together: the fields before a file, with the head of the file's part. */
async function* writeParts(parts: readonly [string, Part][], boundary: string): AsyncGenerator<Uint8Array> {
  let text = "";
  for (const [index, [name, part]] of parts.entries()) {
    if (isFile(part)) {
      // A file behind one that is not held begins to arrive now.
      await part.open();
      yield Buffer.from(text + headOf(boundary, name, part, index > 0));
      yield* part.stream();
      text = "";
    } else text += headOf(boundary, name, part, index > 0) + textOf(part);
  }
  yield Buffer.from(text + endOf(boundary, parts.length > 0));
}

/** What stands before a part, the end of the one before included. */
function headOf(boundary: string, name: string, part: Part, isBehind: boolean): string {
  const head = `${isBehind ? "\r\n" : ""}--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  if (!isFile(part)) return `${head}\r\n\r\n`;
  return `${head}; filename="${part.filename}"\r\nContent-Type: ${part.contentType}\r\n\r\n`;
}

function textOf(field: string): string {
  return field.replace(/\r\n?|\n/g, "\r\n");
}

function endOf(boundary: string, isBehind: boolean): string {
  return `${isBehind ? "\r\n" : ""}--${boundary}--\r\n`;
}
