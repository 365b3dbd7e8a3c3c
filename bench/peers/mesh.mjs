// GraphQL Mesh, by its own command line: its artifacts are built once, then `mesh start` serves them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DIRECTORY = fileURLToPath(new URL("mesh", import.meta.url));
const CLI = fileURLToPath(new URL("../node_modules/@graphql-mesh/cli/cjs/bin.js", import.meta.url));

/** Yields the command that starts it. Throws if its artifacts cannot be built. */
export function prepareMesh({ environment }) {
  if (!existsSync(`${DIRECTORY}/.mesh/index.ts`)) {
    const env = { ...process.env, ...environment };
    const { status, stderr } = spawnSync(process.execPath, [CLI, "build"], { cwd: DIRECTORY, env, encoding: "utf8" });
    if (status !== 0) throw new Error(`mesh build has failed: ${stderr}`);
  }
  return { command: [process.execPath, CLI, "start"], cwd: DIRECTORY };
}
