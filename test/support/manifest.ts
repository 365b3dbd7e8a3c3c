// Manifests of trusted documents, written for a test into a directory of their own.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whenOver } from "./lifetime.ts";

/** Writes the file and yields its path; it goes with the case, or with its `shared`. What is no text or bytes is written as JSON. */
export function writeManifest(content: unknown): string {
  const directory = mkdtempSync(join(tmpdir(), "manifest-"));
  whenOver(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "manifest.json");
  writeFileSync(path, typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return path;
}

/** Apollo's manifest of these documents by id. */
export function apolloManifest(documents: Readonly<Record<string, string>>) {
  return {
    format: "apollo-persisted-query-manifest",
    version: 1,
    operations: Object.entries(documents).map(([id, body]) => ({ id, name: "Operation", type: "query", body })),
  };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
