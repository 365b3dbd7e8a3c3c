// Parses the server-sent events of an upstream answer into JSON objects, up to `[DONE]`.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
import { findExcess, isRecord, readJson } from "../../json/json.ts";
import { boundError, type ReadAnswerOptions, tooMuch } from "./answer.ts";
import { pour } from "./bytes/pour.ts";
import { readErrorAnswer } from "./error-answer.ts";
import { type AnswerEnd, OpenEnd } from "./events/answer-end.ts";
import { isDone, isNothing, partsOf } from "./events/data.ts";
import { createDecoder } from "./events/decoder.ts";
import { EventForms, type ReadAddedText, Repeat } from "./events/event-form.ts";
import { EventParser, notAStream } from "./events/parser.ts";
import type { Exchange } from "./exchange.ts";
import { findError } from "./failures/embedded-error.ts";
import { OpenAIError } from "./failures/errors.ts";
import { untilNextTurn } from "./turns.ts";

/** Most characters that are parsed in one turn of the event loop: as many as 1,800 events, if they are as small as can be. */
const TURN_LENGTH = 16 * 1024;

export interface ReadEventsOptions extends ReadAnswerOptions {
  /** Absent: every event is parsed. */
  readAddedText?: ReadAddedText | undefined;
  /** Brings each event into OpenAI's form. One that adds a text and does nothing else has it. */
  normalise?: ((event: Record<string, unknown>) => void) | undefined;
  /** Absent: the answer is whole however its events end. */
  end?: AnswerEnd | undefined;
  /** Longest event, in characters. Absent: 8 MiB. */
  maxEventLength?: number | undefined;
  /** Longest wait for more after the answer is whole, in milliseconds. */
  idleTimeoutMs?: number;
}

/** How the events ended: by `[DONE]`, or because the body did. */
export type EventStreamEnd = "done" | "body";

/**
 * Takes all values of a stream that have come at once; they are its own from then on. If it yields a promise, no more are wanted
 * before that has resolved. What it throws ends the stream.
 */
export type Take<Value> = (values: readonly Value[]) => Promise<void> | undefined;

/**
 * Hands the JSON objects of the events to `take` as soon as their bytes have come, all that one read brought at once unless
 * that is much, and yields how the events ended: a stream that stays open after its answer has ended as if its body had.
 * Throws OpenAIError, after the events before it: `status` for an error event or an error object, `invalid_response` for what
 * is not an event stream of JSON objects, `interrupted` for one cut before its `end` or in the middle of an event; or what
 * `answer` and `take` throw. Leaves `answer` to the caller to close.
 */
export async function readEventStream(
  answer: Pick<Exchange, "headers" | "read" | "readNow" | "forget">,
  take: Take<Record<string, unknown> | Repeat>,
  {
    secrets,
    maxValues,
    answerFields,
    maxEventLength,
    readAddedText,
    normalise,
    end,
    idleTimeoutMs = 0,
  }: ReadEventsOptions,
): Promise<EventStreamEnd> {
  const parser = new EventParser(maxEventLength);
  const openEnd = end && new OpenEnd(end, idleTimeoutMs);
  let sawEvent = false;
  /** Whether the events since the last read bring anything. */
  let isProgress = false;
  const decode = createDecoder();
  const forms = readAddedText && new EventForms(readAddedText);
  /** Whether all that has come of the events before has been read. */
  let isBetween = true;

  /** Reads a part of the answer; true at `[DONE]`. */
  function read(text: string, objects: (Record<string, unknown> | Repeat)[]): boolean {
    for (let from = 0; from < text.length; ) {
      const repeat = isBetween ? forms?.read(text, from) : undefined;
      if (repeat) {
        objects.push(repeat);
        isProgress = true;
        from += repeat.length;
        continue;
      }
      const to = forms?.areOfUse ? text.indexOf("\n\n", from) + 2 : 0;
      const lines = text.slice(from, to > 1 ? to : undefined);
      const isWhole = isBetween && to > 1;
      isBetween = to > 1;
      from += lines.length;
      parser.feed(lines);
      const before = objects.length;
      if (readInto(objects, false)) return true;
      const event = objects[before];
      if (isWhole && event && !(event instanceof Repeat)) forms?.learn(lines, event);
    }
    return false;
  }

  /** Adds the objects of the events that are whole by now; true at `[DONE]`. */
  function readInto(objects: (Record<string, unknown> | Repeat)[], isCutOff: boolean): boolean {
    for (const { event, data } of parser.take()) {
      for (const part of partsOf(data)) {
        if (isDone(part)) return true;
        sawEvent = true;
        if (event !== "error" && isNothing(part)) continue;
        const object = readEvent(event, part, isCutOff);
        if (object) objects.push(object);
      }
    }
    if (parser.fault) throw parser.fault;
    return false;
  }

  /** Undefined: it is none of an answer's. */
  function readEvent(event = "message", data: string, isCutOff: boolean): Record<string, unknown> | undefined {
    const excess = findExcess(data, maxValues);
    if (excess && event !== "error") throw tooMuch("event", excess);
    const value = excess ? undefined : readJson(data);
    const error = event === "error" ? data : findError(value, "event", answerFields);
    if (error !== undefined) throw readErrorAnswer(200, answer.headers, boundError(asText(error)), secrets);
    if (isRecord(value)) {
      normalise?.(value);
      if (end?.add(value)) isProgress = true;
      return value;
    }
    if (isCutOff) throw brokeOff("in the middle of an event");
    // A sign of life with a name of its own, or a server's own word for the end.
    if (value === undefined && (event !== "message" || end?.isWhole)) return undefined;
    throw new OpenAIError("invalid_response", "The upstream sent an event that is not a JSON object.");
  }

  let isAtDone = false;

  /** Hands out the events that are whole by now, and then throws what is wrong with the next. */
  function takePart(part: string, isCutOff = false): Promise<void> | undefined {
    const objects: (Record<string, unknown> | Repeat)[] = [];
    let failure: unknown;
    try {
      if (!isCutOff) isAtDone = read(part, objects);
      else {
        parser.feed(part);
        isAtDone = readInto(objects, true);
      }
    } catch (error) {
      failure = error;
    }
    const taken = () => {
      // An event that is not whole yet stays counted.
      if (objects.length > 0) answer.forget();
      if (isProgress) openEnd?.progressed();
      isProgress = false;
      if (failure !== undefined) throw failure;
    };
    const ready = objects.length > 0 ? take(objects) : undefined;
    if (ready) return ready.then(taken);
    taken();
    return undefined;
  }

  async function takeLong(text: string): Promise<void> {
    for (let place = 0; place < text.length && !isAtDone; place += TURN_LENGTH) {
      if (place > 0) await untilNextTurn();
      await takePart(text.slice(place, place + TURN_LENGTH));
    }
  }

  /** Yields whether more is wanted whatever comes. */
  function takeChunks(chunks: readonly Uint8Array[]): boolean | Promise<boolean> {
    const text = chunks.length === 1 ? decode(chunks[0]) : chunks.map((chunk) => decode(chunk)).join("");
    const ready = text.length > TURN_LENGTH ? takeLong(text) : takePart(text);
    return ready ? ready.then(isMoreWanted) : isMoreWanted();
  }
  const isMoreWanted = () => !isAtDone && !end?.isWhole;

  let hasEnded = await pour(answer, takeChunks);
  while (openEnd && !hasEnded && !isAtDone) {
    const chunks = await (end.isWhole ? openEnd.read(answer) : answer.read());
    if (chunks) await takeChunks(chunks);
    else hasEnded = true;
  }
  // The last event may come without a newline, or broken off.
  if (!isAtDone) await takePart(`${decode()}\n\n`, true);
  if (isAtDone) return "done";
  if (parser.sawForeignLines && !sawEvent) throw notAStream();
  if (end && !end.isWhole) throw brokeOff("before its end");
  return "body";
}

function brokeOff(where: string): OpenAIError {
  return new OpenAIError("interrupted", `The upstream's answer broke off ${where}.`);
}

function asText(error: unknown): string {
  return typeof error === "string" ? error : JSON.stringify(error);
}
