// The reason in an upstream's error, wherever servers put it. Never throws.
import { isRecord, readJson } from "../../../json/json.ts";

/** Most entries of a list that are read. */
const MAX_ENTRIES = 16;
/** Deeper values are not read. */
const MAX_DEPTH = 8;
/** Longest text that may be JSON itself, in characters. */
const MAX_JSON_LENGTH = 64 * 1024;

/** What some servers say beside a message that only names the kind of error. */
const DETAIL = "detail";
/** Where an object says what is wrong; the first that says anything counts, and DETAIL with it. */
const REASONS = [
  ...["msg", "message", "Message", DETAIL, "status_msg", "error_msg", "errmsg", "error_message", "errorMessage"],
  ...["error_description", "faultstring", "description", "exception", "title", "reason", "text"],
];
/** Where it says more. OpenRouter has the provider's own words in `metadata.raw`. */
const MORE = ["error", "Error", "err", "metadata", "raw", "details", "errors", "base_resp", "innererror", "fault"];
/** Where the whole error may be, if there is nothing of it around these. */
const WRAPPERS = ["data", "result", "response", "body"];

/**
 * The words of an error's JSON value, each once: OpenAI's `{"error": {"message"}}`, Ollama's `{"error": "…"}`, vLLM's bare
 * `{"message"}`, FastAPI's `{"detail": [{"loc", "msg"}]}`, of which the caller's input is left out, and the like, in lists and
 * as JSON text within another.
 */
export function readWords(value: unknown): string {
  const found: string[] = [];
  collect(value, 0, found);
  if (found.length === 0 && isRecord(value)) for (const name of WRAPPERS) collect(value[name], 1, found);
  const words = [...new Set(found)];
  // What is a part of other words says nothing more.
  return words.filter((text) => !words.some((other) => other !== text && other.includes(text))).join(": ");
}

/** Whether an object has words about an error, and nothing else. */
export function hasOnlyWords(value: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(value).every((name) => REASONS.includes(name) || MORE.includes(name));
}

function collect(value: unknown, depth: number, found: string[]): void {
  if (depth > MAX_DEPTH || found.length >= MAX_ENTRIES) return;
  if (typeof value === "string") collectText(value, depth, found);
  else if (Array.isArray(value)) {
    const entries = value.slice(0, MAX_ENTRIES).map((entry) => wordsWithPlace(entry, depth + 1));
    const words = entries.filter((entry) => entry !== "").join("; ");
    if (words !== "") found.push(words);
  } else if (isRecord(value)) {
    const before = found.length;
    for (const name of REASONS) if (found.length === before || name === DETAIL) collect(value[name], depth + 1, found);
    for (const name of MORE) collect(value[name], depth + 1, found);
    if (found.length === before && isRecord(value.errors)) collectFields(value.errors, depth + 1, found);
  }
}

/** `{"errors": {"model": ["is not known"]}}` */
function collectFields(fields: Readonly<Record<string, unknown>>, depth: number, found: string[]): void {
  for (const [name, value] of Object.entries(fields).slice(0, MAX_ENTRIES)) {
    if (REASONS.includes(name) || MORE.includes(name)) continue;
    const words: string[] = [];
    collect(value, depth, words);
    if (words.length > 0) found.push(`${name}: ${words.join(": ")}`);
  }
}

/** Some gateways put another server's JSON into a text, by itself or between words of their own. */
function collectText(text: string, depth: number, found: string[]): void {
  const whole = text.trim();
  if (whole === "") return;
  const isQuoted = whole.startsWith('"');
  const start = isQuoted ? 0 : whole.search(/[[{]/);
  const end = isQuoted ? whole.length : Math.max(whole.lastIndexOf("}"), whole.lastIndexOf("]")) + 1;
  const mayBeJson = start >= 0 && end > start && whole.length <= MAX_JSON_LENGTH;
  const json = mayBeJson ? readJson(whole.slice(start, end)) : undefined;
  const inside: string[] = [];
  if (json !== undefined) collect(json, depth + 1, inside);
  if (json !== undefined && end - start === whole.length) found.push(...inside);
  else if (inside.length === 0) found.push(whole);
  else {
    const before = whole.slice(0, start).replace(/(?:\bb)?['"]$/, "");
    const after = whole.slice(end).replace(/^['"]/, "");
    found.push(
      [before, inside.join(": "), after]
        .map((part) => part.trim())
        .join(" ")
        .trim(),
    );
  }
}

/** An entry of FastAPI's list names the place in the request. */
function wordsWithPlace(entry: unknown, depth: number): string {
  const found: string[] = [];
  collect(entry, depth, found);
  const words = found.join(": ");
  const { loc } = isRecord(entry) ? entry : {};
  return Array.isArray(loc) ? `${loc.slice(0, MAX_ENTRIES).filter(isPlain).join(".")}: ${words}` : words;
}

/** Whether a JSON value has an obvious text. An object's could be anything, and `{"toString": 1}` has none. */
export function isPlain(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
