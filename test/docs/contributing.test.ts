// CONTRIBUTING.md: the folders, commands and files that it names exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

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

test("its commands are scripts of the package, its links lead to files, and so do the paths that it names", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const commands = [...guide.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  const links = [...guide.matchAll(/\]\(([^)#]+)/g)].map(([, path = ""]) => path);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  const named = [...guide.matchAll(/`((?:src|test|docs)\/[\w/.-]+)`/g)].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test("the issue templates are forms, and the one about an upstream asks for its bytes", () => {
  const folder = join(ROOT, ".github/ISSUE_TEMPLATE");
  const forms = readdirSync(folder).filter((name) => name !== "config.yml");
  expect(forms.sort()).toEqual(["bug.yml", "feature.yml", "upstream.yml"]);
  for (const name of forms) {
    const { body, ...form } = parse(readFileSync(join(folder, name), "utf8"));
    expect(form).toEqual({ name: expect.any(String), description: expect.any(String), labels: [expect.any(String)] });
    const ids = body.flatMap((field: { type: string; id?: string }) => (field.type === "markdown" ? [] : [field.id]));
    expect(ids).toEqual([...new Set(ids)]);
    if (name === "upstream.yml") expect(ids).toContain("bytes");
  }
});
