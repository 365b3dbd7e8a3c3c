// Whether pieces of JSON text make a whole value by now. Looks at each piece once, however many there are.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class JsonEnd {
  #level = 0;
  #hasBegun = false;
  #isInString = false;
  #isEscaped = false;

  add(text: string): void {
    for (let place = 0; place < text.length; place++) {
      const code = text.charCodeAt(place);
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
  }

  /** Whether an object or a list has come to its end. */
  get isWhole(): boolean {
    return this.#hasBegun && this.#level <= 0;
  }
}
