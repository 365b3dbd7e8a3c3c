// Parses the server-sent events of an upstream answer into JSON objects, up to `[DONE]`.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
import { createParser } from "eventsource-parser";
import { readErrorAnswer } from "./error-answer.ts";
import { OpenAIError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { isRecord, readJson } from "./json.ts";
import type { Secrets } from "./secrets/secrets.ts";

/** Longest line and longest event, in characters: one chunk of an answer, a base64 sound included. */
const MAX_EVENT_LENGTH = 8 * 2 ** 20;

/** How the events ended: by `[DONE]`, or because the body did. */
export type EventStreamEnd = "done" | "body";

/**
 * Yields the JSON objects of the events as soon as their bytes have come, all that one read brought at once, and returns
 * how the events ended. Throws OpenAIError, after the events before it: `status` for an error event or an error object,
 * `invalid_response` for what is not an event stream of JSON objects, `interrupted` for one cut in the middle of an event; or
 * what `answer` throws. Leaves `answer` to the caller to close.
 */
export async function* readEventStream(
  answer: Pick<Exchange, "headers" | "read" | "forget">,
  secrets: Secrets,
): AsyncGenerator<readonly Record<string, unknown>[], EventStreamEnd> {
  let queue: { event?: string | undefined; data: string }[] = [];
  let fault: OpenAIError | undefined;
  let sawEvent = false;
  let sawForeignLine = false;
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
      else if (isError(readJson(line))) queue.push({ event: "error", data: line });
      else sawForeignLine = true;
    },
  });
  const decode = createDecoder();

  /** Adds the objects of the events that are whole by now; true at `[DONE]`. */
  function readInto(objects: Record<string, unknown>[], isCutOff: boolean): boolean {
    const events = queue;
    queue = [];
    for (const { event, data } of events) {
      if (isDone(data)) return true;
      sawEvent = true;
      if (event === "error" || data.trim() !== "") objects.push(readEvent(event, data, isCutOff));
    }
    if (fault) throw fault;
    return false;
  }

  function readEvent(event: string | undefined, data: string, isCutOff: boolean): Record<string, unknown> {
    const value = readJson(data);
    if (event === "error" || isError(value)) throw readErrorAnswer(200, answer.headers, data, secrets);
    if (isRecord(value)) return value;
    if (isCutOff) throw new OpenAIError("interrupted", "The upstream's answer broke off in the middle of an event.");
    throw new OpenAIError("invalid_response", "The upstream sent an event that is not a JSON object.");
  }

  for (;;) {
    const chunks = await answer.read();
    const objects: Record<string, unknown>[] = [];
    let end: EventStreamEnd | undefined;
    let failure: unknown;
    try {
      for (const chunk of chunks ?? []) parser.feed(decode(chunk));
      // The last event may come without a newline, or broken off.
      if (!chunks) parser.feed(`${decode()}\n\n`);
      if (readInto(objects, !chunks)) end = "done";
      else if (!chunks) end = "body";
    } catch (error) {
      failure = error;
    }
    if (objects.length > 0) {
      yield objects;
      // An event that is not whole yet stays counted.
      answer.forget();
    }
    if (failure !== undefined) throw failure;
    if (end === "body" && sawForeignLine && !sawEvent) {
      throw new OpenAIError("invalid_response", "The upstream's answer is not an event stream.");
    }
    if (end) return end;
  }
}

function isDone(data: string): boolean {
  return data === "[DONE]" || data.trim() === "[DONE]";
}

/** Decodes UTF-8 and ends each line with LF: the parser would hold back a last CR until it sees what follows. */
function createDecoder(): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder();
  let endedWithCr = false;
  return function decode(bytes) {
    const text = decoder.decode(bytes, { stream: bytes !== undefined });
    const rest = endedWithCr && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") endedWithCr = text.endsWith("\r");
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest;
  };
}

/** Whether an event is an error, as OpenAI, Gemini (a list of one) or vLLM (a bare object that names itself) send it. */
function isError(value: unknown): boolean {
  const body: unknown = Array.isArray(value) ? value[0] : value;
  return isRecord(body) && Boolean(body.error || body.object === "error");
}
