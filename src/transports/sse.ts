// Results of a subscription -> server-sent events: one write for what one read of the upstream brought, unless that is much.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode)
import type { IncomingMessage, ServerResponse } from "node:http";
import { onTurn } from "../http/line.ts";
import type { Rates } from "../limits/rates.ts";
import { CallerGone } from "../openai/cancellable.ts";
import { createWriter } from "./large-answer.ts";
import { type Outlet, type PushOptions, pushResults, type Results } from "./shared/push-results.ts";

/** A comment, which keeps an idle connection open. */
const PING = ":\n\n";
/** Clients send the last id when they connect again, and are told then that there is no more: see isRepeated. */
const OPENING = ":\nid: 0\n\n";
const COMPLETE = "event: complete\ndata:\n\n";
const NEXT = "event: next\ndata: ";

/** The head of an event stream: proxies shall neither keep nor hold back what comes. */
export const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/** Longest time that the head of a stream waits for its first event, in milliseconds. */
const BEGIN_WITHIN_MS = 20;

/**
 * Whether a client that has had a part of an event stream asks for it again, as `EventSource` does by itself when a stream ends or
 * breaks. https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */
export function isRepeated({ headers }: IncomingMessage): boolean {
  return headers["last-event-id"] !== undefined;
}

const OK = { status: 200, headers: {} };

/** How events are written. */
export interface EventOptions extends PushOptions {
  /** Time between comments, in milliseconds. */
  pingMs: number;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /** What the head has beside that of every event stream. Absent: nothing, with 200. */
  head?: { status: number; headers: Record<string, string> };
  /** How far the caller's limits are used up, for the head. Undefined: it says nothing of it. */
  rates?: Rates | undefined;
}

/**
 * Sends the events, once the turn of the response has come, and ends it, or leaves `results`, which must not throw, once the
 * client has gone; `signal` reports that too. The head leaves with the first event, or soon: by then it is known what the
 * first calls have left of the caller's limits.
 */
export async function writeEvents<Value>(
  res: ServerResponse,
  results: Results<Value>,
  { pingMs, signal, head = OK, rates, ...options }: EventOptions,
): Promise<void> {
  const writer = createWriter(res);
  let isDone = false;
  let isLeft = false;
  let isInEvent = false;
  let ping: NodeJS.Timeout | undefined;
  let opens: NodeJS.Timeout | undefined;
  // Not written yet. Some browsers wait for a first byte before they report the answer to the page: it leaves with the first
  // event, or soon.
  let text: string = OPENING;
  let events = 0;
  let turn: Promise<void> | undefined;
  let begin = () => {};

  const stopTimers = () => {
    clearInterval(ping);
    clearTimeout(opens);
  };
  const leave = () => {
    if (isLeft) return;
    isLeft = true;
    stopTimers();
    signal.removeEventListener("abort", leaveIfGone);
    begin();
    writer.wake();
    if (!isDone) results.leave();
  };
  // A pipelined request whose turn has not come gets no close event.
  const leaveIfGone = () => {
    if (res.destroyed || signal.reason instanceof CallerGone) leave();
  };
  const writeHead = () => {
    if (res.headersSent) return;
    rates?.writeTo(res);
    res.writeHead(head.status, { ...head.headers, ...EVENT_STREAM });
  };
  const takeText = () => {
    writeHead();
    const taken = text;
    text = "";
    return taken;
  };

  const endEvent = () => `\nid: ${++events}\n\n`;
  /** A call that waits for its limits does so for a second at most. */
  const openSoon = () => {
    if (rates?.isAwaited) opens = setTimeout(openSoon, BEGIN_WITHIN_MS);
    else if (text !== "") res.write(takeText());
  };

  const outlet: Outlet = {
    untilOpen: () => turn,
    isLeft: () => isLeft,
    add(json) {
      text = `${text}${NEXT}${json}${endEvent()}`;
      return text.length;
    },
    flush: () => writer.write(takeText()),
    async writeLarge(pieces) {
      isInEvent = true;
      for (const piece of [`${takeText()}${NEXT}`, ...pieces]) if (!isLeft) await writer.write(piece);
      isInEvent = false;
      text = endEvent();
    },
  };

  res.once("close", leave);
  signal.addEventListener("abort", leaveIfGone);
  leaveIfGone();
  if (isLeft) return;
  turn = new Promise((resolve) => {
    begin = () => {
      turn = undefined;
      resolve();
    };
  });
  // The upstream call begins before the turn has come.
  const pushed = pushResults(results, outlet, options);
  onTurn(res, () => {
    if (isLeft) return;
    ping = setInterval(() => isInEvent || res.writableNeedDrain || res.write(`${takeText()}${PING}`), pingMs);
    opens = setTimeout(openSoon, BEGIN_WITHIN_MS);
    begin();
  });
  await pushed;
  await turn;
  if (isLeft) return;
  isDone = true;
  stopTimers();
  res.end(`${takeText()}${COMPLETE}`);
}
