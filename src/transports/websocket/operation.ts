// What a message asks for, as the protocol runs it: prepared by the engine, or by a frame around it.
import type { IncomingMessage } from "node:http";
import type { DocumentNode, ExecutionResult } from "graphql";
import type { Engine, OperationContext, OperationParams, Results } from "../../execution/engine.ts";
import type { HeldBytes } from "../../http/held-bytes.ts";

/** An operation that is ready to run. */
export interface ReadyOperation {
  document: DocumentNode;
  /** Runs it until `signal` is aborted. Never throws. */
  run(signal: AbortSignal): Promise<Results>;
}

/** What an operation is run with, but for the signal, which begins with the run. */
export interface PreparedContext extends Omit<OperationContext, "signal"> {
  /** The handshake. */
  req: IncomingMessage;
  /** Counts the bytes of its answers. */
  held: HeldBytes;
}

/** Yields the operation, or why there is none. Never throws. */
export type PrepareOperation = (params: OperationParams, context: PreparedContext) => ReadyOperation | ExecutionResult;

/** Prepares operations by the engine alone. */
export function createPrepareOperation(engine: Engine): PrepareOperation {
  return (params, context) => {
    const prepared = engine.prepare(params, context.operation);
    if (!("operation" in prepared)) return prepared;
    const { document } = prepared;
    return { document, run: (signal) => engine.run(prepared, params.variables, { signal, ...context }) };
  };
}
