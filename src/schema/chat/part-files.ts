// Parts of a chat's messages that stand for files: `upload`, and URLs of this server. They are read before the request is sent.
import { extensionOf } from "../../openai/client/uploads/media-types.ts";
import { type Attachment, readAttachment, readFileUrl, toDataUrl } from "../files/attachment.ts";
import type { Context } from "../shared/context.ts";
import { hasMediumForm } from "../shared/media.ts";
import type { ContentPart, Message } from "./message-input.ts";

/** Whether any part stands for a file. */
export function haveFiles(messages: readonly Message[]): boolean {
  return messages.some(({ parts }) => parts?.some(isFile) ?? false);
}

/**
 * The messages with each file in its place, as an image, a sound or a document. Reads one after the other, in the order of the
 * parts. Throws what is wrong with a file, by the name of its field.
 */
export async function readFiles(messages: readonly Message[], context: Context): Promise<Message[]> {
  const read: Message[] = [];
  for (const [index, message] of messages.entries()) {
    const parts: ContentPart[] = [];
    for (const [place, part] of message.parts?.entries() ?? [])
      parts.push(isFile(part) ? await readPart(part, `input.messages[${index}].parts[${place}]`, context) : part);
    read.push(message.parts ? { ...message, parts } : message);
  }
  return read;
}

/** Discards what has not been read of the files. */
export function discardFiles(messages: readonly Message[]): void {
  for (const { parts } of messages) for (const { upload } of parts ?? []) upload?.discard();
}

function isFile({ upload, imageUrl, file }: ContentPart): boolean {
  return Boolean(upload) || hasMediumForm(imageUrl?.url ?? "") || hasMediumForm(file?.fileData ?? "");
}

async function readPart(part: ContentPart, field: string, context: Context): Promise<ContentPart> {
  const { upload, imageUrl, file } = part;
  if (upload) return toPart(await readAttachment(upload, `${field}.upload`, context));
  if (imageUrl)
    return { imageUrl: { ...imageUrl, url: await readFileUrl(imageUrl.url, `${field}.imageUrl.url`, context) } };
  if (!file?.fileData) return part;
  return { file: { ...file, fileData: await readFileUrl(file.fileData, `${field}.file.fileData`, context) } };
}

/** An image and a sound by their types; a document is whatever else there is. */
function toPart(attachment: Attachment): ContentPart {
  const { contentType, base64, filename } = attachment;
  if (contentType.startsWith("image/")) return { imageUrl: { url: toDataUrl(attachment) } };
  if (contentType.startsWith("audio/")) return { inputAudio: { data: base64, format: extensionOf(contentType) } };
  return { file: { fileData: toDataUrl(attachment), filename } };
}
