// Most events of a stream are alike but for the text that they add. One that is, letter by letter, as an earlier one but for
// that text is not parsed: its text is taken out.

/** Yields the text that an event adds, if it does nothing else. */
export type ReadAddedText = (event: unknown) => string | undefined;

/** Most forms of one stream: one for each choice, at first. What differs each time is parsed each time. */
const MAX_FORMS = 4;
/** How many events are looked at for a form. */
const MAX_TRIES = 8;
/** Longest text that is taken out, in UTF-16 units. */
const MAX_TEXT_LENGTH = 1_024;

const PROBE = "0-probe-0";
/** https://platform.openai.com/docs/api-reference/chat-streaming: random letters that nobody reads. */
const PADDING = '"obfuscation":"';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BLANK = 0x20;

/** An event that is as an earlier one but for its text. */
export class Repeat {
  readonly form: EventForm;
  readonly text: string;
  /** The text as JSON.stringify writes it, without its quotes. */
  readonly json: string;
  /** Of its lines, their ends included. */
  readonly length: number;

  constructor(form: EventForm, text: string, json: string, length: number) {
    this.form = form;
    this.text = text;
    this.json = json;
    this.length = length;
  }

  /** What has been made of the event, as if it had been parsed. */
  toValue(): unknown {
    return this.form.make(this.text);
  }

  /** The event as it was sent. */
  toEvent(): Record<string, unknown> {
    return this.form.parse(this.text);
  }

  /** Both as one event with one text. Undefined if they are of two forms, or that would be too long. */
  and({ form, text, json, length }: Repeat): Repeat | undefined {
    if (form !== this.form || this.text.length + text.length > MAX_TEXT_LENGTH) return undefined;
    return new Repeat(form, this.text + text, this.json + json, this.length + length);
  }
}

/** What the events of one form have in common: everything but their text. */
export class EventForm {
  /** The lines of an event before its text, after it up to its padding, and after that. */
  readonly #head: string;
  readonly #tail: string;
  readonly #end: string | undefined;
  /** What is made of an event of this form after it was parsed, once it is asked for. Set by those who make it. */
  change: (event: Record<string, unknown>, isProbe: boolean) => unknown = (event) => event;

  constructor(head: string, tail: string, end: string | undefined) {
    this.#head = head;
    this.#tail = tail;
    this.#end = end;
  }

  /** The event that begins at `from`, if it is of this form and has come whole. */
  read(lines: string, from: number): Repeat | undefined {
    const start = from + this.#head.length;
    if (!isAt(lines, from, this.#head)) return undefined;
    const to = endOfString(lines, start);
    if (to < 0 || to - start > MAX_TEXT_LENGTH || !isAt(lines, to, this.#tail)) return undefined;
    let place = to + this.#tail.length;
    if (this.#end !== undefined) {
      const padded = endOfString(lines, place);
      if (padded < 0 || !isAt(lines, padded, this.#end)) return undefined;
      if (readString(lines.slice(place, padded)) === undefined) return undefined;
      place = padded + this.#end.length;
    }
    const json = lines.slice(start, to);
    const text = readString(json);
    if (text === undefined) return undefined;
    return new Repeat(this, text, text === json ? json : JSON.stringify(text).slice(1, -1), place - from);
  }

  /** What would have been made of an event with this text. A probe leaves no trace in what is made of others. */
  make(text: string, isProbe = false): unknown {
    return this.change(this.parse(text), isProbe);
  }

  /** An event with this text. */
  parse(text: string): Record<string, unknown> {
    const head = this.#head.slice(this.#head.indexOf("{"));
    return JSON.parse(`${head}${JSON.stringify(text).slice(1, -1)}${this.#tail}${this.#end ?? ""}`);
  }
}

/** The forms of one stream, learned from its events. */
export class EventForms {
  readonly #readText: ReadAddedText;
  readonly #forms: EventForm[] = [];
  #triesLeft = MAX_TRIES;

  constructor(readText: ReadAddedText) {
    this.#readText = readText;
  }

  /** Whether it is worth while to look at each event. */
  get areOfUse(): boolean {
    return this.#forms.length > 0 || this.#triesLeft > 0;
  }

  /** The event that begins at `from`, if it is of a known form and has come whole. */
  read(lines: string, from: number): Repeat | undefined {
    for (const form of this.#forms) {
      const repeat = form.read(lines, from);
      if (repeat) return repeat;
    }
    return undefined;
  }

  /** Takes note of an event that was parsed, and of its lines. */
  learn(lines: string, event: Record<string, unknown>): void {
    if (this.#triesLeft === 0 || this.#forms.length === MAX_FORMS) return;
    const text = this.#readText(event);
    // Of an empty text there is no telling where it stands.
    if (!text) return;
    this.#triesLeft--;
    const form = findForm(lines, event, text, this.#readText);
    if (form) this.#forms.push(form);
  }
}

function findForm(lines: string, event: object, text: string, readText: ReadAddedText): EventForm | undefined {
  const [, start, data] = /^(data: ?)(\{[^\n]*\})\n\n$/.exec(lines) ?? [];
  if (start === undefined || data === undefined) return undefined;
  // What had to be brought into OpenAI's form has to be each time.
  if (JSON.stringify(readObject(data)) !== JSON.stringify(event)) return undefined;
  const quoted = JSON.stringify(text);
  // The text may stand elsewhere, too: as the role or in the name of the model.
  for (
    let at = data.indexOf(quoted), tries = 0;
    at >= 0 && tries < MAX_TRIES;
    at = data.indexOf(quoted, at + 1), tries++
  ) {
    const head = data.slice(0, at + 1);
    const rest = data.slice(at + quoted.length - 1);
    if (readText(readObject(`${head}${PROBE}${rest}`)) !== PROBE) continue;
    const paddingAt = rest.indexOf(PADDING);
    const from = paddingAt + PADDING.length;
    const to = paddingAt < 0 ? -1 : endOfString(rest, from);
    const [tail, end] = to < 0 ? [rest] : [rest.slice(0, from), rest.slice(to)];
    const isPadded = end !== undefined && readObject(`${head}${PROBE}${tail}${PROBE}${end}`)?.obfuscation === PROBE;
    return isPadded
      ? new EventForm(`${start}${head}`, tail, `${end}\n\n`)
      : new EventForm(`${start}${head}`, `${rest}\n\n`, undefined);
  }
  return undefined;
}

/** As startsWith, which takes twice as long if the lines have any letter that is not Latin. */
function isAt(lines: string, place: number, part: string): boolean {
  return lines.slice(place, place + part.length) === part;
}

/** The place of the quote that ends a JSON string whose inside begins at `from`; -1 if there is none. */
function endOfString(text: string, from: number): number {
  for (let place = from; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) return place;
    if (code === BACKSLASH) place++;
    else if (code < BLANK) return -1;
  }
  return -1;
}

/** The string whose inside, without control characters, is `json`; undefined if it has escapes that no string may have. */
function readString(json: string): string | undefined {
  if (!json.includes("\\")) return json;
  try {
    return JSON.parse(`"${json}"`);
  } catch {
    return undefined;
  }
}

function readObject(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
