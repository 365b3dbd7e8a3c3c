// OpenTelemetry's SDK: who this server is, and how spans get out. Loaded by startTraces alone.
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createSpanObserver } from "./spans.ts";
import type { Traces, TracesOptions } from "./traces.ts";

const NAME = "openai-graphql-server";

/** How long the last spans may take to leave, in milliseconds. */
const STOP_MS = 5_000;

/** A collector that is away is told of with every batch. */
const WARN_EVERY_MS = 60_000;

/** The exporter's messages come with their stacks. */
const MAX_MESSAGE_LENGTH = 500;

/** Begins to send. The environment names the collector, and may name the service and the sampler. */
export function createTraces({ version, upstream, warn }: TracesOptions): Traces {
  const say = limitRate(warn);
  diag.setLogger(
    { error: say, warn: say, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": NAME, "service.version": version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  return {
    observer: createSpanObserver(provider.getTracer(NAME, version), upstream),
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_MS);
      });
      await Promise.race([provider.shutdown().catch(() => {}), tooLate]);
      clearTimeout(timer);
    },
  };
}

function limitRate(warn: (message: string) => void): (message: string) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (message) => {
    if (performance.now() - saidAt < WARN_EVERY_MS) return;
    saidAt = performance.now();
    warn(`Traces: ${message.slice(0, MAX_MESSAGE_LENGTH)}`);
  };
}
