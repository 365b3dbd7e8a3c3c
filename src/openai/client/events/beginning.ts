// How the body of an answer begins: as one value, as a page or as events.

/** How JSON and pages begin: `{`, `[` and `<`. */
const WHOLE: ReadonlySet<number> = new Set([0x7b, 0x5b, 0x3c]);
/** Blanks, line ends and the bytes of a byte order mark. */
const BEFORE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
/** How the lines of an event stream begin; llama.cpp has `error:` besides. */
const FIELD = /^(?:data|event|id|retry|error|):/;
/** How many characters tell. */
const FIELD_LENGTH = 6;
/** What tells at once that no field begins. */
const NO_FIELD = /^[^:deir]/;

/** One value or a page, events, or neither. */
export type BodyForm = "whole" | "events" | "unknown";

/** The first bytes of a body. */
export class Beginning {
  #form: BodyForm | undefined;
  #text = "";

  /** Undefined: more bytes are needed. */
  get form(): BodyForm | undefined {
    return this.#form;
  }

  /** Whether there is anything but blanks. */
  get isEmpty(): boolean {
    return this.#form === undefined && this.#text === "";
  }

  add(bytes: Uint8Array): void {
    if (this.#form !== undefined) return;
    const from = this.#text === "" ? bytes.findIndex((byte) => !BEFORE.has(byte)) : 0;
    if (from < 0) return;
    if (this.#text === "" && WHOLE.has(bytes[from] ?? 0)) {
      this.#form = "whole";
      return;
    }
    this.#text += String.fromCharCode(...bytes.subarray(from, from + FIELD_LENGTH));
    if (FIELD.test(this.#text)) this.#form = "events";
    else if (this.#text.length >= FIELD_LENGTH || NO_FIELD.test(this.#text)) this.#form = "unknown";
  }
}
