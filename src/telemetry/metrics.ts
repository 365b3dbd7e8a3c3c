// Metrics for Prometheus: counts each operation once it has ended, and each request that was refused before it became one.
import { collectDefaultMetrics, Registry } from "prom-client";
import { groupOf } from "../callers/caller.ts";
import type { PoolStats } from "../openai/client/connections/connections.ts";
import { type CallerInstruments, createCallerInstruments, createInstruments, type Instruments } from "./instruments.ts";
import type { MetricsSnapshot } from "./merged-metrics.ts";
import { createModelLabels, type ModelLabels } from "./model-labels.ts";
import type { Observer, OperationRecord } from "./operation-record.ts";
import { makeScrape, type Scrape } from "./scrapes.ts";
import { PROVIDER, type UpstreamCall } from "./upstream-call.ts";

export interface Metrics {
  observer: Observer;
  /** The media type of scrapes. */
  contentType: string;
  /** Makes a scrape of all metrics. */
  read(): Promise<Scrape>;
}

export interface MetricsOptions {
  /** Makes the page one of several processes. Unset: it is this process' own. */
  share?: ShareMetrics | undefined;
  /** How many lines the log has dropped. */
  droppedLogLines?: (() => number) | undefined;
  /** Whether the upstream is known to be unreachable. */
  isUpstreamDead?: (() => boolean) | undefined;
  /** Whether callers are counted one by one. */
  perCaller?: boolean | undefined;
}

/** The metrics of the process, which cannot be unregistered: one registry for all servers in it. */
let processRegistry: Registry | undefined;

/** Takes a function that reads this process' own metrics; yields one that makes a scrape of all processes that share them. */
export type ShareMetrics = (tell: () => Promise<MetricsSnapshot>) => () => Promise<Scrape>;

/** Begins to count. `poolStats` reads the connections to the upstream. */
export function createMetrics(
  poolStats: () => PoolStats,
  { share, droppedLogLines = () => 0, isUpstreamDead = () => false, perCaller = true }: MetricsOptions = {},
): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry, { poolStats, droppedLogLines, isUpstreamDead });
  const callers = perCaller ? createCallerInstruments(registry) : undefined;
  const models = createModelLabels();
  processRegistry ??= collectProcessMetrics();
  const ofProcess = processRegistry;
  const tell = async () => [...(await registry.getMetricsAsJSON()), ...(await ofProcess.getMetricsAsJSON())];
  return {
    observer: createObserver(instruments, callers, models),
    contentType: registry.contentType,
    read: share ? share(tell) : makeScrape(async () => `${await registry.metrics()}${await ofProcess.metrics()}`),
  };
}

/**
 * CPU, memory, descriptors, garbage collection, and the event loop's lag. With several processes, the lag is that of the
 * one that lags most (prom-client would take the mean), and the start is that of the one that has run longest.
 */
function collectProcessMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const metric of registry.getMetricsAsArray()) {
    if (metric.aggregator === "average") metric.aggregator = "max";
    if (metric.name === "process_start_time_seconds") metric.aggregator = "min";
  }
  return registry;
}

function createObserver(
  instruments: Instruments,
  callers: CallerInstruments | undefined,
  models: ModelLabels,
): Observer {
  const { operations, operationDuration, fields, streams, uploadBytes, refusals } = instruments;
  return {
    streamBegins: ({ transport }) => streams.inc({ transport }),
    requestRefused({ code }) {
      refusals.of(code).value++;
    },
    operationEnds(operation) {
      const { transport, type = "none", outcome, isStream } = operation;
      if (isStream) streams.dec({ transport });
      operations.of(transport, type, outcome).value++;
      operationDuration.of(transport, type).observe((operation.endedAt - operation.startedAt) / 1000);
      uploadBytes.of().value += operation.uploadBytes;
      for (const field of operation.fields) {
        fields.of(type, field.name, outcomeOfField(field, outcome)).value++;
        for (const call of field.calls) countCall(call, instruments, models);
      }
      if (callers) countCaller(operation, callers);
    },
  };
}

/** A field without an error of its own has succeeded, unless it was never resolved. */
function outcomeOfField(
  field: { startedAt: number | undefined; outcome: string | undefined },
  outcome: string,
): string {
  return field.outcome ?? (field.startedAt === undefined ? outcome : "OK");
}

function countCaller({ caller: context, fields }: OperationRecord, { requests, tokens }: CallerInstruments): void {
  if (!context) return;
  const caller = groupOf(context.caller);
  for (const { calls } of fields) {
    for (const { attempts, inputTokens, outputTokens } of calls) {
      if (attempts.length > 0) requests.of(caller).value += attempts.length;
      if (inputTokens !== undefined) tokens.of(caller, "input").value += inputTokens;
      if (outputTokens !== undefined) tokens.of(caller, "output").value += outputTokens;
    }
  }
}

function countCall(call: UpstreamCall, instruments: Instruments, models: ModelLabels): void {
  const { attempts, decisions, callDuration, firstToken, tokens } = instruments;
  if (call.decision !== undefined) decisions.of(call.decision).value++;
  const { endpoint } = call;
  for (const { status, failure } of call.attempts) attempts.of(endpoint.name, String(status ?? failure)).value++;
  const attempt = call.attempts.at(-1);
  if (!endpoint.isPaid || attempt === undefined) return;
  if (call.failure === undefined) models.learn(call.model);
  const model = models.labelOf(call.model);
  const { operationName } = endpoint;
  const seconds = ((call.endedAt ?? call.startedAt) - call.startedAt) / 1000;
  callDuration.of(call.failure, operationName, PROVIDER, model).observe(seconds);
  if (call.firstTokenAt !== undefined) {
    firstToken.of(operationName, PROVIDER, model).observe((call.firstTokenAt - attempt.startedAt) / 1000);
  }
  if (call.inputTokens !== undefined) tokens.of("input", operationName, PROVIDER, model).observe(call.inputTokens);
  if (call.outputTokens !== undefined) tokens.of("output", operationName, PROVIDER, model).observe(call.outputTokens);
}
