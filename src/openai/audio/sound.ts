// The bytes of a sound on their way to a client.

/** A sound, or a piece of one. Whoever walks through the values of an answer sees no bytes: there may be millions of them. */
export class Sound {
  readonly #bytes: Uint8Array;
  readonly contentType: string;

  constructor(bytes: Uint8Array, contentType: string) {
    this.#bytes = bytes;
    this.contentType = contentType;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
}
