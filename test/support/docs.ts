// The pages that users read, README and docs, with their fenced blocks.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The endpoint as the pages have it. */
export const ENDPOINT = "http://127.0.0.1:4000/graphql";

/** README and the pages of docs, as paths from the root. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The text of a file, by its path from the root. */
export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The page's fenced blocks of one language, in order. */
export function blocksOf(path: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms");
  return [...readPage(path).matchAll(fence)].map((match) => match[1] ?? "");
}

/** The page's first block of this language that holds `words`. */
export function findBlock(path: string, language: string, words: string): string {
  const block = blocksOf(path, language).find((candidate) => candidate.includes(words));
  expect(block, `${path} has no block of ${language} with ${words}`).toBeDefined();
  return block ?? "";
}
