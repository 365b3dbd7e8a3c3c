// The folders of examples/: each is an app of its own, with its own packages.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../examples", import.meta.url));

/** What installing and building leaves in a folder. */
const MADE = /^(?:node_modules|dist|\.next|next-env\.d\.ts|.*\.tsbuildinfo)$/;

/** Their names. */
export const exampleNames = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, "package.json")));

/** The folder of an example. */
export function exampleFolder(name: string): string {
  return join(FOLDER, name);
}

/** The files of an example that are committed, as paths in its folder, with their texts. */
export function readExample(name: string): Map<string, string> {
  const folder = exampleFolder(name);
  const list = (path: string): string[] =>
    readdirSync(join(folder, path), { withFileTypes: true })
      .filter((entry) => !MADE.test(entry.name))
      .flatMap((entry) => (entry.isDirectory() ? list(join(path, entry.name)) : [join(path, entry.name)]));
  return new Map(list("").map((path) => [path, readFileSync(join(folder, path), "latin1")]));
}
