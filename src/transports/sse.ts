// Results of a subscription -> server-sent events: one write for what one read of the upstream brought, unless that is much.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode)
import type { ServerResponse } from "node:http";
import type { ExecutionResult } from "graphql";
import { showError } from "../errors/shown-error.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { encodeLarge, encodeSmall, STREAM_FACTOR, tooLarge } from "../http/json-pieces.ts";
import { onTurn } from "../http/line.ts";
import { CallerGone } from "../openai/cancellable.ts";
import type { Take } from "../openai/client/event-stream.ts";
import { createWriter } from "./large-answer.ts";

/** A comment, which keeps an idle connection open. */
const PING = ":\n\n";
const COMPLETE = "event: complete\ndata:\n\n";
const NEXT = "event: next\ndata: ";
const END = "\n\n";

/** The head of an event stream: proxies shall neither keep nor hold back what comes. */
export const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/** Longest time that the head of a stream waits for its first event, in milliseconds. */
const BEGIN_WITHIN_MS = 20;

/** Most that is written at once, in characters, but for a single event. */
const MAX_WRITE_LENGTH = 64 * 1024;

/** How results are made of values, each when it is to be written. */
interface MakeResults<Value> {
  toResult(value: Value): ExecutionResult | Promise<ExecutionResult>;
  /** A small result as JSON, if that is known already. */
  toText(value: Value): string | undefined;
}

/** Results as they come; see ResultStream. */
export interface Results<Value> extends MakeResults<Value> {
  /** Hands out the values; resolves with the last result if it is made of none. */
  run(take: Take<Value>): Promise<ExecutionResult | undefined>;
  /** Ends the results, and the upstream call with them. */
  leave(): void;
}

/** How events are written. */
export interface EventOptions {
  /** Time between comments, in milliseconds. */
  pingMs: number;
  /** Largest event. */
  maxBytes: number;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /** Counts the bytes of large events until they have been written. */
  held: HeldBytes;
  /** Reports an error; yields the result that tells the client of it. */
  fail(error: unknown): ExecutionResult;
}

/**
 * Sends the events, once the turn of the response has come, and ends it, or leaves `results`, which must not throw, once the
 * client has gone; `signal` reports that too. What a client does not take holds the upstream back. A stream with too much to
 * say ends with OPERATION_TOO_COMPLEX. The head must have been written.
 */
export async function writeEvents<Value>(
  res: ServerResponse,
  results: Results<Value>,
  { pingMs, maxBytes, signal, held, fail }: EventOptions,
): Promise<void> {
  const writer = createWriter(res);
  let isDone = false;
  let isLeft = false;
  let ping: NodeJS.Timeout | undefined;
  let opens: NodeJS.Timeout | undefined;
  // Some browsers wait for a first byte before they report the answer to the page. It leaves with the first event, or soon.
  let opening: string = PING;
  let hasBegun = false;
  let begin = () => {};
  let bytes = 0;
  const leave = () => {
    if (isLeft) return;
    isLeft = true;
    clearInterval(ping);
    clearTimeout(opens);
    signal.removeEventListener("abort", leaveIfGone);
    begin();
    writer.wake();
    if (!isDone) results.leave();
  };
  // A pipelined request whose turn has not come gets no close event.
  const leaveIfGone = () => {
    if (res.destroyed || signal.reason instanceof CallerGone) leave();
  };

  const takeOpening = () => {
    const text = opening;
    opening = "";
    return text;
  };

  /** Ends the stream, after the events so far. */
  const end = (text: string) => {
    isDone = true;
    clearInterval(ping);
    clearTimeout(opens);
    res.end(`${takeOpening()}${text}${COMPLETE}`);
  };

  /** Writes a large event, all but its end. `before` stands in front of it and has not been written. */
  async function writeLarge(before: string, result: ExecutionResult): Promise<void> {
    const { pieces, length, heldBytes } = await encodeLarge(result, maxBytes, held);
    bytes += length;
    for (const piece of [`${before}${NEXT}`, ...pieces]) if (!isLeft) await writer.write(piece);
    held.giveBack(heldBytes);
  }

  /** Writes what has come at once. Each result is made when those before it have been written. */
  async function write<Part>(values: readonly Part[], make: MakeResults<Part>): Promise<void> {
    if (!hasBegun) await turn;
    let text = takeOpening();
    for (let place = 0; place < values.length && !isLeft && !isDone; place++) {
      try {
        const value = values[place] as Part;
        let small = make.toText(value);
        if (small === undefined) {
          const made = make.toResult(value);
          const shown = show(made instanceof Promise ? await made : made);
          small = encodeSmall(shown);
          if (small === undefined) await writeLarge(text, shown);
        }
        text = small === undefined ? END : `${text}${NEXT}${small}${END}`;
        if (bytes > maxBytes * STREAM_FACTOR) throw tooLarge("The stream", maxBytes * STREAM_FACTOR);
      } catch (error) {
        const failure = JSON.stringify(show(fail(error)));
        end(`${text}${NEXT}${failure}${END}`);
        return results.leave();
      }
      if (place < values.length - 1 && text.length < MAX_WRITE_LENGTH) continue;
      bytes += text.length;
      const written = text;
      text = "";
      const room = isLeft ? undefined : writer.write(written);
      if (room) await room;
    }
  }

  const turn = new Promise<void>((resolve) => {
    begin = resolve;
  });
  res.once("close", leave);
  signal.addEventListener("abort", leaveIfGone);
  leaveIfGone();
  if (isLeft) return;
  let written: Promise<void> | undefined;
  // The upstream call begins before the turn has come.
  const run = results.run((values) => {
    written = write(values, results);
    return written;
  });
  onTurn(res, () => {
    if (isLeft) return;
    hasBegun = true;
    ping = setInterval(() => res.writableNeedDrain || res.write(PING), pingMs);
    opens = setTimeout(() => opening !== "" && res.write(takeOpening()), BEGIN_WITHIN_MS);
    begin();
  });
  const last = await run;
  await written;
  if (last) await write([last], AS_IT_IS);
  else if (!hasBegun) await turn;
  if (!isLeft && !isDone) end("");
}

/** A result that is made already. */
export const AS_IT_IS = { toResult: (result: ExecutionResult) => result, toText: () => undefined };

/** The result with its errors as clients get them. */
function show(result: ExecutionResult): ExecutionResult {
  return result.errors ? ({ ...result, errors: result.errors.map(showError) } as unknown as ExecutionResult) : result;
}
