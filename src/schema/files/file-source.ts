// A file that a field of an input names, as it is sent to the upstream.
import { codedError } from "../../errors/codes.ts";
import type { UploadSource } from "../../openai/client/uploads/streamed-file.ts";
import { refuse } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import type { ReceivedFile } from "../shared/received-file.ts";

/**
 * The file of the input's `field`, such as `input.images[0]`; it is read when it is sent. Its `open` throws coded errors, which
 * name the field, for an empty file, one over MAX_UPLOAD_BYTES, and one that does not arrive.
 */
export function fileSource(received: ReceivedFile, field: string, context: Context): UploadSource {
  const { maxUploadBytes } = context;
  return {
    mostBytes: Math.min(received.mostBytes, maxUploadBytes),
    async open() {
      const file = await received.open(field, context);
      if (file.sizeBytes === 0) refuse(field, "must not be empty; got 0 bytes.");
      if (file.sizeBytes !== undefined && file.sizeBytes > maxUploadBytes) {
        const problem = `must be at most ${maxUploadBytes} bytes; got ${file.sizeBytes}.`;
        throw codedError("PAYLOAD_TOO_LARGE", `${field} ${problem}`);
      }
      return file;
    },
  };
}
