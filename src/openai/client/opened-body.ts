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
  if (/^(?:audio|image|video)\//.test(type) || hasControls(read)) return "bytes";
  return form === "unknown" && !/^text\/|json|xml/.test(type) ? "bytes" : form;
}

/** How many bytes are looked at. */
const LOOKED_AT = 64;

/** Whether a body begins with what no text has: control characters other than blanks. */
function hasControls(read: readonly Uint8Array[]): boolean {
  const beginning = read.flatMap((chunk) => [...chunk.subarray(0, LOOKED_AT)]).slice(0, LOOKED_AT);
  return beginning.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
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
