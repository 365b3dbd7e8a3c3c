// Results of a subscription -> server-sent events, one write for all that one read of the upstream brought.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode)
import type { ServerResponse } from "node:http";
import type { ExecutionResult } from "graphql";
import type { ResultBatches } from "./result-batches.ts";
import { showError } from "./shown-error.ts";

/** A comment, which keeps an idle connection open. */
const PING = ":\n\n";
const COMPLETE = "event: complete\ndata:\n\n";

/** The head of an event stream: proxies shall neither keep nor hold back what comes. */
export const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/**
 * Sends the events and ends the response, or leaves `results`, which must not throw, once the client has gone. What a
 * client does not take holds the upstream back. `pingMs`: time between comments. The head must have been written, and
 * `results` must end soon after `signal` is aborted.
 */
export async function writeEvents(
  res: ServerResponse,
  results: ResultBatches,
  pingMs: number,
  signal: AbortSignal,
): Promise<void> {
  let wake = () => {};
  let isDone = false;
  const wakeUp = () => wake();
  const leave = () => {
    clearInterval(ping);
    signal.removeEventListener("abort", wakeUp);
    wake();
    if (!isDone) void results.return();
  };
  const ping = setInterval(() => res.writableNeedDrain || res.write(PING), pingMs);
  res.once("close", leave);
  res.on("drain", wakeUp);
  // A pipelined request whose turn has not come hears neither of the close nor of room for more.
  signal.addEventListener("abort", wakeUp, { once: true });
  // Some browsers wait for a first byte before they tell the page of the answer.
  if (res.destroyed) leave();
  else res.write(PING);
  while (!res.destroyed) {
    const { value, done } = await results.nextBatch();
    if (done) {
      isDone = true;
      clearInterval(ping);
      res.end(COMPLETE);
      return;
    }
    let text = "";
    for (const result of value) text += `event: next\ndata: ${stringify(result)}\n\n`;
    if (!res.destroyed && !res.write(text) && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

function stringify(result: ExecutionResult): string {
  return JSON.stringify(result.errors ? { ...result, errors: result.errors.map(showError) } : result);
}
