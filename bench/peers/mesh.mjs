// GraphQL Mesh. Both versions derive their schema from peers/mesh/openapi.json, once, by their own command lines. Version 0
// also serves it by its command line; version 1 leaves that to Hive Gateway (peers/mesh/gateway.mjs).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));
const DIRECTORY = pathOf("mesh");
const CLI = pathOf("../node_modules/@graphql-mesh/cli/cjs/bin.js");
const COMPOSE = pathOf("../node_modules/@graphql-mesh/compose-cli/esm/bin.js");

/** Yields how Node starts version 0. Throws if its artifacts cannot be built. */
export function prepareMesh({ environment }) {
  build([CLI, "build"], ".mesh/index.ts", environment);
  return { script: [CLI, "start"], cwd: DIRECTORY };
}

/** Yields how Node starts version 1. Throws if its supergraph cannot be composed. */
export function prepareGateway({ environment }) {
  build([COMPOSE, "--config-path", "compose.mjs", "--output", "supergraph.graphql"], "supergraph.graphql", environment);
  return { script: [`${DIRECTORY}/gateway.mjs`], cwd: DIRECTORY };
}

function build(command, result, environment) {
  if (existsSync(`${DIRECTORY}/${result}`)) return;
  const env = { ...process.env, ...environment };
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: DIRECTORY, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${result} cannot be built: ${stderr}`);
}
