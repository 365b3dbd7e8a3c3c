// Installs the bench's own dependencies if they are missing or have changed: the server's own package does not need them.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Throws if npm fails. */
export function install() {
  const installedAt = timeOf("node_modules/.package-lock.json");
  if (installedAt > timeOf("package-lock.json")) return;
  const { status } = spawnSync("npm", ["ci", "--prefix", HERE, "--no-audit", "--no-fund"], { stdio: "inherit" });
  if (status !== 0) throw new Error("npm ci has failed in bench/.");
}

/** When the file was written; 0 if it does not exist. */
function timeOf(file) {
  return statSync(`${HERE}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
