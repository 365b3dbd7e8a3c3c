// One file of a multipart request, on its way from the client's socket to whoever reads it.
import { GraphQLError } from "graphql";
import type { FileUpload } from "graphql-upload-minimal";
import { codedError } from "../errors/codes.ts";
import { type StallLimit, untilStalled } from "../http/stall.ts";
import type { UploadFile } from "../openai/client/multipart.ts";
import type { ReceivedFile } from "../schema/shared/received-file.ts";
import { countPassedBytes } from "./buffer-collection.ts";

/**
 * Files up to this size, in bytes, are held in memory: their size is then known beforehand, and they may be read in
 * any order and as often as asked. Larger ones are read from the socket while they are sent on.
 */
const HELD_BYTES = 2 ** 20;

/** How one request's files are received. */
export interface Reception extends StallLimit {
  maxUploadBytes: number;
  /** Hears of the bytes of files as they come. */
  countBytes(bytes: number): void;
}

/** A file that is being received. */
export class UploadedFile implements ReceivedFile {
  readonly #reception: Reception;
  readonly #heldBytes: number;
  readonly #upload: Promise<FileUpload>;
  /** Settles when the file has come whole or has turned out too large to hold. */
  readonly #head: Promise<void>;
  readonly #chunks: Buffer[] = [];
  #source: AsyncIterator<Buffer> | undefined;
  #bytes = 0;
  #ended = false;
  /** Whether the whole file is in `#chunks`, to stay there. */
  #held = false;
  #handedOut = false;
  #headRead = false;
  #discarded = false;

  /** Starts to read as soon as the part has come. A `shared` file is held whole, whatever its size. */
  constructor(upload: Promise<FileUpload>, reception: Reception, shared: boolean) {
    this.#reception = reception;
    this.#heldBytes = shared ? reception.maxUploadBytes : HELD_BYTES;
    this.#upload = upload;
    this.#head = this.#readHead();
    // Whoever opens the file hears of it; a file that nobody opens must not end the process.
    this.#head.catch(() => {});
  }

  async open(): Promise<UploadFile> {
    await this.#untilStalled(this.#head);
    const { filename, mimetype } = await this.#upload;
    if ((this.#handedOut || this.#discarded) && !this.#held) {
      const problem = `is used more than once and larger than ${HELD_BYTES} bytes`;
      throw codedError("BAD_USER_INPUT", `input.image ${problem}; map the file to a variable of its own for each use.`);
    }
    this.#handedOut = true;
    return {
      // The library's type does not tell that a part may have no name.
      filename: filename ?? "",
      contentType: mimetype,
      sizeBytes: this.#held ? this.#bytes : undefined,
      stream: () => (this.#held ? this.#streamHeld() : this.#streamOn()),
    };
  }

  async #readHead(): Promise<void> {
    const upload = await this.#upload;
    this.#source = upload.createReadStream()[Symbol.asyncIterator]();
    while (!this.#ended && this.#bytes <= this.#heldBytes) await this.#readChunk();
    this.#headRead = true;
    this.#held = this.#ended;
    if (this.#discarded) this.discard();
  }

  discard(): void {
    this.#discarded = true;
    if (this.#headRead && !this.#held) this.#readAway();
  }

  async *#streamHeld(): AsyncGenerator<Uint8Array> {
    yield* this.#chunks;
  }

  async *#streamOn(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) yield chunk;
        else if (this.#ended) return;
        else await this.#untilStalled(this.#readChunk());
      }
    } finally {
      this.discard();
    }
  }

  /** Reads one chunk into `#chunks`, or finds the end. */
  async #readChunk(): Promise<void> {
    const { maxUploadBytes } = this.#reception;
    const { value, done } = (await this.#source?.next()) ?? { done: true };
    if (done) this.#ended = true;
    else {
      this.#chunks.push(value);
      this.#bytes += value.length;
      countPassedBytes(value.length);
      this.#reception.countBytes(value.length);
    }
    if (this.#bytes > maxUploadBytes) {
      this.#chunks.length = 0;
      this.#readAway();
      throw codedError("PAYLOAD_TOO_LARGE", `input.image must be at most ${maxUploadBytes} bytes; got more.`);
    }
  }

  /** Reads the rest away, so that the files after this one can come. */
  async #readAway(): Promise<void> {
    try {
      while (this.#source && !(await this.#source.next()).done);
    } catch {
      // It broke off; there is nothing left to discard.
    }
  }

  /** Waits for `step` as long as bytes come in; makes errors of the library's or the parser's the client's to read. */
  async #untilStalled(step: Promise<void>): Promise<void> {
    try {
      await untilStalled(step, this.#reception, () => {
        const problem = `input.image did not arrive: no byte for ${this.#reception.uploadStallMs} ms.`;
        return codedError("BAD_REQUEST", `${problem} Send files in the order in which the operation uses them.`);
      });
    } catch (error) {
      throw toInputError(error);
    }
  }
}

/** The library's errors are plain ones; a GraphQLError may be one for the whole request, which this is not. */
function toInputError(error: unknown): GraphQLError {
  const { message, extensions } = error as Error & { extensions?: { code?: unknown } };
  if (extensions?.code === "PAYLOAD_TOO_LARGE") return codedError("PAYLOAD_TOO_LARGE", message);
  if (error instanceof GraphQLError && !("http" in error.extensions)) return error;
  return codedError("BAD_REQUEST", `input.image did not arrive whole: ${message}`);
}
