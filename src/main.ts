#!/usr/bin/env node
// The process: arguments, configuration, start, signals, exit codes. The only file that touches `process`.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { lexicographicSortSchema, printSchema } from "graphql";
import { createApp } from "./app.ts";
import { type Config, ConfigError, readConfig, variables } from "./config.ts";
import { startSandbox } from "./sandbox/server.ts";
import { schema } from "./schema/index.ts";
import { startServer } from "./server.ts";

/** The sandbox listens on loopback and gives nothing away; a key is asked for because OpenAI asks for one. */
const SANDBOX_KEY = "sandbox";

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
  const log = (message: string) => {
    if (config.LOG_LEVEL === "info") process.stdout.write(`${message}\n`);
  };
  const sandbox = config.SANDBOX
    ? await startSandbox({ port: config.SANDBOX_PORT, delayMs: config.SANDBOX_DELAY_MS, apiKey: SANDBOX_KEY }).catch(
        nameVariables("SANDBOX_PORT"),
      )
    : undefined;
  const upstream = sandbox && { OPENAI_BASE_URL: new URL(sandbox.url), OPENAI_API_KEY: SANDBOX_KEY };
  const app = createApp({ ...config, ...upstream }, (fault) => {
    if (config.LOG_LEVEL !== "silent") process.stderr.write(`${fault instanceof Error ? fault.stack : fault}\n`);
  });
  const server = await startServer(app, config)
    .catch(nameVariables("HOST and PORT"))
    .catch(async (error: unknown) => {
      await sandbox?.close();
      throw error;
    });
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log(`${signal}: finishing what is in flight, for up to ${config.DRAIN_MS} ms. Once more to exit at once.`);
    await server.stop();
    await sandbox?.close();
    process.exit(0);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  log(
    `OpenAI GraphQL server at ${server.url}${sandbox ? ` on the built-in sandbox, which makes its answers up. For real ones set OPENAI_API_KEY, or OPENAI_BASE_URL.` : ""}`,
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
  const { code, message, stack, variables } = error as NodeJS.ErrnoException & { variables?: string };
  if (!code?.startsWith("E")) return stack ?? message;
  return variables
    ? `The server cannot listen: ${message}. Set ${variables} otherwise; a port of 0 takes any free one.`
    : message;
}
