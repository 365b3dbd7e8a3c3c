// Finds another version of Node: npx brings its binary from the registry that the user has set.
import { spawnSync } from "node:child_process";

/** Yields the path of the binary and its exact version. Throws with npx' message if it cannot be had. */
export function findNode(version) {
  const print = "process.stdout.write([process.execPath, process.version].join())";
  const command = ["--yes", "--package", `node@${version}`, "--", "node", "--eval", print];
  const { error, status, stdout, stderr } = spawnSync("npx", command, { encoding: "utf8" });
  if (status !== 0) throw new Error(`Node ${version} cannot be had: ${error?.message ?? stderr}`);
  const [path, exact] = stdout.split(",");
  return { path, version: exact };
}
