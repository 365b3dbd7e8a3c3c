// Whether pieces of JSON text make a whole value by now, and whether two texts are one value. Looks at each piece once, however
// many there are, and keeps none.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BLANK = 0x20;

/** https://en.wikipedia.org/wiki/Fowler-Noll-Vo_hash_function */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class JsonEnd {
  #level = 0;
  #hasBegun = false;
  #isInString = false;
  #isEscaped = false;
  /** The same for texts that differ in nothing but the blanks between their values. */
  print = FNV_OFFSET;

  add(text: string): void {
    let print = this.print;
    for (let place = 0; place < text.length; place++) {
      const code = text.charCodeAt(place);
      if (code > BLANK || this.#isInString) print = Math.imul(print ^ code, FNV_PRIME);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (this.#isInString) {
        if (code === BACKSLASH) this.#isEscaped = true;
        else if (code === QUOTE) this.#isInString = false;
      } else if (code === QUOTE) this.#isInString = true;
      // One bit, 0x20, turns `[` into `{` and `]` into `}`.
      else if ((code | 0x20) === 0x7b) {
        this.#hasBegun = true;
        this.#level++;
      } else if ((code | 0x20) === 0x7d) this.#level--;
    }
    this.print = print;
  }

  /** Whether an object or a list has come to its end. */
  get isWhole(): boolean {
    return this.#hasBegun && this.#level <= 0;
  }
}

/** The end of a text that came at once. */
export function endOf(text: string): JsonEnd {
  const end = new JsonEnd();
  end.add(text);
  return end;
}
