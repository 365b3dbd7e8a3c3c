// Installs the bench's own dependencies if they are missing: the server's own package does not need them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Throws if npm fails. */
export function install() {
  if (existsSync(`${HERE}node_modules/.package-lock.json`)) return;
  const { status } = spawnSync("npm", ["ci", "--prefix", HERE, "--no-audit", "--no-fund"], { stdio: "inherit" });
  if (status !== 0) throw new Error("npm ci has failed in bench/.");
}
