// Text as a reader may take it: escapes undone, invisible characters left out, in lower case. Each character knows which
// part of the original it comes from. Knows no secrets.

/** How often escapes are undone: a URL in a JSON text in a JSON text. */
const MAX_LAYERS = 3;

/** Percent-encoding, JSON's, JavaScript's and HTML's escapes; and what is between characters without being one. */
const ESCAPE =
  /(?<bytes>(?:%[\da-f]{2}){1,512})|%u(?<percent>[\da-f]{4})|\\{1,8}(?:u(?<json>[\da-f]{4})|u\{(?<code>[\da-f]{1,6})\}|x(?<hex>[\da-f]{2})|[bfnrt])|&#(?:x(?<html>[\da-f]{1,6})|(?<decimal>\d{1,7}));|&[a-z]{2,31};|<\/?[a-z]{1,16} ?\/?>/gi;

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/;
/** Characters that show nothing by themselves. Some of those to ignore are letters by their category. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{M}]/u;
const SPACE = /\s/;
const LETTER = /[\p{L}\p{N}]/u;

/** Characters, each with the place in the original text where it begins and ends. */
export class Reading {
  text = "";
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** Adds characters that all stand for the same part of the original. */
  add(characters: string, start: number, end: number): void {
    this.text += characters;
    for (let unit = 0; unit < characters.length; unit++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }

  /** Adds a part of another reading of the same original. */
  copy(from: Reading, start: number, end: number): void {
    this.text += from.text.slice(start, end);
    for (let place = start; place < end; place++) {
      this.starts.push(from.starts[place] ?? 0);
      this.ends.push(from.ends[place] ?? 0);
    }
  }

  /** The same without anything but letters and digits. */
  onlyLetters(): Reading {
    const letters = new Reading();
    for (let place = 0; place < this.text.length; place++) {
      if (LETTER.test(this.text.charAt(place))) letters.copy(this, place, place + 1);
    }
    return letters;
  }
}

/** Reads a text. The time depends on its length alone. */
export function read(text: string): Reading {
  let reading = new Reading();
  for (let place = 0; place < text.length; place++) reading.add(text.charAt(place), place, place + 1);
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const decoded = undoEscapes(reading);
    if (decoded === reading) break;
    reading = decoded;
  }
  return normalize(reading);
}

function undoEscapes(reading: Reading): Reading {
  let decoded: Reading | undefined;
  let copied = 0;
  for (const { index, 0: escaped, groups } of reading.text.matchAll(ESCAPE)) {
    decoded ??= new Reading();
    decoded.copy(reading, copied, index);
    copied = index + escaped.length;
    decoded.add(decode(groups ?? {}), reading.starts[index] ?? 0, reading.ends[copied - 1] ?? 0);
  }
  decoded?.copy(reading, copied, reading.text.length);
  return decoded ?? reading;
}

function decode({ bytes, percent, json, code, hex, html, decimal }: Record<string, string | undefined>): string {
  if (bytes !== undefined) return Buffer.from(bytes.replaceAll("%", ""), "hex").toString();
  const sixteen = percent ?? json ?? code ?? hex ?? html;
  const point = sixteen === undefined ? Number(decimal) : Number.parseInt(sixteen, 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : "";
}

function normalize(reading: Reading): Reading {
  if (!NOT_PRINTABLE_ASCII.test(reading.text)) {
    reading.text = reading.text.toLowerCase();
    return reading;
  }
  const normal = new Reading();
  let place = 0;
  for (const character of reading.text) {
    const start = reading.starts[place] ?? 0;
    place += character.length;
    // Full width, circled and mathematical letters are the plain ones; an accent is a character of its own.
    for (const plain of SPACE.test(character) ? [" "] : character.normalize("NFKD")) {
      if (!INVISIBLE.test(plain)) normal.add(plain.toLowerCase(), start, reading.ends[place - 1] ?? 0);
    }
  }
  return normal;
}
