// The text of a streamed answer so far, shared by all chunks of one stream. Grows only for streams that ask for it.

/** By stream, not by the answer's id: an upstream may give two answers the same id. */
export class Transcript {
  /** The chunk added last: a field selected twice must not count twice. */
  #chunk: object | undefined;
  #text = "";

  /** Adds a chunk's text, once, and yields the whole text so far. */
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
  // An upstream's field of the same name is not a transcript.
  return transcript instanceof Transcript ? transcript : undefined;
}
