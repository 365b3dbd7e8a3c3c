// Begins the record of each operation, and reports requests that never became one.
import type { IncomingMessage } from "node:http";
import { requestIdOf } from "../http/request-id.ts";
import { type Observer, OperationRecord, type Transport } from "./operation-record.ts";

/** Begins the record of an operation that `req` brought; over WebSocket `requestId` tells the operations apart. */
export type BeginOperation = (
  req: IncomingMessage,
  transport: Transport,
  requestId?: string,
) => OperationRecord | undefined;

/** Without observers there are no records. */
export function createBeginOperation(observers: readonly Observer[]): BeginOperation {
  if (observers.length === 0) return () => undefined;
  return (req, transport, requestId = requestIdOf(req)) => {
    const { traceparent, tracestate } = req.headers;
    return new OperationRecord(
      {
        requestId,
        transport,
        traceparent: typeof traceparent === "string" ? traceparent : undefined,
        tracestate: typeof tracestate === "string" ? tracestate : undefined,
      },
      observers,
    );
  };
}

/** More of a path is not told: it may be as long as a request's head. */
const MAX_PATH = 100;

/** Yields what tells the observers of one; `code` is as in RefusedRequest. */
export function createTellRefused(observers: readonly Observer[]): (req: IncomingMessage, code: string) => void {
  return (req, code) => {
    const { method = "", url = "" } = req;
    const [path = ""] = url.split(/[?#]/, 1);
    const refused = { requestId: requestIdOf(req), method, path: path.slice(0, MAX_PATH), code };
    for (const observer of observers) observer.requestRefused?.(refused);
  };
}
