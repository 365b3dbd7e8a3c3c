// A multipart body whose file parts stream: undici pulls them as the socket drains.
// https://www.rfc-editor.org/rfc/rfc7578
// Not undici's FormData, whose web streams copy every byte once more and double what an upload costs.
import { randomUUID } from "node:crypto";
import { setImmediate as eventLoopTurn } from "node:timers/promises";
import type { Dispatcher } from "undici";

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
  /** What the file's own stream threw, as opposed to the upstream's socket. */
  failure: unknown;

  constructor(source: UploadSource) {
    this.#source = source;
  }

  /** To be called before the request is sent. Throws what the file's own `open` throws. */
  async open(): Promise<void> {
    this.#file ??= await this.#source.open();
  }

  get filename(): string {
    return harmlessFilename(this.#opened.filename);
  }

  get contentType(): string {
    return harmlessType(this.#opened.contentType);
  }

  get sizeBytes(): number | undefined {
    return this.#opened.sizeBytes;
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

/** The fields of a multipart request; absent ones are not sent. */
export type MultipartFields = Readonly<Record<string, string | StreamedFile | undefined>>;

/** Opens all files of a request, in their order. Throws what the first one throws that cannot be opened. */
export async function openFiles(fields: MultipartFields): Promise<void> {
  for (const value of Object.values(fields)) if (value instanceof StreamedFile) await value.open();
}

/** A body, and the headers that describe it. */
export interface MultipartBody {
  headers: Readonly<Record<string, string>>;
  /** An AsyncIterable: undici documents it, but its types do not have it. To be read once. */
  body: NonNullable<Dispatcher.DispatchOptions["body"]>;
}

/** Builds the body of `fields`, in their order; their names are this API's own. Its length is sent if each file's is known. */
export function createMultipart(fields: MultipartFields): MultipartBody {
  const boundary = `----${randomUUID()}`;
  const parts: (Buffer | StreamedFile)[] = [];
  let opening = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    opening += `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
    if (typeof value === "string") {
      opening += `\r\n\r\n${value.replace(/\r\n?|\n/g, "\r\n")}\r\n`;
    } else {
      opening += `; filename="${value.filename}"\r\nContent-Type: ${value.contentType}\r\n\r\n`;
      parts.push(Buffer.from(opening), value);
      opening = "\r\n";
    }
  }
  parts.push(Buffer.from(`${opening}--${boundary}--\r\n`));
  const length = parts.reduce(
    (sum, part) => sum + (part instanceof StreamedFile ? (part.sizeBytes ?? NaN) : part.length),
    0,
  );
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      // Without it the body goes out in chunks.
      ...(!Number.isNaN(length) && { "content-length": String(length) }),
    },
    body: writeParts(parts) as unknown as MultipartBody["body"],
  };
}

async function* writeParts(parts: readonly (Buffer | StreamedFile)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof StreamedFile) yield* part.stream();
    else yield part;
  }
}

/**
 * The last path segment without quotes, control characters and line ends, at most 100 characters, of which the
 * extension is kept; never empty.
 */
function harmlessFilename(filename: string): string {
  const segment = filename.split(/[/\\]/).at(-1) ?? "";
  const name = segment
    .replace(/["'`;:*?<>|%\p{C}]/gu, "")
    .replace(/^[\s.]+/, "")
    .trim();
  const [, stem = "", extension = ""] = /^(.*?)(\.[^.]{1,10})?$/u.exec(name) ?? [];
  // By code points: half a surrogate pair is not a character.
  return [...stem].slice(0, 100 - extension.length).join("") + extension || "image";
}

/** The type without its parameters, which could hold anything. */
function harmlessType(type: string): string {
  const essence = type.split(";")[0]?.trim() ?? "";
  return /^[\w.+-]+\/[\w.+-]+$/.test(essence) ? essence : "application/octet-stream";
}
