// The lock files: npm checks every package against its digest, and asks the registry that the installer has chosen.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exampleNames } from "../support/examples.ts";

interface LockedPackage {
  integrity?: string;
  resolved?: string;
  link?: boolean;
}

/** Each lock file, and how many packages it has at least. */
const locks: [name: string, least: number][] = [
  ["package-lock.json", 100],
  ["bench/package-lock.json", 100],
  ...exampleNames.map((name): [string, number] => [`examples/${name}/package-lock.json`, 8]),
];

test.each(locks)("%s has each package's digest, and no registry", (name, least) => {
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> };
  const locked = Object.entries(packages).filter(([path, { link }]) => path !== "" && !link);
  expect(locked.length).toBeGreaterThan(least);
  const isDigest = (integrity = "") => /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity);
  expect(locked.filter(([, { integrity }]) => !isDigest(integrity)).map(([path]) => path)).toEqual([]);
  expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  expect(text).not.toMatch(/https?:\/\/[^"]*\/-\//);
});
