// Reads the body of an answer in the form that it has, whatever its content type says and whatever was asked for.
import { isEventStream, readAnswer } from "./answer.ts";
import type { OpenAIClientOptions } from "./attempt.ts";
import { readCutText, readText } from "./body-text.ts";
import type { UpstreamRequest } from "./endpoint.ts";
import { type ReadEventsOptions, readEventStream, type Take } from "./event-stream.ts";
import { SingleEvent } from "./events/answer-end.ts";
import { Beginning, type BodyForm } from "./events/beginning.ts";
import type { Repeat } from "./events/event-form.ts";
import type { Exchange } from "./exchange.ts";
import { OpenAIError, toOpenAIError } from "./failures/errors.ts";
import { findSecrets } from "./secrets/credentials.ts";

/** What one stream is read with beside what is the same for all. */
type HowToRead = Pick<ReadEventsOptions, "readAddedText" | "normalise" | "end">;

/** Reads answers. Every function throws OpenAIError, also for an error status, or why the call was ended. */
export interface AnswerReader {
  /** The answer's value; events are put together to one. */
  readValue(answer: Exchange, request: UpstreamRequest): Promise<unknown>;
  /** The answer, ready to be read as a stream, or its value if it is none. */
  openStream(answer: Exchange): Promise<Exchange | { value: unknown }>;
  /** Hands the events of an answer to `take`, and closes it. Throws what `take` throws, too. */
  readEvents(answer: Exchange, take: Take<Record<string, unknown> | Repeat>, how: HowToRead): Promise<void>;
}

export function createAnswerReader(options: OpenAIClientOptions): AnswerReader {
  const { maxUpstreamBytes, maxUpstreamValues: maxValues, idleTimeoutMs } = options;
  const reading = { secrets: findSecrets(options), maxValues, idleTimeoutMs };

  function breakOff(error: unknown): never {
    throw toOpenAIError(error, options);
  }

  function open(answer: Exchange): Opened | Promise<Opened> {
    const opened = openBody(answer);
    return opened instanceof Promise ? opened.catch(breakOff) : opened;
  }

  async function readWhole(answer: Exchange, kept?: string): Promise<unknown> {
    let text = "";
    let restore: ((body: unknown) => void) | undefined;
    try {
      if (kept === undefined) text = await readText(answer, maxUpstreamBytes);
      else ({ text, restore } = await readCutText(answer, maxUpstreamBytes, kept));
    } catch (error) {
      // An error status is enough, even if its body could not be read.
      if (answer.statusCode < 400) breakOff(error);
    }
    try {
      return await readAnswer(answer, text, reading, restore);
    } catch (error) {
      answer.forget();
      throw error;
    }
  }

  async function readEvents(
    answer: Exchange,
    take: Take<Record<string, unknown> | Repeat>,
    how: HowToRead,
    forget = () => answer.forget(),
  ): Promise<void> {
    let isDone = false;
    try {
      const { headers, readNow } = answer;
      const events = { headers, read: () => answer.read(), readNow: readNow?.bind(answer), forget };
      isDone = (await readEventStream(events, take, { ...how, ...reading })) === "done";
    } catch (error) {
      if (error instanceof OpenAIError) throw error;
      breakOff(error);
    } finally {
      answer.close(isDone);
    }
  }

  async function readGathered(answer: Exchange, request: UpstreamRequest): Promise<unknown> {
    const { gather, createEventNormaliser } = request.endpoint.isPaid ? request.endpoint : {};
    const end = gather?.(createEventNormaliser?.() ?? none, request, maxValues) ?? new SingleEvent();
    try {
      // All of it counts as held until then: what it is put together to may be as much.
      await readEvents(answer, none, { end }, none);
    } catch (error) {
      answer.forget();
      throw error;
    }
    return end.body;
  }

  return {
    async readValue(answer, request) {
      if (!isSuccess(answer)) return readWhole(answer);
      const { form, body } = await open(answer);
      return form === "events" ? readGathered(body, request) : readWhole(body, request.endpoint.keptMember);
    },
    async openStream(answer) {
      if (!isSuccess(answer)) return { value: await readWhole(answer) };
      const { form, body } = await open(answer);
      return form === "whole" ? { value: await readWhole(body) } : body;
    },
    readEvents,
  };
}

/** Does nothing. */
function none(): undefined {}

function isSuccess({ statusCode }: Exchange): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** An answer of which the beginning has been looked at; it is read from its beginning all the same. */
interface Opened {
  readonly form: BodyForm;
  readonly body: Exchange;
}

/** Looks at the first characters of the body; of a body without any, its content type tells. Rejects as `read` does. */
function openBody(answer: Exchange): Opened | Promise<Opened> {
  const whole = answer.takeWhole();
  if (!whole) return readBeginning(answer);
  const beginning = new Beginning();
  for (const chunk of whole) beginning.add(chunk);
  return { form: formOf(beginning, answer), body: new ReadAgain(answer, whole, true) };
}

async function readBeginning(answer: Exchange): Promise<Opened> {
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
  return { form: formOf(beginning, answer), body: new ReadAgain(answer, read, false) };
}

function formOf({ form, isEmpty }: Beginning, answer: Exchange): BodyForm {
  return form ?? (isEmpty && !isEventStream(answer) ? "whole" : "unknown");
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
