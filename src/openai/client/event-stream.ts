// Parses the server-sent events of an upstream answer into JSON objects, up to `[DONE]`.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
import { createParser } from "eventsource-parser";
import { findExcess, isRecord, readJson } from "../../json/json.ts";
import { boundError, type ReadAnswerOptions, tooMuch } from "./answer.ts";
import { pour } from "./bytes/pour.ts";
import { readErrorAnswer } from "./error-answer.ts";
import { isDone, isNothing, partsOf } from "./events/data.ts";
import { createDecoder } from "./events/decoder.ts";
import { EventForms, type ReadAddedText, Repeat } from "./events/event-form.ts";
import type { Exchange } from "./exchange.ts";
import { findError } from "./failures/embedded-error.ts";
import { OpenAIError } from "./failures/errors.ts";
import { untilNextTurn } from "./turns.ts";

/** Longest line and longest event, in characters: one chunk of an answer, a base64 sound included. */
const MAX_EVENT_LENGTH = 8 * 2 ** 20;

/** Most characters that are parsed in one turn of the event loop: as many as 1,800 events, if they are as small as can be. */
const TURN_LENGTH = 16 * 1024;
/** Longest line that may be an error in place of an event, in characters. */
const MAX_ERROR_LINE = 64 * 1024;

/** Most lines that are no fields: the parser makes an error of each. */
const MAX_FOREIGN_LINES = 1_000;

export interface ReadEventsOptions extends ReadAnswerOptions {
  /** Absent: every event is parsed. */
  readAddedText?: ReadAddedText | undefined;
  /** Brings each event into OpenAI's form. One that adds a text and does nothing else has it. */
  normalise?: ((event: Record<string, unknown>) => void) | undefined;
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
 * that is much, and yields how the events ended. Throws OpenAIError, after the events before it: `status` for an error event or an error object,
 * `invalid_response` for what is not an event stream of JSON objects, `interrupted` for one cut in the middle of an event; or
 * what `answer` and `take` throw. Leaves `answer` to the caller to close.
 */
export async function readEventStream(
  answer: Pick<Exchange, "headers" | "read" | "readNow" | "forget">,
  take: Take<Record<string, unknown> | Repeat>,
  { secrets, maxValues, readAddedText, normalise }: ReadEventsOptions,
): Promise<EventStreamEnd> {
  let queue: { event?: string | undefined; data: string }[] = [];
  let fault: OpenAIError | undefined;
  let sawEvent = false;
  let foreignLines = 0;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: (event) => queue.push(event),
    onError({ type, field, value = "", line = "" }) {
      if (type === "max-buffer-size-exceeded") {
        const message = `The upstream sent an event of over ${MAX_EVENT_LENGTH} characters.`;
        fault = new OpenAIError("invalid_response", message);
      }
      if (type !== "unknown-field") return;
      // llama.cpp's `error: {…}`; and an error object sent alone, under the head of a stream.
      if (field === "error") queue.push({ event: "error", data: value });
      else if (isErrorLine(line)) queue.push({ event: "error", data: line });
      else if (++foreignLines > MAX_FOREIGN_LINES) {
        fault = notAStream();
        throw fault;
      }
    },
  });
  const decode = createDecoder();
  const forms = readAddedText && new EventForms(readAddedText);
  /** Whether all that has come of the events before is in `queue`. */
  let isBetween = true;

  /** Reads a part of the answer; true at `[DONE]`. */
  function read(text: string, objects: (Record<string, unknown> | Repeat)[]): boolean {
    for (let from = 0; from < text.length; ) {
      const repeat = isBetween ? forms?.read(text, from) : undefined;
      if (repeat) {
        objects.push(repeat);
        from += repeat.length;
        continue;
      }
      const end = forms?.areOfUse ? text.indexOf("\n\n", from) + 2 : 0;
      const lines = text.slice(from, end > 1 ? end : undefined);
      const isWhole = isBetween && end > 1;
      isBetween = end > 1;
      from += lines.length;
      feed(lines);
      const before = objects.length;
      if (readInto(objects, false)) return true;
      const event = objects[before];
      if (isWhole && event && !(event instanceof Repeat)) forms?.learn(lines, event);
    }
    return false;
  }

  /** Leaves it to readInto to throw `fault`, after the events before it. */
  function feed(text: string): void {
    try {
      parser.feed(text);
    } catch (error) {
      if (error !== fault) throw error;
    }
  }

  /** Adds the objects of the events that are whole by now; true at `[DONE]`. */
  function readInto(objects: (Record<string, unknown> | Repeat)[], isCutOff: boolean): boolean {
    const events = queue;
    queue = [];
    for (const { event, data } of events) {
      for (const part of partsOf(data)) {
        if (isDone(part)) return true;
        sawEvent = true;
        if (event === "error" || !isNothing(part)) objects.push(readEvent(event, part, isCutOff));
      }
    }
    if (fault) throw fault;
    return false;
  }

  function readEvent(event: string | undefined, data: string, isCutOff: boolean): Record<string, unknown> {
    const excess = findExcess(data, maxValues);
    if (excess && event !== "error") throw tooMuch("event", excess);
    const value = excess ? undefined : readJson(data);
    const error = event === "error" ? data : findError(value);
    if (error !== undefined) throw readErrorAnswer(200, answer.headers, boundError(asText(error)), secrets);
    if (isRecord(value)) {
      normalise?.(value);
      return value;
    }
    if (isCutOff) throw new OpenAIError("interrupted", "The upstream's answer broke off in the middle of an event.");
    throw new OpenAIError("invalid_response", "The upstream sent an event that is not a JSON object.");
  }

  /** Hands out the events that are whole by now, and then throws what is wrong with the next; yields whether more may come. */
  function takePart(part: string, isCutOff = false): boolean | Promise<boolean> {
    const objects: (Record<string, unknown> | Repeat)[] = [];
    let isAtDone = false;
    let failure: unknown;
    try {
      if (!isCutOff) isAtDone = read(part, objects);
      else {
        feed(part);
        isAtDone = readInto(objects, true);
      }
    } catch (error) {
      failure = error;
    }
    const end = () => {
      // An event that is not whole yet stays counted.
      if (objects.length > 0) answer.forget();
      if (failure !== undefined) throw failure;
      return !isAtDone;
    };
    const ready = objects.length > 0 ? take(objects) : undefined;
    return ready ? ready.then(end) : end();
  }

  async function takeLong(text: string): Promise<boolean> {
    for (let place = 0; place < text.length; place += TURN_LENGTH) {
      if (place > 0) await untilNextTurn();
      if (!(await takePart(text.slice(place, place + TURN_LENGTH)))) return false;
    }
    return true;
  }

  const isAtBodyEnd = await pour(answer, (chunks) => {
    const text = chunks.length === 1 ? decode(chunks[0]) : chunks.map((chunk) => decode(chunk)).join("");
    return text.length > TURN_LENGTH ? takeLong(text) : takePart(text);
  });
  // The last event may come without a newline, or broken off.
  if (!isAtBodyEnd || !(await takePart(`${decode()}\n\n`, true))) return "done";
  if (foreignLines > 0 && !sawEvent) throw notAStream();
  return "body";
}

function notAStream(): OpenAIError {
  return new OpenAIError("invalid_response", "The upstream's answer is not an event stream.");
}

/** Whether a line that is no field is an error object sent alone. */
function isErrorLine(line: string): boolean {
  return (
    /^\s{0,64}[[{]/.test(line) &&
    line.length <= MAX_ERROR_LINE &&
    !findExcess(line, MAX_ERROR_LINE) &&
    findError(readJson(line)) !== undefined
  );
}

function asText(error: unknown): string {
  return typeof error === "string" ? error : JSON.stringify(error);
}
