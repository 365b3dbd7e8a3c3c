// Results -> messages of one WebSocket operation, by the road that server-sent events go.
import type { ExecutionResult } from "graphql";
import type { Results } from "../../execution/engine.ts";
import { ResultStream } from "../../execution/result-stream.ts";
import { CallerGone } from "../../openai/cancellable.ts";
import { type Outlet, onlyResult, type PushOptions, pushResults } from "../shared/push-results.ts";
import type { Inbox } from "./inbox.ts";

export interface SendOptions extends PushOptions {
  /** The operation's, as the client has named it. */
  id: string;
  /** Aborted with CallerGone when the client has gone, or wants no more. */
  signal: AbortSignal;
  inbox: Pick<Inbox, "send" | "sendAll">;
}

/**
 * Sends all results, each as a message; resolves when that is done, or nobody is left. What the client does not read holds the
 * upstream back.
 */
export async function sendResults(results: Results, { id, signal, inbox, ...options }: SendOptions): Promise<void> {
  const before = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const stream = results instanceof ResultStream ? results : onlyResult(results as ExecutionResult);
  let messages: string[] = [];
  let length = 0;
  let wake = () => {};
  const isLeft = () => signal.reason instanceof CallerGone;
  const leaveIfGone = () => {
    if (!isLeft()) return;
    wake();
    stream.leave();
  };
  const untilSent = (sent: Promise<void> | undefined) =>
    sent &&
    new Promise<void>((resolve) => {
      wake = resolve;
      void sent.then(resolve);
    });

  const outlet: Outlet = {
    isLeft,
    add(json) {
      messages.push(`${before}${json}}`);
      length += json.length;
      return length;
    },
    flush() {
      const ready = messages;
      messages = [];
      length = 0;
      return untilSent(inbox.sendAll(ready));
    },
    async writeLarge(pieces) {
      await outlet.flush();
      if (!isLeft()) await untilSent(inbox.send([Buffer.from(before), ...pieces, Buffer.from("}")]));
    },
  };
  signal.addEventListener("abort", leaveIfGone);
  leaveIfGone();
  try {
    await pushResults(stream, outlet, options);
  } finally {
    signal.removeEventListener("abort", leaveIfGone);
  }
}
