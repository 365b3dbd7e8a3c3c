// Owns the packages that only the sandbox needs. They are optional dependencies, and production images leave them out.
import { createRequire } from "node:module";

const packages = ["gpt-tokenizer", "pngjs"];

/** Looks the packages up without loading them. Throws Node's ERR_MODULE_NOT_FOUND if one is not installed. */
export function checkPackages(): void {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const text =
    `The sandbox needs packages that are not installed: ${missing.join(", ")}. ` +
    "Install them, or set OPENAI_API_KEY or OPENAI_BASE_URL to use another upstream.";
  throw Object.assign(new Error(text), { code: "ERR_MODULE_NOT_FOUND" });
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
