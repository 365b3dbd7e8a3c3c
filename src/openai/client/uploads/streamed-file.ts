// A file on its way from a client to the upstream: opened, read once it is asked for, and followed while it is read.
import { setImmediate as eventLoopTurn } from "node:timers/promises";
import { filenameOf } from "./media-types.ts";

/** A file on its way to the upstream. */
export interface UploadFile {
  /** As the caller named it; made harmless before it is sent. */
  readonly filename: string;
  readonly contentType: string;
  /** Size in bytes, if the file is whole in memory: then a Content-Length is sent, and it can be streamed again. */
  readonly sizeBytes: number | undefined;
  /** The bytes. May throw; the call then fails with that error. */
  stream(): AsyncIterable<Uint8Array>;
}

/** A file that is not read before it is opened. */
export interface UploadSource {
  /** Its size in bytes at most, as it is known before it is opened. */
  readonly mostBytes: number;
  /** Waits until its size is known, or that it is large. Throws what is wrong with the file. */
  open(): Promise<UploadFile>;
}

/** After how many bytes of a file the answer is looked for again. */
const LOOK_EVERY_BYTES = 256 * 1024;

/** A file part that remembers whether it was read and what it threw. */
export class StreamedFile {
  readonly #source: UploadSource;
  #file: UploadFile | undefined;
  /** Whether the first byte was asked for. */
  #isStarted = false;
  /** Called when the upstream has taken no byte for the time that `limitTaking` sets. */
  #onUntaken: (() => void) | undefined;
  #takeWithinMs = 0;
  #sentBytes = 0;
  /** What the file itself threw, as opposed to the upstream's socket. */
  failure: unknown;

  constructor(source: UploadSource) {
    this.#source = source;
  }

  /** To be called before it is streamed. Throws what the file's own `open` throws. */
  async open(): Promise<void> {
    try {
      this.#file ??= await this.#source.open();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Whether it is open, and whole in memory. */
  get isHeld(): boolean {
    return this.#file?.sizeBytes !== undefined;
  }

  get filename(): string {
    return harmlessFilename(this.#opened.filename) || filenameOf(this.contentType);
  }

  get contentType(): string {
    return harmlessType(this.#opened.contentType);
  }

  get sizeBytes(): number | undefined {
    return this.#opened.sizeBytes;
  }

  /** Its size, as far as it is known by now: the most that it may be, or once it is read how much of it has left. */
  get knownBytes(): number {
    return this.#isStarted ? this.#sentBytes : (this.#file?.sizeBytes ?? this.#source.mostBytes);
  }

  /** Whether its bytes have left and cannot be sent again. */
  get isGone(): boolean {
    return this.#isStarted && this.sizeBytes === undefined;
  }

  get #opened(): UploadFile {
    if (!this.#file) throw new TypeError("A file is opened before it is sent.");
    return this.#file;
  }

  /** Calls `onUntaken` once the upstream has not taken a chunk for `takeWithinMs`: the client waits behind it meanwhile. */
  limitTaking(takeWithinMs: number, onUntaken: () => void): void {
    this.#takeWithinMs = takeWithinMs;
    this.#onUntaken = onUntaken;
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    this.#isStarted = true;
    this.#sentBytes = 0;
    let isTaken = true;
    let unseenBytes = LOOK_EVERY_BYTES;
    const timer = setTimeout(() => isTaken || this.#onUntaken?.(), this.#takeWithinMs);
    try {
      for await (const chunk of this.#opened.stream()) {
        if (unseenBytes >= LOOK_EVERY_BYTES) {
          await letAnswerIn();
          unseenBytes = 0;
        }
        unseenBytes += chunk.length;
        isTaken = false;
        this.#sentBytes += chunk.length;
        timer.refresh();
        yield chunk;
        isTaken = true;
      }
      await letAnswerIn();
    } catch (error) {
      this.failure = error;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Two turns of the event loop: what came before the first has been read by the end of the second. An upstream that
 * refuses an upload early may close at once, and a write after that loses its answer. It can still come in between:
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
async function letAnswerIn(): Promise<void> {
  await eventLoopTurn();
  await eventLoopTurn();
}

/**
 * The last path segment without quotes, control characters and line ends, at most 100 characters, of which the
 * extension is kept.
 */
export function harmlessFilename(filename: string): string {
  const segment = filename.split(/[/\\]/).at(-1) ?? "";
  const name = segment
    .replace(/["'`;:*?<>|%\p{C}]/gu, "")
    .replace(/^[\s.]+/, "")
    .trim();
  const [, stem = "", extension = ""] = /^(.*?)(\.[^.]{1,10})?$/u.exec(name) ?? [];
  // By code points: half a surrogate pair is not a character.
  return [...stem].slice(0, 100 - extension.length).join("") + extension;
}

/** The type without its parameters, which could hold anything. */
function harmlessType(type: string): string {
  const essence = type.split(";")[0]?.trim() ?? "";
  return /^[\w.+-]+\/[\w.+-]+$/.test(essence) ? essence : "application/octet-stream";
}
