#!/usr/bin/env node
// The command: arguments, configuration, start, signals and exit codes. No other file touches `process`.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Config, ConfigError, readConfig } from "./config/read-config.ts";
import { variables } from "./config/variables.ts";
import { findWarnings } from "./config/warnings.ts";
import { obeyPrimary, startWorkers } from "./process/cluster.ts";
import { loadEnvFile } from "./process/env-file.ts";
import { openLogDestination } from "./process/log-destination.ts";
import type { Running } from "./process/serving.ts";
import { explainFault, nameVariables } from "./process/start-fault.ts";
import { addUpMetrics, createSharedMetrics } from "./process/worker-metrics.ts";
import type { Sandbox } from "./sandbox/server.ts";
import { createLogger } from "./telemetry/log.ts";

/**
 * The sandbox asks for a key because OpenAI does. It protects nothing: the sandbox listens on loopback alone. It is no word,
 * as keys are masked in messages, which name the sandbox's models.
 */
const SANDBOX_KEY = "sk-of-the-built-in-upstream";

/** The environment variable by which the primary gives its workers the URL of its sandbox. */
const SANDBOX_URL = "OPENAI_GRAPHQL_SANDBOX_URL";

/** The environment variable by which a worker knows its own primary from other programs that fork it. */
const PRIMARY = "OPENAI_GRAPHQL_PRIMARY";

/** How long a worker may go on after its time to stop has passed, before the primary ends it. */
const STUCK_MS = 5_000;

const HELP = `Usage: openai-graphql-server [--help | --version | --print-schema]

Serves GraphQL in front of OpenAI's REST API, or of any server that speaks it.
It is configured by environment variables, and by those that the file .env in the
working directory adds to them:

${Object.entries(variables)
  .map(([name, { accepts, description }]) => `  ${name} (${accepts})\n      ${description.replaceAll("`", "")}`)
  .join("\n")}
`;

// The reader of the output may be gone, as in `| head`. The server goes on.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

try {
  await run();
} catch (error) {
  process.stderr.write(`${explainFault(error)}\n`);
  process.exitCode = 1;
  // The channel to the primary would keep the process alive.
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
  else {
    // A worker has its primary's environment, whatever the file says by now.
    const fromFile = process.env[PRIMARY] === undefined ? loadEnvFile(process) : [];
    if (values["print-schema"]) process.stdout.write(await printSchema(process.env.FEDERATION === "true"));
    else await serve(configure(fromFile), fromFile);
  }
}

/** The configuration. Throws a ConfigError that says which variables `.env` has set, as the fault may be there. */
function configure(fromFile: string[]): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError && fromFile.length > 0) error.message += `\n.env sets ${fromFile.join(", ")}.`;
    throw error;
  }
}

async function printSchema(asSubgraph: boolean): Promise<string> {
  const { printedSchema, printedSubgraph } = await import("./schema/printed.ts");
  return asSubgraph ? printedSubgraph() : printedSchema;
}

async function serve(config: Config, fromFile: string[]): Promise<void> {
  const isWorker = config.WORKERS > 1 && cluster.isWorker;
  const isPrimary = config.WORKERS > 1 && cluster.isPrimary;
  const output = await openLogDestination(process.stdout, process.stdout.isTTY);
  process.on("exit", output.flush);
  const logger = createLogger(config.LOG_LEVEL, output);
  // The primary logs for all; a worker does not repeat it.
  const log = (message: string) => {
    if (!isWorker) logger.info(message);
  };
  if (fromFile.length > 0) log(`.env sets ${fromFile.join(", ")}.`);
  if (!isWorker) for (const warning of findWarnings(config)) logger.warn(warning);
  let running: Running | undefined;
  process.on("SIGHUP", () => running?.reload());
  const sandbox = config.SANDBOX && !isWorker ? await openSandbox(config) : undefined;
  const shared = isWorker && config.METRICS && cluster.worker ? createSharedMetrics(cluster.worker) : undefined;
  try {
    if (isPrimary) {
      if (config.METRICS) addUpMetrics();
      running = await startWorkers({
        count: config.WORKERS,
        environment: { [PRIMARY]: String(process.pid), ...(sandbox && { [SANDBOX_URL]: sandbox.url }) },
        stopWithinMs: config.DRAIN_DELAY_MS + config.DRAIN_MS + STUCK_MS,
        report: (fault) => logger.error({ err: fault }, "fault"),
      });
    } else {
      // A primary serves nothing, and so does not load it.
      const { startServing } = await import("./process/serving.ts");
      running = await startServing(settle(config, isWorker ? process.env[SANDBOX_URL] : sandbox?.url, isWorker), {
        logger,
        output,
        environment: process.env,
        version: readVersion(),
        shareMetrics: shared?.share,
      });
    }
  } catch (error) {
    await sandbox?.close();
    throw error;
  }
  const { url, reload } = running;
  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await running.stop();
    await shared?.leave();
    await sandbox?.close();
    process.exit(0);
  };
  let isSignalled = false;
  const onSignal = (signal: NodeJS.Signals) => {
    // A worker may get two orders to stop: the terminal's signal to all processes, and its primary's message.
    if (isSignalled) process.exit(1);
    isSignalled = true;
    log(`${signal}: finishing what is in flight, for up to ${config.DRAIN_MS} ms. Once more to exit at once.`);
    void stop();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  if (isWorker) obeyPrimary(url, { reload, stop });
  log(
    `OpenAI GraphQL server at ${url}${isPrimary ? ` by ${config.WORKERS} workers` : ""}${sandbox ? ` on the built-in sandbox, which makes its answers up. For real ones set OPENAI_API_KEY, or OPENAI_BASE_URL.` : ""}`,
  );
}

async function openSandbox({ SANDBOX_PORT, SANDBOX_DELAY_MS }: Config): Promise<Sandbox> {
  const { checkPackages } = await import("./sandbox/packages.ts");
  checkPackages();
  const { startSandbox } = await import("./sandbox/server.ts");
  return startSandbox({ port: SANDBOX_PORT, delayMs: SANDBOX_DELAY_MS, apiKey: SANDBOX_KEY }).catch(
    nameVariables("SANDBOX_PORT"),
  );
}

/** The configuration of one process: with the sandbox as upstream, if there is one, and a worker's share of limits. */
function settle(config: Config, sandboxUrl: string | undefined, isWorker: boolean): Config {
  return {
    ...config,
    // No proxy is on the way to the sandbox.
    ...(sandboxUrl !== undefined && {
      OPENAI_BASE_URL: new URL(sandboxUrl),
      OPENAI_API_KEY: SANDBOX_KEY,
      HTTP_PROXY: undefined,
      HTTPS_PROXY: undefined,
    }),
    // Rounded down, so that all workers together never make more calls at once than MAX_CONCURRENT.
    ...(isWorker && {
      MAX_CONCURRENT: Math.floor(config.MAX_CONCURRENT / config.WORKERS),
      MAX_CONCURRENT_READS: Math.floor(config.MAX_CONCURRENT_READS / config.WORKERS),
    }),
  };
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}
