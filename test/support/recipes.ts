// The code blocks of README and docs as files, so that they can be compiled and run.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "./docs.ts";

/** One fenced block. */
export interface Recipe {
  /** The page, relative to the repository. */
  readonly page: string;
  /** The line of the page on which the block's first line stands, from 1. */
  readonly line: number;
  readonly language: string;
  /** The folder of all blocks below the same heading of the second level: they can import one another. */
  readonly project: string;
  /** Its path in that folder: what the fence, or a comment in its first line, calls it; or made of its line. */
  readonly path: string;
  readonly code: string;
}

/** The blocks of one page, in order. */
export function readRecipes(page: string, text: string): Recipe[] {
  const slug = (words: string) => words.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const recipes: Recipe[] = [];
  const lines = text.split("\n");
  let section = "top";
  for (let index = 0; index < lines.length; index++) {
    const heading = /^## (.+)/.exec(lines[index] ?? "");
    if (heading) section = slug(heading[1] ?? "");
    const fence = /^( *)```(\w+) ?(\S*)$/.exec(lines[index] ?? "");
    if (!fence) continue;
    const [, indent = "", language = "", name] = fence;
    const end = lines.indexOf(`${indent}\`\`\``, index);
    const code = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
    const named = name || /^\/\/ ([\w.[\]/-]+\.\w+)\b/.exec(code[0] ?? "")?.[1];
    const line = index + 2;
    const path = named ?? `line-${line}.${language}`;
    recipes.push({ page, line, language, project: `${slug(page)}/${section}`, path, code: code.join("\n") });
    index = end;
  }
  return recipes;
}

/** A folder with the blocks in it, and this repository's packages; it is removed with the test. Yields the blocks by their files. */
export function writeRecipes(recipes: readonly Recipe[]): { folder: string; files: ReadonlyMap<string, Recipe> } {
  const folder = mkdtempSync(join(tmpdir(), "recipes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const files = new Map<string, Recipe>();
  for (const recipe of recipes) {
    const { dir, name, ext } = parse(`${recipe.project}/${recipe.path}`);
    const first = `${dir}/${name}${ext}`;
    // A second block of one name is another way to write the same file.
    const file = files.has(first) ? `${dir}/${name}-line-${recipe.line}${ext}` : first;
    files.set(file, recipe);
    mkdirSync(join(folder, dir), { recursive: true });
    writeFileSync(join(folder, file), `${recipe.code}\n`);
  }
  return { folder, files };
}
