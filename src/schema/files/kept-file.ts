// A URL of this server in an input: it stands for the bytes of the medium, for the caller that it was made for.
import { filenameOf } from "../../openai/client/uploads/media-types.ts";
import type { UploadFile } from "../../openai/client/uploads/streamed-file.ts";
import { refuse } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import type { Medium } from "../shared/media.ts";

/**
 * The file that `url`, the value of the input's `field`, stands for; undefined at once for a URL of others. Rejects with
 * BAD_USER_INPUT if this server does not keep it, or keeps it for another caller: nobody learns which.
 */
export function findMedium(url: string, field: string, context: Context): Promise<UploadFile> | undefined {
  return context.media?.find(url, context)?.then((medium) => {
    if (!medium) refuse(field, "is a URL of this server that is unknown or no longer kept.");
    return toFile(medium);
  });
}

function toFile(medium: Medium): UploadFile {
  const { contentType, sizeBytes } = medium;
  return { filename: filenameOf(contentType), contentType, sizeBytes, stream: () => medium.read(0, sizeBytes) };
}
