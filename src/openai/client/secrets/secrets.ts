// Finds secrets in foreign text, in whatever form they are quoted. Does not know what the secrets are for.
import { type Reading, read } from "./reading.ts";

/** A secret is found by this many of its letters and digits in a row, whatever stands between them. */
const PART_LENGTH = 10;
/** A form with fewer letters and digits could be an ordinary word: it is found only as it is. */
const MIN_PART_LENGTH = 8;
/** So could a form of small letters alone up to this length. Servers without keys are given ones such as `lm-studio`. */
const MAX_WORDS_LENGTH = 20;
/** The end of a secret that is looked for by itself, in characters. Services show it to tell keys apart. */
const TAIL_LENGTH = 12;
/** The beginning by which a secret is known of which the rest is shown as stars or dots. */
const HEAD_LENGTH = 4;

/** One that is shown in part: some characters, then stars or dots, up to the end of the word. */
const SHOWN_IN_PART = /(?<![^\s"'`(),;<>])[^\s"'`(),;<>]*?(?:[*•]{2}|\.{3}|…)[^\s"'`(),;<>]*/g;

const MASK = "[masked]";

/** What no message may contain. */
export interface SecretWords {
  /** Keys and the like: masked in every encoding, also in part. */
  keys: readonly string[];
  /** Addresses: masked only as a whole. */
  addresses: readonly string[];
}

interface Forms {
  /** By length: letters and digits in a row of which each shows a secret. */
  parts: ReadonlyMap<number, ReadonlySet<string>>;
  /** Texts that are secret as a whole. */
  wholes: readonly string[];
  heads: readonly string[];
}

/** Masks secrets. */
export class Secrets {
  readonly #words: SecretWords;
  /** Derived when the first text is to be masked: most callers' keys never meet one. */
  #forms: Forms | undefined;
  #hexadecimal: string | undefined;

  constructor({ keys, addresses }: SecretWords) {
    const isLongEnough = (word: string) => word.length > 3;
    this.#words = { keys: keys.filter(isLongEnough), addresses: addresses.filter(isLongEnough) };
  }

  /**
   * The text with `[masked]` in place of each secret: as it is, percent-encoded or escaped, in part or whole, in hex, in
   * base64, in any case, with spaces or invisible characters inside. The time depends on the text's length alone.
   */
  mask(text: string): string {
    this.#forms ??= deriveForms(this.#words);
    const { parts, wholes, heads } = this.#forms;
    const reading = read(text);
    const letters = reading.onlyLetters();
    const ranges = [...findParts(letters, parts), ...findWholes(reading, wholes)];
    return replaceRanges(text, ranges).replace(SHOWN_IN_PART, (word) => {
      const lower = word.toLowerCase();
      return heads.some((head) => hasWordWith(lower, head)) ? MASK : word;
    });
  }

  /** Whether an id made of hexadecimal digits has a part of a secret in it. Takes little time. */
  isInHexadecimal(id: string): boolean {
    this.#hexadecimal ??= this.#words.keys.map((key) => `${lettersOf(key)} ${toHex(key)}`).join(" ");
    const digits = lettersOf(id);
    for (let place = 0; place + PART_LENGTH <= digits.length; place += PART_LENGTH / 2) {
      if (this.#hexadecimal.includes(digits.slice(place, place + PART_LENGTH))) return true;
    }
    return false;
  }
}

function deriveForms({ keys, addresses }: SecretWords): Forms {
  const parts = new Map<number, Set<string>>();
  const wholes = addresses.map((address) => read(address).text);
  for (const key of keys) {
    for (const form of [key, encodeURIComponent(key), key.slice(-TAIL_LENGTH), toHex(key), ...toBase64(key)]) {
      const letters = read(form).onlyLetters().text;
      if (letters.length < MIN_PART_LENGTH || isWords(form)) continue;
      const length = Math.min(letters.length, PART_LENGTH);
      const known = parts.get(length) ?? new Set();
      parts.set(length, known);
      for (let place = 0; place + length <= letters.length; place++) known.add(letters.slice(place, place + length));
    }
    wholes.push(read(key).text, Buffer.from(key).toString("base64").toLowerCase());
  }
  return {
    parts,
    wholes: wholes.filter((whole) => whole !== ""),
    heads: keys.map((key) => key.slice(0, HEAD_LENGTH).toLowerCase()),
  };
}

function isWords(form: string): boolean {
  return form.length <= MAX_WORDS_LENGTH && /^[a-z]+(?:[ ._-][a-z]+)*$/.test(form);
}

type Range = readonly [start: number, end: number];

function* findParts({ text, starts, ends }: Reading, parts: Forms["parts"]): Generator<Range> {
  for (const [length, known] of parts) {
    for (let place = 0; place + length <= text.length; place++) {
      if (known.has(text.slice(place, place + length))) yield [starts[place] ?? 0, ends[place + length - 1] ?? 0];
    }
  }
}

function* findWholes({ text, starts, ends }: Reading, wholes: readonly string[]): Generator<Range> {
  for (const whole of wholes) {
    for (let place = text.indexOf(whole); place >= 0; place = text.indexOf(whole, place + whole.length))
      yield [starts[place] ?? 0, ends[place + whole.length - 1] ?? 0];
  }
}

function replaceRanges(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let masked = "";
  let done = 0;
  for (const [start, end] of [...ranges].sort(([one], [other]) => one - other)) {
    // One range that overlaps the last, or follows it, is part of the same secret.
    if (start > done || masked === "") masked += `${text.slice(done, start)}${MASK}`;
    done = Math.max(done, end);
  }
  return masked + text.slice(done);
}

/** Whether a word in the text begins with `head`. */
function hasWordWith(text: string, head: string): boolean {
  for (let place = text.indexOf(head); place >= 0; place = text.indexOf(head, place + 1)) {
    if (place === 0 || !/[a-z\d]/.test(text.charAt(place - 1))) return true;
  }
  return false;
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\da-z]/g, "");
}

function toHex(text: string): string {
  return Buffer.from(text).toString("hex");
}

/** What is the same in every text in base64 in which this text stands: it depends on where in it the text begins. */
function toBase64(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    // A character has six bits. Those that share some with what is before or behind are left out.
    return bytes.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
}
