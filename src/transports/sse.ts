// Results of a subscription -> server-sent events: one write for what one read of the upstream brought, unless that is much.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode)
import type { ServerResponse } from "node:http";
import type { ExecutionResult } from "graphql";
import { showError } from "../errors/shown-error.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { encodeLarge, encodeSmall, STREAM_FACTOR, tooLarge } from "../http/json-pieces.ts";
import { onTurn } from "../http/line.ts";
import { CallerGone } from "../openai/cancellable.ts";
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

/** Most that is written at once, in characters, but for a single event. */
const MAX_WRITE_LENGTH = 64 * 1024;

/** Results in the batches in which they come; see ResultStream. */
export interface ResultBatches {
  /** At least one result; waits for it. The list is the caller's. */
  nextBatch(): Promise<IteratorResult<ExecutionResult[], undefined>>;
  /** Ends the results, and the upstream call with them. */
  return(): Promise<unknown>;
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
export async function writeEvents(
  res: ServerResponse,
  results: ResultBatches,
  { pingMs, maxBytes, signal, held, fail }: EventOptions,
): Promise<void> {
  const writer = createWriter(res);
  let isDone = false;
  let isLeft = false;
  let ping: NodeJS.Timeout | undefined;
  let begin = () => {};
  let bytes = 0;
  const leave = () => {
    if (isLeft) return;
    isLeft = true;
    clearInterval(ping);
    signal.removeEventListener("abort", leaveIfGone);
    begin();
    writer.wake();
    if (!isDone) void results.return();
  };
  // A pipelined request whose turn has not come gets no close event.
  const leaveIfGone = () => {
    if (res.destroyed || signal.reason instanceof CallerGone) leave();
  };

  /** Ends the stream, after the events so far. */
  const end = (text: string) => {
    isDone = true;
    clearInterval(ping);
    res.end(`${text}${COMPLETE}`);
  };

  /** Writes a large event, all but its end. `before` stands in front of it and has not been written. */
  async function writeLarge(before: string, result: ExecutionResult): Promise<void> {
    const { pieces, length, heldBytes } = await encodeLarge(result, maxBytes, held);
    bytes += length;
    for (const piece of [`${before}${NEXT}`, ...pieces]) if (!isLeft) await writer.write(piece);
    held.giveBack(heldBytes);
  }

  res.once("close", leave);
  signal.addEventListener("abort", leaveIfGone);
  leaveIfGone();
  // The upstream call begins before the turn has come.
  let next = isLeft ? undefined : results.nextBatch();
  await new Promise<void>((resolve) => {
    begin = resolve;
    if (isLeft) resolve();
    else onTurn(res, resolve);
  });
  if (!isLeft) {
    ping = setInterval(() => res.writableNeedDrain || res.write(PING), pingMs);
    // Some browsers wait for a first byte before they report the answer to the page.
    res.write(PING);
  }
  while (!isLeft) {
    const { value, done } = await (next ?? results.nextBatch());
    next = undefined;
    if (done) return end("");
    let text = "";
    // Taken out one by one: each may hold the whole text before it.
    for (let result = value.shift(); result && !isLeft; result = value.shift()) {
      try {
        const shown = show(result);
        const small = encodeSmall(shown);
        if (small === undefined) await writeLarge(text, shown);
        text = small === undefined ? END : `${text}${NEXT}${small}${END}`;
        if (bytes > maxBytes * STREAM_FACTOR) throw tooLarge("The stream", maxBytes * STREAM_FACTOR);
      } catch (error) {
        void results.return();
        const failure = JSON.stringify(show(fail(error)));
        return end(`${text}${NEXT}${failure}${END}`);
      }
      if (value.length > 0 && text.length < MAX_WRITE_LENGTH) continue;
      bytes += text.length;
      const written = text;
      text = "";
      if (!isLeft) await writer.write(written);
    }
  }
}

/** The result with its errors as clients get them. */
function show(result: ExecutionResult): ExecutionResult {
  return result.errors ? ({ ...result, errors: result.errors.map(showError) } as unknown as ExecutionResult) : result;
}
