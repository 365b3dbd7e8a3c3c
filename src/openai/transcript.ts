// What a streamed answer has said so far, shared by all chunks of one stream. Grows only for streams that ask for it.

/** By stream, not by the answer's id: an upstream may give two answers the same id. */
export class Transcript {
  /** The chunk added last: a field selected twice must not count twice. */
  #chunk: object | undefined;
  #text = "";

  /** Adds what a chunk says, once, and yields all of it. */
  add(chunk: object, text: string | null): string {
    if (this.#chunk !== chunk) {
      this.#chunk = chunk;
      this.#text += text ?? "";
    }
    return this.#text;
  }
}

/** The transcript of the stream that a chunk belongs to. Undefined for a whole answer. */
export function transcriptOf({ transcript }: { readonly transcript?: unknown }): Transcript | undefined {
  // An upstream's field of the same name is not one.
  return transcript instanceof Transcript ? transcript : undefined;
}
