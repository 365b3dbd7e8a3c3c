// Begins the record of each operation, with what the head of its request contains.
import type { IncomingMessage } from "node:http";
import { requestIdOf } from "../http/request-id.ts";
import { type Observer, OperationRecord, type Transport } from "./operation-record.ts";

/** Begins the record of an operation that `req` brought. Over WebSocket, `requestId` distinguishes the operations. */
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
