// The servers that are measured: this server, the bare proxy and the peers; how to start and ask each, and what it can do.
import { fileURLToPath } from "node:url";
import { CLIENT_KEY } from "./load/dialect.mjs";
import { graphql } from "./load/dialect-graphql.mjs";
import { rest } from "./load/dialect-rest.mjs";
import { snakeCase } from "./load/dialect-snake-case.mjs";
import { prepareMesh } from "./peers/mesh.mjs";
import { prepareTailcall } from "./peers/tailcall.mjs";
import { findPort, startProcess } from "./processes.mjs";

const UPSTREAM_KEY = "sk-upstream";
const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));
const HERE = pathOf(".");

/** Everything is switched on, and no limit is reached. */
const ours = {
  HOST: "127.0.0.1",
  AUTH: "keys",
  CLIENT_KEYS: JSON.stringify([
    { id: "bench", key: CLIENT_KEY, requestsPerMinute: 1e9, tokensPerDay: 1e15, models: ["*"], operations: ["*"] },
  ]),
  MAX_OUTPUT_TOKENS: "4096",
  METRICS: "true",
  LOG_LEVEL: "info",
  MODELS_TTL_SECONDS: "0",
};

/** By the names of `--servers`, in the order of the table. */
export const servers = {
  proxy: {
    title: "bare proxy",
    command: [process.execPath, pathOf("peers/proxy.mjs")],
    dialect: rest,
    can: ["chat", "models", "streams", "uploads"],
  },
  ours: {
    title: "this server",
    command: [process.execPath, pathOf("../dist/main.js")],
    environment: ours,
    dialect: graphql,
    can: ["chat", "models", "streams", "uploads"],
  },
  yoga: {
    title: "Yoga, fetch",
    command: [process.execPath, pathOf("peers/yoga.mjs")],
    dialect: graphql,
    can: ["chat", "models", "streams", "uploads"],
  },
  apollo: {
    title: "Apollo, openai SDK",
    command: [process.execPath, pathOf("peers/apollo.mjs")],
    dialect: graphql,
    can: ["chat", "models", "uploads"],
  },
  mercurius: {
    title: "mercurius, JIT",
    command: [process.execPath, pathOf("peers/mercurius.mjs")],
    dialect: graphql,
    can: ["chat", "models"],
  },
  mesh: {
    title: "Mesh v0",
    prepare: prepareMesh,
    dialect: snakeCase,
    can: ["chat", "models", "uploads"],
  },
  tailcall: {
    title: "Tailcall",
    prepare: prepareTailcall,
    dialect: snakeCase,
    can: ["chat", "models"],
  },
};

/** Starts the upstream. Yields its port and process, and how often each of its endpoints was called. */
export async function startUpstream() {
  const port = await findPort();
  const command = [process.execPath, pathOf("upstream.mjs")];
  const readCounts = async () => (await fetch(`http://127.0.0.1:${port}/counts`)).json();
  return { port, readCounts, ...startProcess({ command, environment: { PORT: String(port) } }) };
}

/**
 * Starts a server in front of it, with Node's own `nodeOptions`. It may not listen yet. Throws if it
 * cannot run on this machine.
 */
export async function startServer(name, upstream, { nodeOptions = [], logFile = undefined } = {}) {
  const { title, prepare, dialect, can, ...fixed } = servers[name];
  const port = await findPort();
  const environment = {
    PORT: String(port),
    OPENAI_BASE_URL: `http://127.0.0.1:${upstream.port}/v1`,
    OPENAI_API_KEY: UPSTREAM_KEY,
  };
  const { command, cwd = HERE, environment: own } = prepare ? prepare({ port, environment }) : fixed;
  const [file, ...parameters] = command;
  const spawnedAt = performance.now();
  const started = startProcess({
    command: [file, ...nodeOptions, ...parameters],
    cwd,
    environment: { ...environment, ...own },
    logFile,
  });
  return { name, title, dialect, can, port, spawnedAt, ...started };
}
