// A JSON value that stays the bytes of its text from the upstream to the client, such as a vector of a batch: to read millions
// of numbers and to write them again takes a second.

/** What a value that is kept is known by. */
interface Kept {
  /** How many values it has, itself included. */
  readonly values: number;
  /** The length of its text in bytes, about, if that has yet to be made. */
  readonly byteLength: number;
  /** Yields its JSON text in UTF-8, in one piece or some. */
  readonly write: () => readonly Uint8Array[];
}

/** One value. JSON.stringify and the executor of GraphQL take it for what it stands for. */
export class KeptJson {
  readonly values: number;
  readonly byteLength: number;
  readonly #write: () => readonly Uint8Array[];

  constructor({ values, byteLength, write }: Kept) {
    this.values = values;
    this.byteLength = byteLength;
    this.#write = write;
  }

  /** The JSON text in UTF-8, in one piece or some, made when it is asked for. */
  write(): readonly Uint8Array[] {
    return this.#write();
  }

  /** The JSON text. */
  toString(): string {
    return decoder.decode(Buffer.concat(this.#write()));
  }

  toJSON(): unknown {
    return JSON.parse(this.toString());
  }

  /** The entries of a list. */
  [Symbol.iterator](): Iterator<unknown> {
    const value = this.toJSON();
    return (Array.isArray(value) ? value : [value]).values();
  }
}

const decoder = new TextDecoder();
