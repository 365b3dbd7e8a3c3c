#!/usr/bin/env node
// The process: arguments, configuration, start, signals, exit codes. The only file that touches `process`.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { lexicographicSortSchema, printSchema } from "graphql";
import { createApp } from "./app.ts";
import { obeyPrimary, startWorkers, WorkerError } from "./cluster.ts";
import { type Config, ConfigError, readConfig, variables } from "./config.ts";
import { startSandbox } from "./sandbox/server.ts";
import { schema } from "./schema/index.ts";
import { startServer } from "./server.ts";
import { createLogger, createLogObserver } from "./telemetry/log.ts";
import { openLogDestination } from "./telemetry/log-destination.ts";
import { startTraces } from "./telemetry/traces.ts";

/** The sandbox listens on loopback and gives nothing away; a key is asked for because OpenAI asks for one. */
const SANDBOX_KEY = "sandbox";

/** Tells workers where the primary's sandbox is. */
const SANDBOX_URL = "OPENAI_GRAPHQL_SANDBOX_URL";

/** How long a worker may take beyond its time to finish before it counts as stuck. */
const STUCK_MS = 5_000;

const HELP = `Usage: openai-graphql-server [--help | --version | --print-schema]

Serves GraphQL in front of OpenAI's REST API, or of any server that speaks it.
It is configured by environment variables:

${Object.entries(variables)
  .map(([name, { accepts, description }]) => `  ${name} (${accepts})\n      ${description.replaceAll("`", "")}`)
  .join("\n")}
`;

// Whoever read the output may have gone; that is no reason to end.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

try {
  await run();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
  // The primary's channel would keep it alive.
  if (cluster.isWorker) process.exit();
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" },
      "print-schema": { type: "boolean" },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else if (values.version) process.stdout.write(`${readVersion()}\n`);
  else if (values["print-schema"]) process.stdout.write(`${printSchema(lexicographicSortSchema(schema))}\n`);
  else await serve(readConfig(process.env));
}

async function serve(config: Config): Promise<void> {
  const isWorker = config.WORKERS > 1 && cluster.isWorker;
  const isPrimary = config.WORKERS > 1 && cluster.isPrimary;
  const output = await openLogDestination(process.stdout, process.stdout.isTTY);
  process.on("exit", output.flush);
  const logger = createLogger(config.LOG_LEVEL, output);
  // What the primary says for all is not said again by each worker.
  const log = (message: string) => {
    if (!isWorker) logger.info(message);
  };
  const sandbox =
    config.SANDBOX && !isWorker
      ? await startSandbox({ port: config.SANDBOX_PORT, delayMs: config.SANDBOX_DELAY_MS, apiKey: SANDBOX_KEY }).catch(
          nameVariables("SANDBOX_PORT"),
        )
      : undefined;
  const sandboxUrl = config.SANDBOX && isWorker ? process.env[SANDBOX_URL] : sandbox?.url;
  const upstream =
    sandboxUrl === undefined ? undefined : { OPENAI_BASE_URL: new URL(sandboxUrl), OPENAI_API_KEY: SANDBOX_KEY };
  // Rounded down, so that all workers together never make more calls at once than MAX_CONCURRENT.
  const share = isWorker && { MAX_CONCURRENT: Math.floor(config.MAX_CONCURRENT / config.WORKERS) };
  const traces = isPrimary
    ? undefined
    : await startTraces(process.env, {
        version: readVersion(),
        upstream: upstream?.OPENAI_BASE_URL ?? config.OPENAI_BASE_URL,
        warn: (message) => logger.warn(message),
      });
  const observers = [
    ...(config.LOG_LEVEL === "silent" ? [] : [createLogObserver(logger)]),
    ...(traces ? [traces.observer] : []),
  ];
  const report = (fault: unknown) => logger.error({ err: fault }, "fault");
  let reload = () => {};
  process.on("SIGHUP", () => reload());
  const start = async () => {
    if (isPrimary) {
      const workers = await startWorkers({
        count: config.WORKERS,
        environment: sandbox ? { [SANDBOX_URL]: sandbox.url } : {},
        stopWithinMs: config.DRAIN_DELAY_MS + config.DRAIN_MS + STUCK_MS,
        report,
      });
      reload = workers.reload;
      return workers;
    }
    const app = createApp({ ...config, ...upstream, ...share }, report, observers);
    reload = app.reload;
    try {
      return await startServer(app, config).catch(nameVariables("HOST, PORT or METRICS_PORT"));
    } catch (error) {
      await app.close();
      throw error;
    }
  };
  const server = await start().catch(async (error: unknown) => {
    await sandbox?.close();
    throw error;
  });
  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await server.stop();
    await traces?.stop();
    await sandbox?.close();
    process.exit(0);
  };
  let isSignalled = false;
  const hearSignal = (signal: NodeJS.Signals) => {
    // A worker may hear of one stop twice, by the terminal's signal to all processes and by its primary.
    if (isSignalled) process.exit(1);
    isSignalled = true;
    log(`${signal}: finishing what is in flight, for up to ${config.DRAIN_MS} ms. Once more to exit at once.`);
    void stop();
  };
  process.on("SIGINT", hearSignal);
  process.on("SIGTERM", hearSignal);
  if (isWorker) obeyPrimary(server.url, { reload, stop });
  log(
    `OpenAI GraphQL server at ${server.url}${isPrimary ? ` by ${config.WORKERS} workers` : ""}${sandbox ? ` on the built-in sandbox, which makes its answers up. For real ones set OPENAI_API_KEY, or OPENAI_BASE_URL.` : ""}`,
  );
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

/** Adds to the system's error the variables that it is about. */
function nameVariables(names: string): (error: Error) => never {
  return (error) => {
    throw Object.assign(error, { variables: names });
  };
}

/** What went wrong, for a person: no stack for what the person can mend. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return `The configuration is not usable:\n${error.message.replace(/^/gm, "  ")}`;
  if (error instanceof WorkerError) return error.message;
  const { code, message, stack, variables } = error as NodeJS.ErrnoException & { variables?: string };
  if (!code?.startsWith("E")) return stack ?? message;
  return variables
    ? `The server cannot listen: ${message}. Set ${variables} otherwise; a port of 0 takes any free one.`
    : message;
}
