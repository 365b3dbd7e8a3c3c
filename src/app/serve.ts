// Serves one request to the endpoint, from identifying its caller to the end of its answer, and keeps the operation's record.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authenticator } from "../callers/authenticate.ts";
import type { Caller } from "../callers/caller.ts";
import type { createMaskError } from "../errors/mask.ts";
import { refuse } from "../http/answer.ts";
import type { Departures } from "../http/departures.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { onTurn } from "../http/line.ts";
import type { CallerContext } from "../limits/caller-context.ts";
import { Rates } from "../limits/rates.ts";
import type { UntilStart } from "../limits/starts.ts";
import { CallerGone } from "../openai/cancellable.ts";
import type { BeginOperation } from "../telemetry/operations.ts";
import type { AnswerRequest } from "../transports/http.ts";

export interface ServeOptions {
  authenticator: Authenticator;
  beginOperation: BeginOperation;
  contextOf(caller: Caller): CallerContext;
  /** Opens the account of the bytes that one operation of the caller holds. */
  openHeld(caller: Caller): HeldBytes;
  untilStart: UntilStart;
  departures: Departures;
  maskError: ReturnType<typeof createMaskError>;
  answer: AnswerRequest;
}

/** Yields what serves a request; it never rejects. */
export function createServe({
  authenticator,
  beginOperation,
  contextOf,
  openHeld,
  untilStart,
  departures,
  maskError,
  answer,
}: ServeOptions): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async (req, res) => {
    const signal = departures.signalOf(req.socket);
    const operation = beginOperation(req, "http");
    let held: HeldBytes | undefined;
    let hasEnded = false;
    const end = (isAborted: boolean) => {
      hasEnded = true;
      operation?.end(isAborted);
      held?.release();
    };
    const stopListening = res.socket ? undefined : onDeparture(signal, () => end(true));
    res.on("close", () => {
      stopListening?.();
      end(!res.writableFinished);
    });
    try {
      const identified = authenticator.identifyRequest(req);
      const caller = identified instanceof Promise ? await identified : identified;
      const start = untilStart(caller);
      if (start) await start;
      // A client may leave while its token is checked, or while others start.
      if (hasEnded) return;
      held = openHeld(caller);
      waitForTurn(res, held);
      const shared = contextOf(caller);
      const rates = shared.isRated ? new Rates() : undefined;
      const context = { req, res, signal, operation, held, rates, ...shared };
      context.openai = context.openai.within({ held, rates });
      if (operation) operation.caller = context;
      await answer(context);
    } catch (error) {
      const masked = maskError(error);
      operation?.readResult({ errors: [masked] });
      // An answer that has begun cannot be taken back. Breaking it off shows the client that it is not whole.
      if (res.headersSent) res.destroy();
      else refuse(req, res, masked);
    }
  };
}

/** Calls `leave` when the client has gone: a pipelined response whose turn has not come gets no close event. */
function onDeparture(signal: AbortSignal, leave: () => void): () => void {
  const listener = () => {
    if (signal.reason instanceof CallerGone) leave();
  };
  signal.addEventListener("abort", listener);
  return () => signal.removeEventListener("abort", listener);
}

/** A pipelined answer is behind others until its turn has come. */
function waitForTurn(res: ServerResponse, held: HeldBytes): void {
  if (res.socket) return;
  held.isBehind = true;
  onTurn(res, () => {
    held.isBehind = false;
  });
}
