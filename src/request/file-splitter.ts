// Leads the bytes of files past graphql-upload-minimal's parser, which looks for boundaries byte by byte and joins chunks
// again. The parser gets all the rest: the fields, the heads of parts and the boundaries; to it, every file is empty.
// https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
import { Readable } from "node:stream";
import { toParsedHead } from "./part-head.ts";

const CRLF = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
const LAST = Buffer.from("--");
const NOTHING = Buffer.alloc(0);
/** Longest head of a part, in bytes: as the parser has it. */
const MAX_HEAD_BYTES = 16 * 1024;
/** How many chunks of a file may wait to be read before the client is held back. */
const MAX_WAITING = 2;

/** What a FileSplitter reports to. */
export interface SplitTarget {
  /** Parses at once what is not in files. For the head of a file it calls `openFile`. */
  parse(bytes: Buffer): void;
  /** Called when more may be written, after `write` has yielded false. */
  onDrain(): void;
}

/** Splits one body, whose chunks are written to it in their order. */
export class FileSplitter {
  readonly #delimiter: Buffer;
  readonly #target: SplitTarget;
  #place: "content" | "head" | "end" = "content";
  /** The file whose content comes; undefined in the content of everything else. */
  #file: Readable | undefined;
  /** Bytes that are decided on with those that follow. The first delimiter may come without the line end before it. */
  #rest: Buffer = CRLF;
  /** How many bytes of the content that comes the parser already has. */
  #parsedAhead = 0;
  #isFull = false;

  constructor(boundary: string, target: SplitTarget) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#target = target;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Yields whether more may be written now. Throws for a malformed head of a part. */
  write(chunk: Buffer): boolean {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = NOTHING;
    while (bytes.length > 0 && this.#place !== "end") {
      bytes = this.#place === "head" ? this.#readHead(bytes) : this.#readContent(bytes);
    }
    return !this.#isFull;
  }

  /** To be called after the last chunk, before the parser gets its end. */
  end(): void {
    if (this.#rest.length > 0) this.#target.parse(this.#rest);
  }

  /** Begins the file whose head is being parsed; `own` is the parser's stream of it. Yields the stream to read instead. */
  openFile(own: Readable): Readable {
    const file = new Readable({ objectMode: true, highWaterMark: MAX_WAITING, read: () => this.#drain() });
    own.on("error", (error) => file.destroy(error));
    own.resume();
    this.#file = file;
    return file;
  }

  /** Yields what comes after the content and its delimiter; nothing if there is no delimiter. */
  #readContent(bytes: Buffer): Buffer {
    const at = bytes.indexOf(this.#delimiter);
    const end = at < 0 ? this.#findBeginning(bytes) : at;
    const content = end === bytes.length ? bytes : bytes.subarray(0, end);
    if (!this.#file) this.#parseOn(content);
    // The rest of a file that has failed is dropped.
    else if (end > 0 && !this.#file.destroyed && !this.#file.push(content)) this.#isFull = true;
    if (at < 0) {
      this.#rest = bytes.subarray(end);
      return NOTHING;
    }
    this.#parseOn(this.#delimiter);
    this.#file?.push(null);
    this.#file = undefined;
    // A stream whose end has come asks for no more.
    this.#isFull = false;
    this.#place = "head";
    return bytes.subarray(end + this.#delimiter.length);
  }

  /** Where a delimiter may begin that ends in the next chunk. A boundary has no carriage return. */
  #findBeginning(bytes: Buffer): number {
    const from = Math.max(0, bytes.length - this.#delimiter.length + 1);
    const at = bytes.subarray(from).lastIndexOf(0x0d);
    if (at < 0) return bytes.length;
    const tail = bytes.subarray(from + at);
    return this.#delimiter.subarray(0, tail.length).equals(tail) ? from + at : bytes.length;
  }

  /**
   * Yields what comes after a head; nothing if it is not whole. The parser gets it in one piece, and opens a file in it. As its
   * last line end could be a delimiter's, the parser reads it only with what follows.
   */
  #readHead(bytes: Buffer): Buffer {
    const start = bytes.subarray(0, CRLF.length);
    if (start.equals(LAST)) {
      this.#place = "end";
      this.#target.parse(bytes);
      return NOTHING;
    }
    const end = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(HEAD_END);
    const size = end + HEAD_END.length;
    const ahead = this.#delimiter.length - CRLF.length;
    const piece = bytes.subarray(0, end < 0 ? bytes.length : size + ahead);
    const isWhole = end >= 0 && piece.length === size + ahead;
    const isTooLong = end < 0 && bytes.length >= MAX_HEAD_BYTES;
    if (!CRLF.subarray(0, start.length).equals(start) && !LAST.subarray(0, start.length).equals(start))
      throw malformed();
    if (isTooLong || piece.includes(this.#delimiter)) throw malformed();
    if (!isWhole) {
      this.#rest = bytes;
      return NOTHING;
    }
    this.#place = "content";
    this.#target.parse(Buffer.concat([toParsedHead(piece.subarray(0, size)), piece.subarray(size)]));
    this.#parsedAhead = this.#file ? 0 : ahead;
    return bytes.subarray(size);
  }

  /** Gives the parser what comes next of what is not in a file, but for what it has had with the head. */
  #parseOn(bytes: Buffer): void {
    const parsed = Math.min(this.#parsedAhead, bytes.length);
    this.#parsedAhead -= parsed;
    if (parsed < bytes.length) this.#target.parse(bytes.subarray(parsed));
  }

  #drain(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#target.onDrain();
  }
}

function malformed(): Error {
  return new Error("Malformed part header");
}
