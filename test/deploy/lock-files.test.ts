// The lock files: npm checks every package against its digest, and asks the registry that the installer has chosen.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface LockedPackage {
  integrity?: string;
  resolved?: string;
  link?: boolean;
}

test.each(["package-lock.json", "bench/package-lock.json"])("%s has each package's digest, and no registry", (name) => {
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> };
  const locked = Object.entries(packages).filter(([path, { link }]) => path !== "" && !link);
  expect(locked.length).toBeGreaterThan(100);
  const isDigest = (integrity = "") => /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity);
  expect(locked.filter(([, { integrity }]) => !isDigest(integrity)).map(([path]) => path)).toEqual([]);
  expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  expect(text).not.toMatch(/https?:\/\/[^"]*\/-\//);
});
