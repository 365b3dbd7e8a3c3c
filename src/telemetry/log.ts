// The log: one JSON line an operation, and the process' own lines, by pino. An operation's line has the form of pino's, but is
// written from a template: pino's way to lines of any shape costs more than most of what it logs. Writes no document, variable,
// prompt or answer.
import { hostname } from "node:os";
import { pid } from "node:process";
import { type DestinationStream, type Logger, pino } from "pino";
import type { Observer, OperationRecord } from "./operation-record.ts";
import { severityOf } from "./outcome.ts";
import type { UpstreamCall } from "./upstream-call.ts";

/** Least severity that is logged. `debug` adds a line for each upstream attempt and each request that is not an operation. */
export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

/** What every line begins with. */
const BASE = { pid, hostname: hostname() };
const BASE_TEXT = JSON.stringify(BASE).slice(1, -1);

/** Writes to `destination`. Of an `err`, its name, message and stack are logged, and none of its other properties. */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: BASE,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeFault },
    },
    destination,
  );
}

/**
 * Logs each operation once it has ended: what went wrong on the client's side, and aborts, as `info`. `logger` decides by its
 * level what is logged, and `destination` is the one that it writes to.
 */
export function createLogObserver(logger: Logger, destination: DestinationStream): Observer {
  return {
    operationEnds(operation) {
      if (logger.isLevelEnabled("debug")) logAttempts(logger, operation);
      const severity = severityOf(operation.outcome);
      // A line that is not logged is not built.
      if (!logger.isLevelEnabled(severity)) return;
      const head = `"level":"${severity}","time":"${writeTime(Date.now())}",${BASE_TEXT}`;
      destination.write(`{${head}${describeOperation(operation)},"msg":"operation"}\n`);
    },
    // The others are seldom an honest client's.
    requestRefused: (request) => logger[request.code === "431" ? "info" : "debug"](request, "refused"),
    operatorWarned: ({ message, ...facts }) => logger.warn(facts, message),
  };
}

/** The second that was written last: a server ends many operations in one, and a time costs as much as the rest of a line. */
let second = Number.NaN;
let secondText = "";

/** As Date's `toISOString`. */
function writeTime(milliseconds: number): string {
  const rest = milliseconds % 1_000;
  if (milliseconds - rest !== second) {
    second = milliseconds - rest;
    secondText = new Date(second).toISOString().slice(0, -"000Z".length);
  }
  return `${secondText}${String(rest).padStart(3, "0")}Z`;
}

/** Times are whole milliseconds. `upstreamMs` adds up calls, also those that ran side by side. */
function describeOperation(operation: OperationRecord): string {
  let upstreamMs = 0;
  let retries = 0;
  let inputTokens: number | undefined;
  let outputTokens: number | undefined;
  let firstTokenAt = Number.POSITIVE_INFINITY;
  let upstream = "";
  let endUsers = "";
  for (const field of operation.fields) {
    for (const call of field.calls) {
      upstreamMs += (call.endedAt ?? operation.endedAt) - call.startedAt;
      retries += Math.max(0, call.attempts.length - 1);
      if (call.inputTokens !== undefined) inputTokens = (inputTokens ?? 0) + call.inputTokens;
      if (call.outputTokens !== undefined) outputTokens = (outputTokens ?? 0) + call.outputTokens;
      if (call.firstTokenAt !== undefined) firstTokenAt = Math.min(firstTokenAt, call.firstTokenAt);
      endUsers = withEndUser(endUsers, call.endUser);
      upstream += `${upstream === "" ? "" : ","}${describeCall(call)}`;
    }
  }
  return (
    foreign("requestId", operation.requestId) +
    foreign("caller", operation.caller?.caller.id) +
    own("user", endUsers || undefined) +
    own("transport", operation.transport) +
    own("operationType", operation.type) +
    own("operationName", operation.name) +
    describeFields(operation) +
    own("code", operation.outcome) +
    count("durationMs", Math.round(operation.endedAt - operation.startedAt)) +
    (Number.isFinite(firstTokenAt) ? count("timeToFirstTokenMs", Math.round(firstTokenAt - operation.startedAt)) : "") +
    count("inputTokens", inputTokens) +
    count("outputTokens", outputTokens) +
    count("uploadBytes", operation.uploadBytes || undefined) +
    (upstream && `${count("upstreamMs", Math.round(upstreamMs))}${count("retries", retries)},"upstream":[${upstream}]`)
  );
}

/** The hashes of all end users whom an operation's calls name: of most there is one. */
function withEndUser(endUsers: string, endUser: string | undefined): string {
  if (endUser === undefined || endUsers.includes(endUser)) return endUsers;
  return endUsers === "" ? endUser : `${endUsers} ${endUser}`;
}

function describeFields({ fields }: OperationRecord): string {
  const [first, ...others] = fields;
  if (!first) return "";
  const names = others.length === 0 ? [first.name] : [...new Set(fields.map(({ name }) => name))];
  return `,"fields":["${names.join('","')}"]`;
}

function describeCall(call: UpstreamCall): string {
  const last = call.attempts.at(-1);
  const duration = call.endedAt === undefined ? undefined : Math.round(call.endedAt - call.startedAt);
  const members =
    own("endpoint", call.endpoint.name) +
    foreign("model", call.model) +
    foreign("requestId", last?.requestId) +
    count("status", last?.status) +
    own("failure", call.failure) +
    foreign("cause", call.cause) +
    count("durationMs", duration);
  return `{${members.slice(1)}}`;
}

/** A member with a text of this server's own, or a GraphQL name: nothing in it needs to be escaped. Undefined: no member. */
function own(key: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${key}":"${value}"`;
}

/** A member with a text that others chose. */
function foreign(key: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${key}":${JSON.stringify(value)}`;
}

/** A member with a finite number. */
function count(key: string, value: number | undefined): string {
  return value === undefined ? "" : `,"${key}":${value}`;
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
