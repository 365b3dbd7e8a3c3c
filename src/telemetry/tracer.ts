// Sets up OpenTelemetry's SDK: this server's name, and how its spans reach the collector. Only startTraces loads this file.
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from "@opentelemetry/semantic-conventions";
import type { Observer } from "./operation-record.ts";
import { createSpanObserver } from "./spans.ts";

const NAME = "openai-graphql-server";

/** Longest time that sending the last spans may take, in milliseconds. */
const STOP_MS = 5_000;

/** A collector that is away fails every batch: one warning a minute is enough. */
const WARN_EVERY_MS = 60_000;

/** The exporter's messages come with their stacks. */
const MAX_MESSAGE_LENGTH = 500;

export interface TracesOptions {
  /** This server's version. */
  version: string;
  /** The upstream's root. */
  upstream: URL;
  /** Called with the reason why traces cannot be delivered, at most once a minute. */
  warn(message: string): void;
}

/** Traces that are being sent. */
export interface Traces {
  observer: Observer;
  /** Sends what is left; gives it up after a few seconds. Never throws. */
  stop(): Promise<void>;
}

/** Begins to send. The environment names the collector, and may name the service and the sampler. */
export function createTraces({ version, upstream, warn }: TracesOptions): Traces {
  const say = limitRate(warn);
  diag.setLogger(
    { error: say, warn: say, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: NAME, [ATTR_SERVICE_VERSION]: version }))
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
