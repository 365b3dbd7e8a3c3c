// Numbers of JSON that a double does not hold, such as 18446744073709551615, from where they are read to where they are
// written, with all their digits. To all other readers such a number is the nearest double, as JSON.parse yields it.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const COLON = 0x3a;

/**
 * Finds a number that may be one: 16 digits or more, three digits of an exponent, or -0. Only after what stands before a number,
 * so that a prompt or a picture in base64 rarely looks like one.
 */
const CANDIDATE = /[:,[]\s*-?\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d{3}|(?<=-0)[.0]*(?:[eE][+-]?\d+)?[,\]}\s])/;
/** The grammar of JSON and of GraphQL. */
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** All that may be in a number, from `lastIndex` on. */
const TOKEN = /[-+.\deE]+/y;
/** Blanks, from `lastIndex` on. */
const BLANKS = /[\t\n\r ]*/y;

/** The digits that any double can be told apart by. */
const MAX_DIGITS = 17;
const MIN_NORMAL = 2 ** -1022;

/** Begin strings that stand for numbers while a text is parsed or written. Nobody can guess them, and they leave no process. */
const READ_MARK = crypto.randomUUID();
const WRITE_MARK = crypto.randomUUID();

/** The digits of such numbers, by the object or list that holds them and by their place in it. */
const digits = new WeakMap<object, Map<string, string>>();
/** Whether there have been any. Most processes never see one. */
let areThereAny = false;

let isWriting = false;
let hasWritten = false;

/** A number by its digits. writeJson writes these; everywhere else it is the nearest double. */
export class ExactNumber {
  /** An ordinary property, so that whoever measures values counts it. */
  readonly text: string;

  /** Throws a TypeError for what is no number of JSON. */
  constructor(text: string) {
    if (!NUMBER.test(text)) throw new TypeError("Not a number of JSON.");
    this.text = text;
  }

  toJSON(): unknown {
    if (!isWriting) return Number(this.text);
    hasWritten = true;
    return `${WRITE_MARK}${this.text}`;
  }
}

/**
 * The JSON text with strings in the place of such numbers; the same text if it has none. It is for parsers that are not this
 * server's: what they yield is to be given to `readMarks` before anybody else sees it.
 */
export function markNumbers(text: string): string {
  if (!CANDIDATE.test(text)) return text;
  let marked = "";
  let copied = 0;
  let place = 0;
  while (place < text.length) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) {
      place = findStringEnd(text, place + 1);
      continue;
    }
    if (code !== MINUS && !(code >= 0x30 && code <= 0x39)) {
      place++;
      continue;
    }
    const token = matchAt(TOKEN, text, place);
    const end = place + token.length;
    // Before a colon it would become a name.
    const isName = text.charCodeAt(end + matchAt(BLANKS, text, end).length) === COLON;
    if (!isName && NUMBER.test(token) && !isHeldByDouble(token)) {
      marked += `${text.slice(copied, place)}"${READ_MARK}${token}"`;
      copied = end;
    }
    place = end;
  }
  return copied === 0 ? text : marked + text.slice(copied);
}

/** Puts the nearest doubles in the place of marks inside the value, and remembers the digits. Changes and yields the value. */
export function readMarks(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const holder = value as Record<string, unknown>;
  for (const key in holder) {
    const child = holder[key];
    const text = typeof child === "string" ? readMark(child) : undefined;
    if (text !== undefined) {
      areThereAny = true;
      digits.set(holder, (digits.get(holder) ?? new Map<string, string>()).set(key, text));
      holder[key] = Number(text);
    } else if (typeof child === "object") readMarks(child);
  }
  return value;
}

/** Puts ExactNumbers in the place of the numbers of this object or list whose digits are remembered. */
export function restoreNumbers(holder: object): void {
  if (!areThereAny) return;
  const texts = digits.get(holder);
  if (!texts) return;
  for (const [key, text] of texts) (holder as Record<string, unknown>)[key] = new ExactNumber(text);
}

/** As JSON.stringify, with the digits of every ExactNumber; to `replace` they are texts. */
export function writeJson(value: unknown, replace?: (key: string, value: unknown) => unknown): string {
  isWriting = true;
  hasWritten = false;
  try {
    const text = JSON.stringify(value, replace);
    return hasWritten ? withoutMarks(text) : text;
  } finally {
    isWriting = false;
  }
}

/**
 * Whether JSON.stringify writes the same number for the double that `text`, a number of JSON, is read as. A fraction of up to 17
 * digits is the same to all who read doubles, though it may have been written with fewer.
 */
export function isHeldByDouble(text: string): boolean {
  const number = Number(text);
  if (!Number.isFinite(number)) return false;
  const given = normalize(text);
  const written = normalize(String(number));
  if (given.digits === written.digits && given.exponent === written.exponent && given.sign === written.sign) {
    return true;
  }
  const isFraction = !Number.isInteger(number) && Math.abs(number) >= MIN_NORMAL;
  return isFraction && given.digits.length <= MAX_DIGITS;
}

/** A number as its digits, without zeros around them, and the power of ten of the last. */
function normalize(text: string) {
  const [, sign = "", whole = "", fraction = "", power = "0"] = NUMBER.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  let start = 0;
  while (all[start] === "0") start++;
  let end = all.length;
  while (end > start && all[end - 1] === "0") end--;
  const exponent = end === start ? 0 : Number(power) - fraction.length + all.length - end;
  return { sign, digits: all.slice(start, end), exponent };
}

/** The number that a mark stands for; undefined for any other string. */
function readMark(text: string): string | undefined {
  if (!text.startsWith(READ_MARK)) return undefined;
  const number = text.slice(READ_MARK.length);
  return NUMBER.test(number) ? number : undefined;
}

function withoutMarks(text: string): string {
  const [start = "", ...numbers] = text.split(`"${WRITE_MARK}`);
  return start + numbers.map((number) => number.replace('"', "")).join("");
}

/** The place after the quote that ends the string, or the text's end. */
function findStringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = quote;
    while (slashes > start && text.charCodeAt(slashes - 1) === BACKSLASH) slashes--;
    if ((quote - slashes) % 2 === 0) return quote + 1;
  }
  return text.length;
}

function matchAt(pattern: RegExp, text: string, place: number): string {
  pattern.lastIndex = place;
  return pattern.exec(text)?.[0] ?? "";
}
