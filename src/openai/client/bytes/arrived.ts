// The bytes of an answer between the network and its reader, and how many of them are held.

/** Bytes that may wait to be read before the upstream is held back. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Bytes of an answer that are not worth counting. */
const MAX_UNCOUNTED_BYTES = 64 * 1024;
/** How often what has been read is held: as text, and as the values in it. */
const COPIES = 2;

/** Counts the bytes of answers that are held. */
export interface AnswerBytes {
  /** Counts bytes that have come. Undefined: there is room for them; otherwise to be waited for. */
  takeInTurn(bytes: number): Promise<void> | undefined;
  /** The bytes are held no more. */
  giveBack(bytes: number): void;
}

/** The bytes of one answer. */
export class ArrivedBytes {
  readonly #held: AnswerBytes | undefined;
  #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes that have been read and not forgotten, and those of them that are counted. */
  #readBytes = 0;
  #heldBytes = 0;

  /** `held` counts the bytes, but for the few that any answer may have. */
  constructor(held: AnswerBytes | undefined) {
    this.#held = held;
  }

  /** Whether no more should come before these are read. */
  get areMany(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES;
  }

  /** Whether there is nothing to read. */
  get areNone(): boolean {
    return this.#chunks.length === 0;
  }

  /** Whether they are too few to be counted. */
  get areFew(): boolean {
    return this.#waitingBytes <= MAX_UNCOUNTED_BYTES;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
  }

  /** Takes what has come. It counts as read once `count` is called. */
  take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#waitingBytes = 0;
    return chunks;
  }

  /** Counts what is to be read as held. Undefined: there is room; otherwise to be waited for. */
  count(): Promise<void> | undefined {
    this.#readBytes += this.#waitingBytes;
    if (this.#readBytes <= MAX_UNCOUNTED_BYTES) return undefined;
    const bytes = this.#readBytes * COPIES;
    const room = this.#held?.takeInTurn(bytes - this.#heldBytes);
    this.#heldBytes = bytes;
    return room;
  }

  /** What has been read is held no more. */
  forget(): void {
    this.#readBytes = 0;
    if (this.#heldBytes > 0) this.#held?.giveBack(this.#heldBytes);
    this.#heldBytes = 0;
  }
}
