// The metrics by name, label and bucket: OpenTelemetry's names for generative AI in Prometheus' spelling, if there
// are any. No label has a value that a client can invent.
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
import { Counter, Gauge, type Registry } from "prom-client";
import type { PoolStats } from "../openai/client/connections/connections.ts";
import { CounterSeries, HistogramSeries } from "./series.ts";

/** The buckets that OpenTelemetry advises. */
const TOKEN_BUCKETS = Array.from({ length: 14 }, (_, power) => 4 ** power);
const DURATION_BUCKETS = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const FIRST_TOKEN_BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const GEN_AI_LABELS = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"] as const;

export type Instruments = ReturnType<typeof createInstruments>;
export type CallerInstruments = ReturnType<typeof createCallerInstruments>;

/** What is asked at each scrape. */
export interface Sources {
  poolStats(): PoolStats;
  /** How many lines the log has dropped since the start. */
  droppedLogLines(): number;
  /** Whether the upstream is known to be unreachable. */
  isUpstreamDead(): boolean;
}

/** Registers all metrics of this server. */
export function createInstruments(registry: Registry, { poolStats, droppedLogLines, isUpstreamDead }: Sources) {
  const registers = [registry];
  new Counter({
    name: "graphql_log_lines_dropped_total",
    help: "Log lines that were dropped because nobody read the log.",
    registers,
    collect() {
      this.reset();
      this.inc(droppedLogLines());
    },
  });
  new Gauge({
    name: "upstream_dead",
    help: "1 while calls cannot connect to the upstream, otherwise 0.",
    aggregator: "max",
    registers,
    collect() {
      this.set(isUpstreamDead() ? 1 : 0);
    },
  });
  new Gauge({
    name: "upstream_pool_connections",
    help: "Open connections to the upstream.",
    registers,
    collect() {
      this.set(poolStats().connected);
    },
  });
  new Gauge({
    name: "upstream_pool_requests",
    help: "Upstream requests on a connection (running) or waiting for one (waiting).",
    labelNames: ["state"],
    registers,
    collect() {
      const { running, queued } = poolStats();
      this.set({ state: "running" }, running);
      this.set({ state: "waiting" }, queued);
    },
  });
  return {
    tokens: new HistogramSeries({
      name: "gen_ai_client_token_usage",
      help: "Tokens of an upstream call, as the upstream tells them.",
      labelNames: ["gen_ai_token_type", ...GEN_AI_LABELS],
      buckets: TOKEN_BUCKETS,
      registers,
    }),
    callDuration: new HistogramSeries({
      name: "gen_ai_client_operation_duration_seconds",
      help: "Time of an upstream call, retries and the whole stream included.",
      labelNames: ["error_type", ...GEN_AI_LABELS],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    firstToken: new HistogramSeries({
      name: "gen_ai_server_time_to_first_token_seconds",
      help: "Time from sending a streaming request to the first words of its answer.",
      labelNames: GEN_AI_LABELS,
      buckets: FIRST_TOKEN_BUCKETS,
      registers,
    }),
    operations: new CounterSeries({
      name: "graphql_operations_total",
      help: "GraphQL operations that have ended, by outcome: OK, ABORTED or the worst error's code.",
      labelNames: ["transport", "type", "code"],
      registers,
    }),
    operationDuration: new HistogramSeries({
      name: "graphql_operation_duration_seconds",
      help: "Time of a GraphQL operation, to the end of its answer.",
      labelNames: ["transport", "type"],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    fields: new CounterSeries({
      name: "graphql_root_fields_total",
      help: "Root fields of operations that have ended, by outcome.",
      labelNames: ["type", "field", "code"],
      registers,
    }),
    streams: new Gauge({
      name: "graphql_streams_open",
      help: "Subscriptions under way.",
      labelNames: ["transport"],
      registers,
    }),
    uploadBytes: new CounterSeries({
      name: "graphql_upload_bytes_total",
      help: "Bytes of files received in multipart requests.",
      registers,
    }),
    attempts: new CounterSeries({
      name: "upstream_attempts_total",
      help: "Requests sent to the upstream, by HTTP status, or the failure where none came.",
      labelNames: ["endpoint", "result"],
      registers,
    }),
    refusals: new CounterSeries({
      name: "graphql_requests_refused_total",
      help: "Requests refused before they were operations, by HTTP status; `handshake` for WebSocket handshakes, `pipelined` for too many requests on a connection, which ends.",
      labelNames: ["code"],
      registers,
    }),
    decisions: new CounterSeries({
      name: "limiter_decisions_total",
      help: "Upstream calls that were let through (ADMITTED) or refused before they were made, by code.",
      labelNames: ["decision"],
      registers,
    }),
  };
}

/** Registers the metrics of single callers: client keys by id, others by kind. */
export function createCallerInstruments(registry: Registry) {
  const registers = [registry];
  return {
    requests: new CounterSeries({
      name: "graphql_caller_requests_total",
      help: "Requests sent to the upstream for a caller, repeats included.",
      labelNames: ["caller"],
      registers,
    }),
    tokens: new CounterSeries({
      name: "graphql_caller_tokens_total",
      help: "Tokens of a caller's upstream calls, as the upstream tells them.",
      labelNames: ["caller", "gen_ai_token_type"],
      registers,
    }),
  };
}
