// The servers that are measured: this server, the bare proxy and the peers; how to start and ask each, and what it can do.
import { fileURLToPath } from "node:url";
import { graphql } from "./dialects/graphql.mjs";
import { rest } from "./dialects/rest.mjs";
import { snakeCase } from "./dialects/snake-case.mjs";
import { configureOurs } from "./ours.mjs";
import { prepareGateway, prepareMesh } from "./peers/mesh.mjs";
import { prepareTailcall } from "./peers/tailcall.mjs";
import { findPort, startProcess } from "./processes.mjs";

const UPSTREAM_KEY = "sk-upstream";
const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));
const HERE = pathOf(".");

/** `prepare` yields how to start a server: what Node runs as `script`, or the whole `command`, and in which environment. */
const ours = {
  title: "this server",
  prepare: () => ({ script: [pathOf("../dist/main.js")], environment: configureOurs() }),
  dialect: graphql,
  can: ["chat", "models", "streams", "uploads"],
};

/** By the names of `--servers`, in the order of the table. */
export const servers = {
  proxy: {
    title: "bare proxy",
    prepare: () => ({ script: [pathOf("peers/proxy.mjs")] }),
    dialect: rest,
    can: ["chat", "models", "streams", "uploads"],
  },
  ours,
  /** Only with `--node`: on the version that runs the bench, whatever runs the others. */
  oursHere: { ...ours, title: "this server, on the bench's Node", isHere: true, can: ["chat"] },
  yoga: {
    title: "Yoga, fetch",
    prepare: () => ({ script: [pathOf("peers/yoga.mjs")] }),
    dialect: graphql,
    can: ["chat", "models", "streams", "uploads"],
  },
  apollo: {
    title: "Apollo, openai SDK",
    prepare: () => ({ script: [pathOf("peers/apollo.mjs")] }),
    dialect: graphql,
    can: ["chat", "models", "uploads"],
  },
  mercurius: {
    title: "Mercurius, JIT",
    prepare: () => ({ script: [pathOf("peers/mercurius.mjs")] }),
    dialect: graphql,
    can: ["chat", "models"],
  },
  mesh: {
    title: "Mesh v0",
    prepare: prepareMesh,
    dialect: snakeCase,
    can: ["chat", "models", "uploads"],
  },
  gateway: {
    title: "Mesh v1 (Hive Gateway)",
    prepare: prepareGateway,
    dialect: snakeCase,
    can: ["chat", "models", "uploads"],
  },
  tailcall: {
    title: "Tailcall (Rust)",
    prepare: prepareTailcall,
    dialect: snakeCase,
    can: ["chat", "models"],
  },
};

/** The peers that run on Node. */
export const NODE_PEERS = ["yoga", "apollo", "mercurius", "mesh", "gateway"];

/** Starts the upstream. Yields its port and process, and how often each of its endpoints was called. */
export async function startUpstream() {
  const port = await findPort();
  const command = [process.execPath, pathOf("upstream.mjs")];
  const readCounts = async () => (await fetch(`http://127.0.0.1:${port}/counts`)).json();
  return { port, readCounts, ...startProcess({ command, environment: { PORT: String(port) } }) };
}

/**
 * Starts a server in front of it. `node` is the binary that runs it, with Node's own `nodeOptions`. It may not listen yet.
 * Throws if it cannot run on this machine.
 */
export async function startServer(name, upstream, { node = process.execPath, nodeOptions = [], logFile } = {}) {
  const { title, prepare, dialect, can } = servers[name];
  const port = await findPort();
  const environment = {
    PORT: String(port),
    OPENAI_BASE_URL: `http://127.0.0.1:${upstream.port}/v1`,
    OPENAI_API_KEY: UPSTREAM_KEY,
  };
  const { script, command, cwd = HERE, environment: own } = prepare({ port, environment });
  const spawnedAt = performance.now();
  const started = startProcess({
    command: command ?? [node, ...nodeOptions, ...script],
    cwd,
    environment: { ...environment, ...own },
    logFile,
  });
  return { name, title, dialect, can, port, spawnedAt, ...started };
}
