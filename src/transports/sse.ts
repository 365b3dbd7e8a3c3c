// Results of a subscription -> server-sent events: one write for what one read of the upstream brought, unless that is much.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode)
import type { ServerResponse } from "node:http";
import type { ExecutionResult } from "graphql";
import { showError } from "../errors/shown-error.ts";
import { onTurn } from "../http/line.ts";
import { CallerGone } from "../openai/cancellable.ts";

/** A comment, which keeps an idle connection open. */
const PING = ":\n\n";
const COMPLETE = "event: complete\ndata:\n\n";

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

/**
 * Sends the events, once the turn of the response has come, and ends it, or leaves `results`, which must not throw, once the client has gone; `signal`
 * reports that too. What a client does not take holds the upstream back. `pingMs`: time between comments. The head must
 * have been written.
 */
export async function writeEvents(
  res: ServerResponse,
  results: ResultBatches,
  pingMs: number,
  signal: AbortSignal,
): Promise<void> {
  let wake = () => {};
  let isDone = false;
  let isLeft = false;
  let ping: NodeJS.Timeout | undefined;
  const leave = () => {
    if (isLeft) return;
    isLeft = true;
    clearInterval(ping);
    signal.removeEventListener("abort", leaveIfGone);
    wake();
    if (!isDone) void results.return();
  };
  // A pipelined request whose turn has not come gets no close event.
  const leaveIfGone = () => {
    if (res.destroyed || signal.reason instanceof CallerGone) leave();
  };
  res.once("close", leave);
  res.on("drain", () => wake());
  signal.addEventListener("abort", leaveIfGone);
  leaveIfGone();
  // The upstream call begins before the turn has come.
  let next = isLeft ? undefined : results.nextBatch();
  await new Promise<void>((resolve) => {
    wake = resolve;
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
    if (done) {
      isDone = true;
      clearInterval(ping);
      res.end(COMPLETE);
      return;
    }
    let text = "";
    // Taken out one by one: each may hold the whole text before it.
    for (let result = value.shift(); result && !isLeft; result = value.shift()) {
      text += `event: next\ndata: ${stringify(result)}\n\n`;
      if (value.length > 0 && text.length < MAX_WRITE_LENGTH) continue;
      const hasRoom = res.write(text);
      text = "";
      if (hasRoom) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

function stringify(result: ExecutionResult): string {
  return JSON.stringify(result.errors ? { ...result, errors: result.errors.map(showError) } : result);
}
