// Starts all that a serving process needs: the app on its port, its log and its traces. Each of the WORKERS is one.
import type { Logger } from "pino";
import { createApp } from "../app/app.ts";
import type { Config } from "../config/read-config.ts";
import { createLogObserver } from "../telemetry/log.ts";
import type { ShareMetrics } from "../telemetry/metrics.ts";
import { startTraces } from "../telemetry/traces.ts";
import { limitHeapGrowth } from "./heap-growth.ts";
import type { LogDestination } from "./log-destination.ts";
import { startServer } from "./server.ts";
import { nameVariables } from "./start-fault.ts";

/** What is serving, in this process or in workers. */
export interface Running {
  /** The GraphQL endpoint. */
  url: string;
  /** Reads the files of keys again. Never throws. */
  reload(): void;
  /** Finishes what is in flight; resolves when all has ended. */
  stop(): Promise<void>;
}

export interface ServingOptions {
  logger: Logger;
  /** Where the logger writes to. */
  output: LogDestination;
  /** Holds OpenTelemetry's variables. */
  environment: Readonly<Record<string, string | undefined>>;
  /** This server's version. */
  version: string;
  /** Makes the metrics page show several processes. */
  shareMetrics: ShareMetrics | undefined;
}

/** Starts to serve. Throws ConfigError, or the system's error if it cannot listen. */
export async function startServing(
  config: Config,
  { logger, output, environment, version, shareMetrics }: ServingOptions,
): Promise<Running> {
  limitHeapGrowth();
  const traces = await startTraces(environment, {
    version,
    upstream: config.OPENAI_BASE_URL,
    warn: (message) => logger.warn(message),
  });
  const observers = [
    ...(config.LOG_LEVEL === "silent" ? [] : [createLogObserver(logger, output)]),
    ...(traces ? [traces.observer] : []),
  ];
  const app = createApp(config, (fault) => logger.error({ err: fault }, "fault"), {
    observers,
    shareMetrics,
    droppedLogLines: output.dropped,
  });
  try {
    const server = await startServer(app, config).catch(nameVariables("HOST, PORT or METRICS_PORT"));
    return {
      url: server.url,
      reload: app.reload,
      async stop() {
        await server.stop();
        await traces?.stop();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}
