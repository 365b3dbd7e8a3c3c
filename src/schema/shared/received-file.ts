// A file that a client sends, as resolvers read it, whatever way it comes.
import type { UploadFile } from "../../openai/client/multipart.ts";

/** A file as the client gave it. */
export interface ReceivedFile {
  /**
   * Yields the file once its size is known or it has turned out too large to hold, without waiting for its end.
   * Throws a coded error for an empty, oversize, missing or broken file.
   */
  open(): Promise<UploadFile>;
  /** Lets go of what has not been read, so that the files after this one can come. */
  discard(): void;
}
