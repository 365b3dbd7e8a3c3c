// One file of a multipart request: reads it from the client's socket, and hands it to the resolver while it arrives.
import type { FileUpload } from "graphql-upload-minimal";
import { codedError } from "../errors/codes.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import type { StallLimit } from "../http/stall.ts";
import type { UploadFile } from "../openai/client/uploads/streamed-file.ts";
import type { DigestedFile } from "../schema/shared/received-file.ts";
import { collectAfterBytes } from "./buffer-collection.ts";
import { FileDigest } from "./file-digest.ts";
import { FileWait, OversizeFile } from "./file-wait.ts";

/**
 * Files up to this size, in bytes, are held in memory: their size is then known in advance, and they can be read in any
 * order and several times. Larger ones are read from the socket while they are sent on.
 */
const HELD_BYTES = 2 ** 20;

/** How one request's files are received. */
export interface Reception extends StallLimit {
  maxUploadBytes: number;
  /** Most bytes that one file can have, as far as it is known before the files are read. */
  mostBytes: number;
  /** Counts the bytes that are held in memory. */
  held: HeldBytes;
  /** To be called when a file is needed: from then on the files are read, in their order. */
  need(): void;
  /** Resolves at the first call of `need`. */
  needed: Promise<void>;
  /** Called with the number of bytes of each chunk of a file. */
  countBytes(bytes: number): void;
}

/** A file that is being received. */
export class UploadedFile implements DigestedFile {
  readonly #reception: Reception;
  readonly #heldBytes: number;
  readonly #upload: Promise<FileUpload>;
  /** Settles when the file has arrived whole or has turned out too large to hold. */
  readonly #head: Promise<void>;
  readonly #chunks: Buffer[] = [];
  #source: AsyncIterator<Buffer> | undefined;
  #bytes = 0;
  /** How many of them are counted as held. */
  #heldNow = 0;
  #ended = false;
  /** Whether the whole file is in `#chunks` and stays there. */
  #held = false;
  #handedOut = false;
  #headRead = false;
  #discarded = false;
  /** What it is opened as, for messages. */
  #field = "The file";
  #digest: FileDigest | undefined;

  /** Reads nothing before one of the request's files is needed. A `shared` file is held whole, whatever its size. */
  constructor(upload: Promise<FileUpload>, reception: Reception, shared: boolean) {
    this.#reception = reception;
    this.#heldBytes = shared ? reception.maxUploadBytes : HELD_BYTES;
    this.#upload = upload;
    this.#head = this.#readHead();
    // open() reports a failure. If nobody opens the file, the rejection must not end the process.
    upload.catch(() => {});
    this.#head.catch(() => {});
  }

  digest(): Promise<string | undefined> {
    const digest = this.#digest ?? new FileDigest();
    this.#digest = digest;
    this.#head.catch(digest.fail);
    return digest.value;
  }

  get mostBytes(): number {
    return this.#headRead && this.#held ? this.#bytes : this.#reception.mostBytes;
  }

  async open(field: string): Promise<UploadFile> {
    this.#field = field;
    this.#reception.need();
    const wait = new FileWait(field, this.#reception);
    try {
      await wait.until(this.#head);
    } finally {
      wait.end();
    }
    const { filename, mimetype } = await this.#upload;
    if ((this.#handedOut || this.#discarded) && !this.#held) {
      const problem = `is used more than once and larger than ${HELD_BYTES} bytes`;
      throw codedError("BAD_USER_INPUT", `${field} ${problem}; map the file to a variable of its own for each use.`);
    }
    this.#handedOut = true;
    return {
      // A part can have no name, although the library's type says otherwise.
      filename: filename ?? "",
      contentType: mimetype,
      sizeBytes: this.#held ? this.#bytes : undefined,
      stream: () => (this.#held ? this.#streamHeld() : this.#streamOn()),
    };
  }

  async #readHead(): Promise<void> {
    await this.#reception.needed;
    const upload = await this.#upload;
    this.#source = upload.createReadStream()[Symbol.asyncIterator]();
    while (!this.#ended && this.#bytes <= this.#heldBytes) await this.#readChunk();
    this.#headRead = true;
    this.#held = this.#ended;
    if (this.#discarded) this.discard();
  }

  discard(): void {
    this.#discarded = true;
    if (this.#headRead && !this.#held) this.#discardRest();
  }

  async *#streamHeld(): AsyncGenerator<Uint8Array> {
    yield* this.#chunks;
  }

  async *#streamOn(): AsyncGenerator<Uint8Array> {
    const wait = new FileWait(this.#field, this.#reception);
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          yield chunk;
          this.#letGo(chunk.length);
        } else if (this.#ended) return;
        else await wait.until(this.#readChunk());
      }
    } finally {
      wait.end();
      this.discard();
    }
  }

  /** Reads one chunk into `#chunks`, or finds the end. */
  async #readChunk(): Promise<void> {
    const step = this.#source?.next();
    step?.catch(() => this.#digest?.fail());
    const { value, done } = (await step) ?? { done: true };
    if (done) {
      this.#ended = true;
      return this.#digest?.end();
    }
    this.#digest?.add(value);
    collectAfterBytes(value.length);
    this.#reception.countBytes(value.length);
    try {
      this.#take(value);
    } catch (error) {
      this.#chunks.length = 0;
      this.#letGo(this.#heldNow);
      this.#discardRest();
      throw error;
    }
  }

  #take(chunk: Buffer): void {
    const { maxUploadBytes, held } = this.#reception;
    this.#bytes += chunk.length;
    if (this.#bytes > maxUploadBytes) throw new OversizeFile(maxUploadBytes);
    // After its head a file passes through, one chunk at a time.
    if (!this.#headRead) {
      held.take(chunk.length);
      this.#heldNow += chunk.length;
    }
    this.#chunks.push(chunk);
  }

  /** These bytes, the oldest ones, are held no more. */
  #letGo(bytes: number): void {
    const counted = Math.min(bytes, this.#heldNow);
    this.#heldNow -= counted;
    this.#reception.held.giveBack(counted);
  }

  /** Reads and discards the rest, so that the files after this one can arrive. */
  async #discardRest(): Promise<void> {
    try {
      while (this.#source) {
        const { value, done } = await this.#source.next();
        if (done) return this.#digest?.end();
        this.#digest?.add(value);
      }
    } catch {
      // The file broke off: nothing is left to discard.
      this.#digest?.fail();
    }
  }
}
