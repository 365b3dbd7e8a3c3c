// The events in the text of a stream, and the objects that some servers send as lines of their own.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
import { createParser } from "eventsource-parser";
import { findExcess, isRecord, readJson } from "../../../json/json.ts";
import { findError } from "../failures/embedded-error.ts";
import { OpenAIError } from "../failures/errors.ts";

/** Longest line and longest event, in characters: one chunk of an answer, a base64 sound included. */
const MAX_EVENT_LENGTH = 8 * 2 ** 20;
/** Most lines that are no fields: the parser makes an error of each. */
const MAX_FOREIGN_LINES = 1_000;

/** One event as it came. */
export interface ServerEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

export class EventParser {
  #events: ServerEvent[] = [];
  #foreignLines = 0;
  #fault: OpenAIError | undefined;
  readonly #parser: ReturnType<typeof createParser>;

  /** `maxLength`: of one event, in characters. */
  constructor(maxLength = MAX_EVENT_LENGTH) {
    this.#parser = createParser({
      maxBufferSize: maxLength,
      onEvent: (event) => this.#events.push(event),
      onError: ({ type, field, value = "", line = "" }) => {
        if (type === "max-buffer-size-exceeded") {
          const message = `The upstream sent an event of over ${maxLength} characters.`;
          this.#fault = new OpenAIError("invalid_response", message);
        }
        if (type !== "unknown-field") return;
        // llama.cpp's `error: {…}`; and an error, or a whole answer after comments, sent as it is.
        if (field === "error") this.#events.push({ event: "error", data: value });
        else if (isObject(line)) this.#events.push({ data: line });
        else if (++this.#foreignLines > MAX_FOREIGN_LINES) {
          this.#fault = notAStream();
          throw this.#fault;
        }
      },
    });
  }

  /** Whether there were lines that no event stream has. */
  get sawForeignLines(): boolean {
    return this.#foreignLines > 0;
  }

  /** Why the text is not read on, to be thrown after the events before. */
  get fault(): OpenAIError | undefined {
    return this.#fault;
  }

  /** Reads more of the text. Its lines end with LF. */
  feed(text: string): void {
    try {
      this.#parser.feed(text);
    } catch (error) {
      if (error !== this.#fault) throw error;
    }
  }

  /** The events that are whole by now, each once. */
  take(): readonly ServerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

export function notAStream(): OpenAIError {
  return new OpenAIError("invalid_response", "The upstream's answer is not an event stream.");
}

function isObject(line: string): boolean {
  return (
    /^\s{0,64}[[{]/.test(line) &&
    !findExcess(line, Number.POSITIVE_INFINITY) &&
    (isRecord(readJson(line)) || findError(readJson(line)) !== undefined)
  );
}
