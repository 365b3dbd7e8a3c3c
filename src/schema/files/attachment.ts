// Files that leave inside JSON: read whole, as base64 or as a `data:` URL.
import { codedError } from "../../errors/codes.ts";
import { Turns } from "../../openai/client/turns.ts";
import { contentTypeOf, extensionOf, filenameOf } from "../../openai/client/uploads/media-types.ts";
import { harmlessFilename, type UploadFile } from "../../openai/client/uploads/streamed-file.ts";
import { refuse } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import { hasMediumForm } from "../shared/media.ts";
import type { ReceivedFile } from "../shared/received-file.ts";
import { findMedium } from "./kept-file.ts";

/** A file that has been read. */
export interface Attachment {
  /** As the client named it, made harmless, or a name of its own: `image.png`. */
  readonly filename: string;
  readonly contentType: string;
  readonly base64: string;
}

/**
 * Reads the file of the input's `field` whole. Its bytes count as held until the operation ends. Throws coded errors, which name the
 * field, for a file that is empty, over MAX_ATTACHMENT_BYTES, unknown or does not arrive; and OVERLOADED if too much is held.
 */
export async function readAttachment(received: ReceivedFile, field: string, context: Context): Promise<Attachment> {
  const file = await received.open(field, context);
  const base64 = await readBase64(file, field, context);
  const contentType = typeOf(file, base64);
  return { filename: harmlessFilename(file.filename) || filenameOf(contentType), contentType, base64 };
}

/** The file as a `data:` URL. Throws as readAttachment. */
export async function attachmentDataUrl(received: ReceivedFile, field: string, context: Context): Promise<string> {
  return toDataUrl(await readAttachment(received, field, context));
}

/** The `data:` URL of what has been read. */
export function toDataUrl({ contentType, base64 }: Attachment): string {
  return `data:${contentType};base64,${base64}`;
}

/**
 * The URL of an image or a file as it leaves: one of this server's becomes a `data:` URL of what it stands for, any other stays as
 * it is. This server fetches none of them. Throws as readAttachment.
 */
export function readFileUrl(url: string, field: string, context: Context): string | Promise<string> {
  const file = hasMediumForm(url) ? findMedium(url, field, context) : undefined;
  if (!file) return url;
  return file.then(async (opened) => {
    const base64 = await readBase64(opened, field, context);
    return toDataUrl({ ...opened, base64 });
  });
}

async function readBase64(file: UploadFile, field: string, { maxAttachmentBytes, held }: Context): Promise<string> {
  const tooLarge = (given: string) =>
    codedError("PAYLOAD_TOO_LARGE", `${field} must be at most ${maxAttachmentBytes} bytes; got ${given}.`);
  if (file.sizeBytes !== undefined && file.sizeBytes > maxAttachmentBytes) throw tooLarge(String(file.sizeBytes));
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // What is in memory already comes without any wait in between.
  const turns = new Turns();
  for await (const chunk of file.stream()) {
    if (turns.isOver()) await turns.next();
    bytes += chunk.length;
    if (bytes > maxAttachmentBytes) throw tooLarge("more");
    // As base64, which is a third longer, and once more in the body that it is written into.
    held?.take(2 * Math.ceil((chunk.length * 4) / 3));
    chunks.push(chunk);
  }
  if (bytes === 0) refuse(field, "must not be empty; got 0 bytes.");
  return Buffer.concat(chunks).toString("base64");
}

const ANYTHING = "application/octet-stream";
/** Types that clients send where they know none; a part without one is text. https://www.rfc-editor.org/rfc/rfc7578#section-4.4 */
const UNKNOWN: ReadonlySet<string> = new Set(["", "text/plain", ANYTHING, "binary/octet-stream"]);
const ESSENCE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/;

/** How files begin in base64, by their types; RIFF's kind stands behind its length. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^iVBORw0KGgo/, "image/png"],
  [/^\/9j\//, "image/jpeg"],
  [/^R0lGOD/, "image/gif"],
  [/^UklGR.{7}RUJQ/, "image/webp"],
  [/^UklGR.{7}QVZF/, "audio/wav"],
  [/^(?:SUQz|\/\/[I-Po-v])/, "audio/mpeg"],
  [/^JVBERi/, "application/pdf"],
];

/** What the client says, or else the name, or else the bytes. */
function typeOf({ contentType, filename }: UploadFile, base64: string): string {
  const said = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const known = ESSENCE.test(said) ? said : "";
  if (!UNKNOWN.has(known)) return usualName(known);
  const extension = /\.([^.]+)$/.exec(filename)?.[1] ?? "";
  const [, found] = BEGINNINGS.find(([beginning]) => beginning.test(base64)) ?? [];
  return contentTypeOf(extension) ?? found ?? (known || ANYTHING);
}

/** `audio/ogg` for `application/ogg`, `image/jpeg` for `image/jpg`. A film keeps its name: it has extensions in common with sounds. */
function usualName(type: string): string {
  return type.startsWith("video/") ? type : (contentTypeOf(extensionOf(type)) ?? type);
}
