// The reason in an upstream's error, wherever servers put it. Never throws.
import { isRecord, readJson } from "../../../json/json.ts";

/** Most entries of a list that are read. */
const MAX_ENTRIES = 16;
/** Deeper values are not read. */
const MAX_DEPTH = 6;
/** Longest text that may be JSON itself, in characters. */
const MAX_JSON_LENGTH = 64 * 1024;

/** Where an object says what is wrong; the first that says anything counts. */
const REASONS = ["msg", "message", "detail", "status_msg", "error_description", "error_message", "title", "reason"];
/** Where it says more. OpenRouter has the provider's own words in `metadata.raw`. */
const MORE = ["error", "metadata", "raw", "details", "errors", "base_resp"];

/**
 * The words of an error's JSON value, each once: OpenAI's `{"error": {"message"}}`, Ollama's `{"error": "…"}`, vLLM's bare
 * `{"message"}`, FastAPI's `{"detail": [{"loc", "msg"}]}`, of which the caller's input is left out, and the like, in lists and
 * as JSON text within another.
 */
export function readWords(value: unknown): string {
  const found: string[] = [];
  collect(value, 0, found);
  const words = [...new Set(found)];
  // What is a part of other words says nothing more.
  return words.filter((text) => !words.some((other) => other !== text && other.includes(text))).join(": ");
}

function collect(value: unknown, depth: number, found: string[]): void {
  if (depth > MAX_DEPTH || found.length >= MAX_ENTRIES) return;
  if (typeof value === "string") collectText(value, depth, found);
  else if (Array.isArray(value)) {
    const entries = value.slice(0, MAX_ENTRIES).map((entry) => wordsWithPlace(entry, depth + 1));
    const words = entries.filter((entry) => entry !== "").join("; ");
    if (words !== "") found.push(words);
  } else if (isRecord(value)) {
    const reason = REASONS.find((name) => saysAnything(value[name]));
    if (reason) collect(value[reason], depth + 1, found);
    for (const name of MORE) collect(value[name], depth + 1, found);
  }
}

/** Some gateways put another server's JSON into a text. */
function collectText(text: string, depth: number, found: string[]): void {
  const mayBeJson = /^\s{0,64}[[{]/.test(text) && text.length <= MAX_JSON_LENGTH;
  const json = mayBeJson ? readJson(text) : undefined;
  if (json !== undefined) collect(json, depth + 1, found);
  else if (text.trim() !== "") found.push(text.trim());
}

/** An entry of FastAPI's list names the place in the request. */
function wordsWithPlace(entry: unknown, depth: number): string {
  const found: string[] = [];
  collect(entry, depth, found);
  const words = found.join(": ");
  const { loc } = isRecord(entry) ? entry : {};
  return Array.isArray(loc) ? `${loc.slice(0, MAX_ENTRIES).filter(isPlain).join(".")}: ${words}` : words;
}

function saysAnything(value: unknown): boolean {
  return typeof value === "string" ? value.trim() !== "" : typeof value === "object" && value !== null;
}

/** Whether a JSON value has an obvious text. An object's could be anything, and `{"toString": 1}` has none. */
export function isPlain(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
