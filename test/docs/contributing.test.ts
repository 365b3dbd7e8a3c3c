// CONTRIBUTING.md: the folders, commands and files that it names exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const guide = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");

test("its table has every folder of src, in the order that the layout test enforces", () => {
  const listed = [...guide.matchAll(/^\| `([\w/]+)\/` \|/gm)].map(([, folder = ""]) => folder);
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const folders = new Set(sources.filter((file) => /\.tsx?$/.test(file)).map((file) => join("src", dirname(file))));
  expect(listed.map((folder) => (folder === "src" ? folder : `src/${folder}`)).sort()).toEqual([...folders].sort());
  const enforced = readFileSync(join(ROOT, "test/layout.test.ts"), "utf8");
  const places = listed.map((folder) => enforced.indexOf(`["${folder === "src" ? "" : folder}"`));
  expect(places).toEqual(places.toSorted((first, second) => first - second));
  expect(Math.min(...places)).toBeGreaterThan(0);
});

test("its commands are scripts of the package, and its links lead to files", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const commands = [...guide.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  const links = [...guide.matchAll(/\]\(([^)#]+)/g)].map(([, path = ""]) => path);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
