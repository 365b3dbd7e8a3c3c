// The log: one JSON line an operation, and the process' own lines, by pino. Writes no document, variable, prompt or answer.
import { type DestinationStream, type Logger, pino } from "pino";
import type { Observer, OperationRecord } from "./operation-record.ts";
import { severityOf } from "./outcome.ts";
import type { UpstreamCall } from "./upstream-call.ts";

/** Least severity that is logged. `debug` adds a line for each upstream attempt and each request that is not an operation. */
export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

/** Writes to `destination`. Of an `err`, its name, message and stack are logged, and none of its other properties. */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeFault },
    },
    destination,
  );
}

/** Logs each operation once it has ended: what went wrong on the client's side, and aborts, as `info`. */
export function createLogObserver(logger: Logger): Observer {
  return {
    operationEnds(operation) {
      if (logger.isLevelEnabled("debug")) logAttempts(logger, operation);
      const severity = severityOf(operation.outcome);
      // A line that is not logged is not built.
      if (logger.isLevelEnabled(severity)) logger[severity](describeOperation(operation), "operation");
    },
    requestRefused: (request) => logger.debug(request, "refused"),
  };
}

/** Times are whole milliseconds. `upstreamMs` adds up calls, also those that ran side by side. */
function describeOperation(operation: OperationRecord): object {
  let upstreamMs = 0;
  let retries = 0;
  let inputTokens: number | undefined;
  let outputTokens: number | undefined;
  let firstTokenAt = Number.POSITIVE_INFINITY;
  const upstream: object[] = [];
  for (const field of operation.fields) {
    for (const call of field.calls) {
      upstreamMs += (call.endedAt ?? operation.endedAt) - call.startedAt;
      retries += Math.max(0, call.attempts.length - 1);
      if (call.inputTokens !== undefined) inputTokens = (inputTokens ?? 0) + call.inputTokens;
      if (call.outputTokens !== undefined) outputTokens = (outputTokens ?? 0) + call.outputTokens;
      if (call.firstTokenAt !== undefined) firstTokenAt = Math.min(firstTokenAt, call.firstTokenAt);
      upstream.push(describeCall(call));
    }
  }
  return {
    requestId: operation.requestId,
    caller: operation.caller?.caller.id,
    transport: operation.transport,
    operationType: operation.type,
    operationName: operation.name,
    fields: operation.fields.length > 0 ? [...new Set(operation.fields.map(({ name }) => name))] : undefined,
    code: operation.outcome,
    durationMs: Math.round(operation.endedAt - operation.startedAt),
    timeToFirstTokenMs: Number.isFinite(firstTokenAt) ? Math.round(firstTokenAt - operation.startedAt) : undefined,
    inputTokens,
    outputTokens,
    uploadBytes: operation.uploadBytes || undefined,
    ...(upstream.length > 0 && { upstreamMs: Math.round(upstreamMs), retries, upstream }),
  };
}

function describeCall(call: UpstreamCall): object {
  const last = call.attempts.at(-1);
  return {
    endpoint: call.endpoint.name,
    model: call.model,
    requestId: last?.requestId,
    status: last?.status,
    failure: call.failure,
    durationMs: call.endedAt === undefined ? undefined : Math.round(call.endedAt - call.startedAt),
  };
}

function logAttempts(logger: Logger, { requestId, calls }: OperationRecord): void {
  for (const { endpoint, attempts } of calls) {
    for (const { startedAt, endedAt, status, requestId: upstreamRequestId, failure } of attempts) {
      const durationMs = Math.round(endedAt - startedAt);
      const line = { requestId, endpoint: endpoint.name, upstreamRequestId, status, failure, durationMs };
      logger.debug(line, "attempt");
    }
  }
}

function describeFault(fault: unknown): unknown {
  if (!(fault instanceof Error)) return String(fault);
  const { name, message, stack, cause } = fault;
  return { type: name, message, stack, ...(cause instanceof Error && { cause: cause.stack }) };
}
