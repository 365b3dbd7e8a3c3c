// Parses the messages on one HTTP/1.1 connection, requests or answers: their heads, and their bodies by length or in
// chunks. Knows only what both ends of this bench send: no trailers, no chunk extensions, no interim answers.

const EMPTY = Buffer.alloc(0);
/** How many bytes of each end of a long body are kept. */
const KEPT_BYTES = 4_096;
/** Longer bodies are not kept whole. */
const MAX_WHOLE_BYTES = 2 * 2 ** 20;

/** A body that is still arriving, or whole. */
class Body {
  pieces = [];
  length = 0;
  /** The first and the last bytes of a body too long to keep. */
  first = EMPTY;
  last = EMPTY;
  #isKept;

  constructor(isKept) {
    this.#isKept = isKept;
  }

  add(bytes) {
    this.length += bytes.length;
    if (!this.#isKept) return;
    if (this.first.length < KEPT_BYTES) this.first = Buffer.concat([this.first, bytes.subarray(0, KEPT_BYTES)]);
    if (this.length <= MAX_WHOLE_BYTES) {
      this.pieces.push(bytes);
      return;
    }
    this.pieces = [];
    const tail = bytes.length >= KEPT_BYTES ? bytes : Buffer.concat([this.last, bytes]);
    this.last = tail.subarray(-KEPT_BYTES);
  }

  /** The whole body, if it was not too long. */
  whole() {
    return this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces);
  }
}

/**
 * Reads bytes as they come; `onMessage` gets each message's head and Body, `onBytes` each piece of a body. Bodies are not
 * kept if `isKept` is false.
 */
export class BodyReader {
  #onMessage;
  #onBytes;
  #rest = EMPTY;
  #head = "";
  #body = undefined;
  /** Bytes of the body, or of the chunk with its CRLF, that are still to come; -1 if a chunk's size comes next. */
  #left = 0;
  #isChunked = false;
  #isKept;

  constructor(onMessage, onBytes = undefined, isKept = true) {
    this.#onMessage = onMessage;
    this.#onBytes = onBytes;
    this.#isKept = isKept;
  }

  read(bytes) {
    let rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    while (rest.length > 0) {
      const used = this.#body === undefined ? this.#readHead(rest) : this.#readBody(rest);
      if (used === 0) break;
      rest = rest.subarray(used);
    }
    this.#rest = rest;
  }

  #readHead(bytes) {
    const end = bytes.indexOf("\r\n\r\n");
    if (end === -1) return 0;
    this.#head = bytes.latin1Slice(0, end + 2);
    this.#body = new Body(this.#isKept);
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head);
    this.#isChunked = !length && /\r\ntransfer-encoding: *chunked/i.test(this.#head);
    this.#left = length ? Number(length[1]) : this.#isChunked ? -1 : 0;
    if (this.#left === 0) this.#end();
    return end + 4;
  }

  #readBody(bytes) {
    if (this.#left === -1) return this.#readSize(bytes);
    const used = Math.min(this.#left, bytes.length);
    // A chunk's own CRLF is not part of the body.
    const own = this.#isChunked ? Math.min(used, Math.max(0, this.#left - 2)) : used;
    if (own > 0) {
      const piece = bytes.subarray(0, own);
      this.#body.add(piece);
      this.#onBytes?.(piece);
    }
    this.#left -= used;
    if (this.#left > 0) return used;
    if (this.#isChunked) this.#left = -1;
    else this.#end();
    return used;
  }

  #readSize(bytes) {
    const end = bytes.indexOf("\r\n");
    if (end === -1) return 0;
    const size = Number.parseInt(bytes.latin1Slice(0, end), 16);
    if (Number.isNaN(size)) throw new Error("A chunk has no size.");
    if (size > 0) {
      this.#left = size + 2;
      return end + 2;
    }
    if (bytes.length < end + 4) return 0;
    this.#end();
    return end + 4;
  }

  #end() {
    const body = this.#body;
    this.#body = undefined;
    this.#onMessage(this.#head, body);
  }
}
