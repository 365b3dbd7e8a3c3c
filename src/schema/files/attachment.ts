// Files that stand inside a JSON request: read whole, and sent as `data:` URLs.
import { codedError } from "../../errors/codes.ts";
import { refuse } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import type { ReceivedFile } from "../shared/received-file.ts";

/** The form of a media type that can stand in a URL. */
const TYPE = /^[\w!#$&^`|~.+-]+\/[\w!#$&^`|~.+-]+$/;

/**
 * The file for the field called `field`, as a `data:` URL of its content type. Its bytes count as held until the operation ends.
 * Throws BAD_USER_INPUT for an empty file, PAYLOAD_TOO_LARGE for one of more than MAX_ATTACHMENT_BYTES, OVERLOADED if there is no
 * room for it, and what the file's own stream throws.
 */
export async function attachmentDataUrl(
  received: ReceivedFile,
  field: string,
  { maxAttachmentBytes, held }: Pick<Context, "maxAttachmentBytes" | "held">,
): Promise<string> {
  const file = await received.open(field);
  if (file.sizeBytes === 0) refuse(field, "must not be empty; got 0 bytes.");
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  checkSize(file.sizeBytes ?? 0);
  for await (const piece of file.stream()) {
    bytes += piece.length;
    checkSize(bytes);
    held?.take(piece.length);
    pieces.push(piece);
  }
  const type = file.contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return `data:${TYPE.test(type) ? type : "application/octet-stream"};base64,${Buffer.concat(pieces).toString("base64")}`;

  function checkSize(sizeBytes: number): void {
    if (sizeBytes <= maxAttachmentBytes) return;
    const got = file.sizeBytes === undefined ? "more" : `${file.sizeBytes}`;
    throw codedError("PAYLOAD_TOO_LARGE", `${field} must be at most ${maxAttachmentBytes} bytes; got ${got}.`, {
      field,
    });
  }
}
