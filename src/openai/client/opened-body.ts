// The body of an answer, of which the beginning has been looked at: the form that it has, whatever its content type says and
// whatever was asked for.
import { contentTypeOf, isEventStream } from "./answer.ts";
import type { Endpoint, PaidEndpoint } from "./endpoint.ts";
import { Beginning, type BodyForm } from "./events/beginning.ts";
import type { Exchange } from "./exchange.ts";

/** The form of an answer: of its body, or bytes, which only endpoints send that say so. */
export type AnswerForm = BodyForm | "bytes";

/** An answer of which the beginning has been looked at; it is read from its beginning all the same. */
export interface Opened {
  readonly form: AnswerForm;
  readonly body: Exchange;
}

/** Looks at the first characters of the body; of a body without any, its content type tells. Rejects as `read` does. */
export function openBody(answer: Exchange, endpoint: Endpoint): Opened | Promise<Opened> {
  const whole = answer.takeWhole();
  if (!whole) return readBeginning(answer, endpoint);
  const beginning = new Beginning();
  for (const chunk of whole) beginning.add(chunk);
  return { form: formOf(beginning, whole, answer, endpoint), body: new ReadAgain(answer, whole, true) };
}

async function readBeginning(answer: Exchange, endpoint: Endpoint): Promise<Opened> {
  const beginning = new Beginning();
  const read: Uint8Array[] = [];
  while (beginning.form === undefined) {
    const chunks = await answer.read();
    if (!chunks) break;
    for (const chunk of chunks) {
      read.push(chunk);
      beginning.add(chunk);
    }
  }
  return { form: formOf(beginning, read, answer, endpoint), body: new ReadAgain(answer, read, false) };
}

/**
 * Bytes may begin as JSON does, by chance, but not as events do; and some servers say that they are text. Text is whole unless it
 * is events.
 */
function formOf(
  { form: own, isEmpty }: Beginning,
  read: readonly Uint8Array[],
  answer: Exchange,
  endpoint: Endpoint,
): AnswerForm {
  const form = own ?? (isEmpty && !isEventStream(answer) ? "whole" : "unknown");
  const { readBytes, readText }: Partial<PaidEndpoint> = endpoint.isPaid ? endpoint : {};
  if (form === "events" || (!readBytes && !readText)) return form;
  const type = contentTypeOf(answer);
  if (readText) return form === "unknown" && type !== "text/event-stream" ? "whole" : form;
  const text = beginningOf(read);
  if (CONTROLS.test(text)) return "bytes";
  // Proxies name the type that was asked for, of errors and pages as well.
  if (/^(?:audio|image|video)\//.test(type) && !FOREIGN.test(text)) return "bytes";
  return form === "unknown" && !/^text\/|json|xml/.test(type) ? "bytes" : form;
}

/** How many bytes are looked at: of so many that are no text, some are control characters. */
const LOOKED_AT = 256;
/** What no text has: control characters other than blanks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about them.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
/** How an object of JSON and a page begin. */
const FOREIGN = /^\s*(?:\{\s*"|<!doctype\b|<html\b)/i;

/** The first bytes as characters. */
function beginningOf(read: readonly Uint8Array[]): string {
  const beginning = read.flatMap((chunk) => [...chunk.subarray(0, LOOKED_AT)]).slice(0, LOOKED_AT);
  return String.fromCharCode(...beginning);
}

/** The same answer, of which what has been read is read once more. */
class ReadAgain implements Exchange {
  readonly statusCode: number;
  readonly headers: Exchange["headers"];
  readonly #answer: Exchange;
  readonly #isAll: boolean;
  readonly readNow: Exchange["readNow"];
  #read: readonly Uint8Array[] | undefined;

  constructor(answer: Exchange, read: readonly Uint8Array[], isAll: boolean) {
    this.statusCode = answer.statusCode;
    this.headers = answer.headers;
    this.#answer = answer;
    this.#isAll = isAll;
    this.#read = read.length > 0 ? read : undefined;
    if (answer.readNow) this.readNow = (wake) => this.#takeRead() ?? answer.readNow?.(wake);
  }

  takeWhole(): readonly Uint8Array[] | undefined {
    if (!this.#isAll) return undefined;
    const read = this.#read ?? [];
    this.#read = undefined;
    return read;
  }

  async read(): Promise<readonly Uint8Array[] | undefined> {
    return this.#takeRead() ?? this.#answer.read();
  }

  #takeRead(): readonly Uint8Array[] | undefined {
    const read = this.#read;
    this.#read = undefined;
    return read;
  }

  forget(): void {
    this.#answer.forget();
  }

  close(isAboutToEnd: boolean): void {
    this.#answer.close(isAboutToEnd);
  }
}
