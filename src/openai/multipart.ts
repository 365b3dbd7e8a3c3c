// A multipart body whose file parts stream: undici pulls them as the socket drains. Knows no endpoint.
import { File } from "node:buffer";
import { setImmediate as eventLoopTurn } from "node:timers/promises";
import { FormData } from "undici";

/** A file on its way to the upstream. */
export interface UploadFile {
  /** As the caller named it; made harmless before it is sent. */
  readonly filename: string;
  readonly contentType: string;
  /** Size in bytes where it is known before the last byte has come; then a Content-Length is sent. */
  readonly sizeBytes: number | undefined;
  /** The bytes, once. May throw; the call then fails with that error. */
  stream(): AsyncIterable<Uint8Array>;
}

/** A file part that remembers whether it was read and what it threw. */
export class StreamedFile extends File {
  readonly #file: UploadFile;
  /** Whether the first byte was asked for: from then on the call is not repeated. */
  started = false;
  /** Called where the upstream takes no byte for as long as `limitTaking` says. */
  #onUntaken: (() => void) | undefined;
  #takeWithinMs = 0;
  /** What the file's own stream threw; told apart from what the upstream's socket did. */
  failure: unknown;

  constructor(file: UploadFile) {
    super([], harmlessFilename(file.filename), { type: harmlessType(file.contentType) });
    this.#file = file;
    // Where the size is not known yet, undefined makes undici send the body chunked, without a Content-Length.
    Object.defineProperty(this, "size", { value: file.sizeBytes });
  }

  /** Calls `onUntaken` once a chunk has waited for `takeWithinMs` to be taken: a client that waits behind it reads nothing. */
  limitTaking(takeWithinMs: number, onUntaken: () => void): void {
    this.#takeWithinMs = takeWithinMs;
    this.#onUntaken = onUntaken;
  }

  override stream(): ReturnType<File["stream"]> {
    return this.#read() as unknown as ReturnType<File["stream"]>;
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    this.started = true;
    try {
      for await (const chunk of this.#file.stream()) {
        await letAnswerIn();
        const timer = setTimeout(() => this.#onUntaken?.(), this.#takeWithinMs);
        try {
          yield chunk;
        } finally {
          clearTimeout(timer);
        }
      }
      await letAnswerIn();
    } catch (error) {
      this.failure = error;
      throw error;
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

/** Builds the form that undici writes, in the order of `fields`. */
export function createMultipart(fields: MultipartFields): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") form.append(name, value);
    else if (value) form.append(name, value);
  }
  return form;
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
  // By code points: half a surrogate pair is no character.
  return [...stem].slice(0, 100 - extension.length).join("") + extension || "image";
}

/** The type without its parameters, which could hold anything. */
function harmlessType(type: string): string {
  const essence = type.split(";")[0]?.trim() ?? "";
  return /^[\w.+-]+\/[\w.+-]+$/.test(essence) ? essence : "application/octet-stream";
}
