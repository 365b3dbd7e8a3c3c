// How resolvers read a file that a client sends: as a multipart part, a `data:` URL or a URL of this server.
import type { UploadFile } from "../../openai/client/uploads/streamed-file.ts";
import type { Context } from "./context.ts";

/** A file as the client gave it. */
export interface ReceivedFile {
  /** Its size in bytes at most, as far as it can be told before it is opened. */
  readonly mostBytes: number;
  /**
   * Yields the file once its size is known or it has turned out too large to hold, without waiting for its end.
   * Throws a coded error, which names the input's `field`, for an oversize, missing or broken file.
   */
  open(field: string, context: Context): Promise<UploadFile>;
  /** Discards what has not been read, so that the files after this one can arrive. */
  discard(): void;
}

/** A file of which a digest can be had while it is read. */
export interface DigestedFile extends ReceivedFile {
  open(field: string): Promise<UploadFile>;
  /**
   * SHA-256 of its bytes, in hex, once it has come whole, whoever reads it; undefined if it does not. To be called before it is
   * opened for the first time. Never rejects.
   */
  digest(): Promise<string | undefined>;
}
