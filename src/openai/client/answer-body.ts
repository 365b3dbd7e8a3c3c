// Reads the body of an answer in the form that it has, whatever its content type says and whatever was asked for.
import { readAnswer } from "./answer.ts";
import type { OpenAIClientOptions } from "./attempt.ts";
import { readCutText, readText } from "./body-text.ts";
import { pour } from "./bytes/pour.ts";
import type { Endpoint, PaidEndpoint, UpstreamRequest } from "./endpoint.ts";
import { type ReadEventsOptions, readEventStream, type Take } from "./event-stream.ts";
import { SingleEvent } from "./events/answer-end.ts";
import type { Repeat } from "./events/event-form.ts";
import type { Exchange } from "./exchange.ts";
import { OpenAIError, toOpenAIError } from "./failures/errors.ts";
import { type AnswerForm, type Opened, openBody } from "./opened-body.ts";
import { findSecrets } from "./secrets/credentials.ts";

/** What one stream is read with beside what is the same for all. */
type HowToRead = Pick<ReadEventsOptions, "readAddedText" | "normalise" | "end">;

/** An answer that streams, or the value of one that does not. */
type OpenStream = { value: unknown } | { form: Exclude<AnswerForm, "whole">; body: Exchange };

/** Reads answers. Every function throws OpenAIError, also for an error status, or why the call was ended. */
export interface AnswerReader {
  /** The answer's value; events are put together to one. */
  readValue(answer: Exchange, request: UpstreamRequest): Promise<unknown>;
  /** The answer, ready to be read as a stream, or its value if it is none. */
  openStream(answer: Exchange, request: UpstreamRequest): Promise<OpenStream>;
  /** Hands the events of an answer to `take`, and closes it. Throws what `take` throws, too. */
  readEvents(answer: Exchange, take: TakeEvents, endpoint: Endpoint, how: HowToRead): Promise<void>;
  /** The same for an answer in bytes, whose events are what the endpoint's `readBytes` makes of them. */
  readPieces(answer: Exchange, take: TakeEvents, endpoint: Endpoint): Promise<void>;
}

type TakeEvents = Take<Record<string, unknown> | Repeat>;

export function createAnswerReader(options: OpenAIClientOptions): AnswerReader {
  const { maxUpstreamBytes, maxUpstreamValues: maxValues, idleTimeoutMs } = options;
  const reading = { secrets: findSecrets(options), maxValues, idleTimeoutMs };

  function breakOff(error: unknown): never {
    throw toOpenAIError(error, options);
  }

  function open(answer: Exchange, { endpoint }: UpstreamRequest): Opened | Promise<Opened> {
    const opened = openBody(answer, endpoint);
    return opened instanceof Promise ? opened.catch(breakOff) : opened;
  }

  async function readWhole(answer: Exchange, request: UpstreamRequest): Promise<unknown> {
    const { endpoint } = request;
    const kept = isSuccess(answer) ? endpoint.keptMember : undefined;
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
      const { readText: toValue, answerFields } = endpoint.isPaid ? endpoint : NONE;
      const how = { answerFields, ...reading };
      return await readAnswer(answer, text, how, toValue && ((whole) => toValue(whole, request)), restore);
    } catch (error) {
      answer.forget();
      throw error;
    }
  }

  async function readEvents(
    answer: Exchange,
    take: TakeEvents,
    endpoint: Endpoint,
    how: HowToRead,
    forget = () => answer.forget(),
  ): Promise<void> {
    let isDone = false;
    try {
      const { headers, readNow } = answer;
      const events = { headers, read: () => answer.read(), readNow: readNow?.bind(answer), forget };
      const { answerFields, hasLargeEvents } = endpoint.isPaid ? endpoint : NONE;
      const maxEventLength = hasLargeEvents ? maxUpstreamBytes : undefined;
      const reads = { answerFields, maxEventLength, ...how, ...reading };
      isDone = (await readEventStream(events, take, reads)) === "done";
    } catch (error) {
      if (error instanceof OpenAIError) throw error;
      breakOff(error);
    } finally {
      answer.close(isDone);
    }
  }

  async function readGathered(answer: Exchange, request: UpstreamRequest): Promise<unknown> {
    const { endpoint } = request;
    const { gather, createEventNormaliser } = endpoint.isPaid ? endpoint : NONE;
    const end = gather?.(createEventNormaliser?.() ?? none, request, maxValues) ?? new SingleEvent();
    try {
      // All of it counts as held until then: what it is put together to may be as much.
      await readEvents(answer, none, endpoint, { end }, none);
    } catch (error) {
      answer.forget();
      throw error;
    }
    return end.body;
  }

  async function readPieces(answer: Exchange, take: TakeEvents, endpoint: Endpoint): Promise<void> {
    const forget = () => {
      answer.forget();
      return true;
    };
    const contentType = typeHeaderOf(answer);
    try {
      await pour(answer, (chunks) => {
        const event = (endpoint as PaidEndpoint).readBytes?.(join(chunks), contentType);
        const ready = event && take([event]);
        return ready ? ready.then(forget) : forget();
      });
    } catch (error) {
      if (error instanceof OpenAIError) throw error;
      breakOff(error);
    } finally {
      answer.close(false);
    }
  }

  /** All of it counts as held. */
  async function readAllBytes(answer: Exchange, endpoint: Endpoint): Promise<unknown> {
    const chunks: Uint8Array[] = [];
    try {
      for (let read = await answer.read(); read; read = await answer.read()) chunks.push(...read);
    } catch (error) {
      answer.forget();
      breakOff(error);
    }
    return (endpoint as PaidEndpoint).readBytes?.(join(chunks), typeHeaderOf(answer));
  }

  return {
    async readValue(answer, request) {
      if (!isSuccess(answer)) return readWhole(answer, request);
      const { form, body } = await open(answer, request);
      if (form === "bytes") return readAllBytes(body, request.endpoint);
      return form === "events" ? readGathered(body, request) : readWhole(body, request);
    },
    async openStream(answer, request) {
      if (!isSuccess(answer)) return { value: await readWhole(answer, request) };
      const { form, body } = await open(answer, request);
      return form === "whole" ? { value: await readWhole(body, request) } : { form, body };
    },
    readEvents,
    readPieces,
  };
}

const NONE: Partial<PaidEndpoint> = {};

function join(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}

/** Does nothing. */
function none(): undefined {}

function isSuccess({ statusCode }: Exchange): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function typeHeaderOf({ headers }: Exchange): string {
  return String(headers["content-type"] ?? "");
}
