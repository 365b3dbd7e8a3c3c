// Reads an error out of an upstream answer, in any of the shapes that servers of this API send.
import { isRefusal, OpenAIError, type OpenAIErrorDetails } from "./errors.ts";
import { isRecord, readJson } from "./json.ts";
import { redact } from "./secrets/redact.ts";
import type { Secrets } from "./secrets/secrets.ts";

/** Most entries of a list in an error that are read. */
const MAX_ENTRIES = 16;

/** The header fields of an answer, names in lower case, as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

/**
 * Reads OpenAI's `{"error": {…}}` (Gemini sends a list of one), `{"error": "…"}` (Ollama), a bare
 * `{"message", "type", "code"}` (vLLM), `{"detail": …}` (FastAPI), plain text, a page. The upstream's own words are kept
 * for 4xx only: they are about the caller's input. Never throws.
 */
export function readErrorAnswer(
  httpStatus: number,
  headers: ResponseHeaders,
  text: string,
  secrets: Secrets,
): OpenAIError {
  const json = readJson(text);
  const body = Array.isArray(json) ? json[0] : json;
  const envelope = (isRecord(body) && body.error) || body;
  const error = isRecord(envelope) ? envelope : {};
  const status = httpStatus >= 400 ? httpStatus : impliedStatus(error);
  const words = status < 500 ? redact(json === undefined ? text : readWords(envelope), secrets) : "";
  return new OpenAIError(
    "status",
    words || `The upstream ${status < 500 ? "refused" : "failed"} with status ${status}.`,
    compact({
      status,
      type: token(error.type, secrets),
      code: token(error.code, secrets),
      param: token(error.param, secrets),
      requestId: readRequestId(headers, secrets),
      retryAfterMs: readRetryAfterMs(headers),
      isForeign: (json === undefined && text.trim() !== "") || undefined,
      shouldRetry: readShouldRetry(httpStatus, headers),
      isUnpaid: isRefusal(httpStatus) || undefined,
    }),
  );
}

/** The upstream's own id of the request; undefined if it sent none, or something that is not an id. */
export function readRequestId(headers: ResponseHeaders, secrets: Secrets): string | undefined {
  const id = headers["x-request-id"];
  // Most ids look like this. They can hold no more than a part of a secret in hexadecimal digits.
  const isUsual = typeof id === "string" && USUAL_REQUEST_ID.test(id) && !secrets.isInHexadecimal(id);
  return isUsual ? id : token(id, secrets);
}

/** OpenAI's, and a UUID. */
const USUAL_REQUEST_ID = /^(?:req_[\da-f]{1,64}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/;

/**
 * Reads `retry-after-ms`, or else `retry-after` in seconds or as an HTTP date, in milliseconds from now.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function readRetryAfterMs(headers: ResponseHeaders): number | undefined {
  const milliseconds = Number.parseFloat(String(headers["retry-after-ms"]));
  if (milliseconds >= 0 && Number.isFinite(milliseconds)) return Math.ceil(milliseconds);
  const value = String(headers["retry-after"] ?? "");
  const seconds = Number.parseFloat(value);
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isFinite(waitMs) ? Math.max(0, Math.ceil(waitMs)) : undefined;
}

/** An error inside HTTP 200 came after the upstream had taken the request on: it may have been paid for. */
function readShouldRetry(httpStatus: number, headers: ResponseHeaders): boolean | undefined {
  const header = headers["x-should-retry"];
  const asked = header === "true" || (header === "false" ? false : undefined);
  return httpStatus < 400 ? (asked ?? false) : asked;
}

/** The status that an error object inside HTTP 200 stands for: its numeric code, or that of its type. */
function impliedStatus({ code, type }: Record<string, unknown>): number {
  const number = isPlain(code) ? Number(code) : Number.NaN;
  if (Number.isInteger(number) && number >= 400 && number <= 599) return number;
  const words = [type, code].filter(isPlain).join(" ");
  if (/quota|rate_?limit|credit_balance/i.test(words)) return 429;
  if (/authentication|invalid_api_key/i.test(words)) return 401;
  if (/permission/i.test(words)) return 403;
  if (/not_?found/i.test(words)) return 404;
  return /invalid|bad_?request|context_length|content_policy|content_filter/i.test(words) ? 400 : 500;
}

/**
 * The message of an error. FastAPI's list repeats the caller's input; only its places and messages are taken, of the
 * first entries.
 */
function readWords(value: unknown, depth = 0): string {
  if (typeof value === "string") return value;
  if (depth > 4) return "";
  if (Array.isArray(value)) {
    const entries = value.slice(0, MAX_ENTRIES);
    return entries.map((entry) => readWords(entry, depth + 1)).join("; ");
  }
  const { loc, msg, message, detail, error } = isRecord(value) ? value : {};
  const words = readWords(msg ?? message ?? detail ?? error ?? "", depth + 1);
  return Array.isArray(loc) ? `${loc.slice(0, MAX_ENTRIES).filter(isPlain).join(".")}: ${words}` : words;
}

/** Whether a JSON value has an obvious text. An object's could be anything, and `{"toString": 1}` has none. */
function isPlain(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

/** A short word for machines (an error code, a field path, an id). Anything longer or of other characters is left out. */
function token(value: unknown, secrets: Secrets): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[\w.[\]:/-]{1,128}$/.test(text) ? redact(text, secrets) : undefined;
}

function compact(
  details: { [Key in keyof OpenAIErrorDetails]: OpenAIErrorDetails[Key] | undefined },
): OpenAIErrorDetails {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
