// README and docs: strict TypeScript compiles every recipe with the packages themselves, and the typed clients' generators run.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { transformWithEsbuild } from "vite";
import { expect, test } from "vitest";
import { PAGES, ROOT, readPage } from "../support/docs.ts";
import { type Recipe, readRecipes, writeRecipes } from "../support/recipes.ts";
import { generateTypes } from "../support/typed-projects.ts";

/** Languages that TypeScript compiles; of JavaScript it checks the syntax alone. */
const COMPILED = new Set(["ts", "tsx", "js", "jsx"]);

/** As new projects have them, and stricter. */
const COMPILER_OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  allowJs: true,
  target: "es2023",
  lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
  module: "esnext",
  moduleResolution: "bundler",
  moduleDetection: "force",
  jsx: "react-jsx",
  types: ["node"],
  skipLibCheck: true,
  paths: { "openai-graphql-server": [join(ROOT, "dist/index.d.ts")], "@graphql-codegen/cli": ["./codegen-cli.d.ts"] },
};

/** What stands for packages and hosts that are too large to be installed for a few types. */
const STAND_INS = {
  "codegen-cli.d.ts": `export type { Types } from "@graphql-codegen/plugin-helpers";
import type { Types } from "@graphql-codegen/plugin-helpers";
export type CodegenConfig = Types.Config;`,
  "hosts.d.ts": `type Handler = (request: Request) => Response | Promise<Response>;
declare namespace Bun { function serve(options: { fetch: Handler; port?: number; idleTimeout?: number }): unknown }
declare namespace Deno { function serve(handler: Handler): unknown }
declare module "*.css" {}`,
};

/** Generates and compiles the blocks of pages. Yields what failed, by page and line, and which generators ran. */
async function compile(pages: readonly { page: string; text: string }[]) {
  const recipes = pages.flatMap(({ page, text }) => readRecipes(page, text));
  const failures: string[] = [];
  const written: Recipe[] = recipes.filter(isConfiguration);
  for (const recipe of recipes.filter(({ language }) => COMPILED.has(language))) {
    const error = await findSyntaxError(recipe);
    if (error) failures.push(error);
    else written.push(recipe);
  }
  const { folder, files } = writeRecipes(written);
  for (const [name, text] of Object.entries(STAND_INS)) writeFileSync(join(folder, name), text);
  const generators = await generateTypes(folder, files.keys());
  for (const line of await runCompiler(folder, [...new Set(written.map(({ project }) => project))])) {
    const [, file = "", row = "", problem = ""] = /^(\S.*?)\((\d+),\d+\): (.+)/.exec(line) ?? [];
    const recipe = files.get(file);
    failures.push(recipe ? `${recipe.page}:${recipe.line + Number(row) - 1} ${problem}` : line);
  }
  return { failures, generators, count: written.length };
}

function isConfiguration({ language, path }: Recipe): boolean {
  return language === "json" && !path.startsWith("line-");
}

/** One error of syntax would keep TypeScript from looking for any other error. */
async function findSyntaxError({ page, line, code, language }: Recipe): Promise<string | undefined> {
  try {
    await transformWithEsbuild(code, `recipe.${language}`);
    return undefined;
  } catch (error) {
    const [first] = (error as { errors?: { text: string; location: { line: number } }[] }).errors ?? [];
    return `${page}:${line + (first?.location.line ?? 1) - 1} ${first?.text ?? error}`;
  }
}

/** What TypeScript's own command says, a line for each error. */
async function runCompiler(folder: string, projects: readonly string[]): Promise<string[]> {
  const include = ["*.d.ts", ...projects];
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "--pretty", "false", "-p", folder], { cwd: folder });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    return stdout.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
  }
}

test("strict TypeScript compiles every recipe, with the types that are generated for it", async () => {
  const { failures, generators, count } = await compile(PAGES.map((page) => ({ page, text: readPage(page) })));
  expect(failures).toEqual([]);
  expect(generators.sort()).toEqual(["gql.tada", "graphql-codegen", "relay-compiler"]);
  expect(count).toBeGreaterThan(15);
}, 120_000);

test("a recipe that does not compile is named by its page and line", async () => {
  const fence = "```";
  const page = (...lines: string[]) => ({ page: "docs/wrong.md", text: lines.join("\n") });
  const typed = page(
    "## One",
    `${fence}ts`,
    "// src/names.ts",
    'export const name: number = "x";',
    fence,
    `${fence}ts`,
    'import { name } from "./src/names";',
    'import { missing } from "not-installed";',
    "name.toFixed(missing);",
    fence,
    "## Two",
    `  ${fence}js`,
    "  const = 1;",
    `  ${fence}`,
    "## Three",
    `${fence}tsx`,
    'import { useState } from "react";',
    "export const Text = () => <p>{useState(1)[0].length}</p>;",
    fence,
  );
  const { failures } = await compile([typed]);
  expect(failures.map((failure) => failure.replace(/error (TS\d+): .*/s, "$1")).sort()).toEqual([
    'docs/wrong.md:13 Expected identifier but found "="',
    "docs/wrong.md:18 TS2339",
    "docs/wrong.md:4 TS2322",
    "docs/wrong.md:8 TS2307",
  ]);
}, 60_000);
