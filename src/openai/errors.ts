// The one error the adapter throws, and how it is read from an upstream answer. Knows no endpoint and no GraphQL code.
import { redact } from "./redact.ts";

/**
 * How an upstream call failed:
 * - `status`: the upstream answered with an error status, or with an error object inside HTTP 200;
 * - `unavailable`: no connection, or it broke before an answer;
 * - `timeout`: one of the three deadlines passed;
 * - `invalid_response`: an answer that is no answer of this API: not JSON, too large, a redirect, empty;
 * - `interrupted`: the answer broke off in the middle.
 */
export type OpenAIErrorReason = "status" | "unavailable" | "timeout" | "invalid_response" | "interrupted";

/** What an upstream answer told about a failure. Absent fields were not told. */
export interface OpenAIErrorDetails {
  status?: number;
  type?: string;
  code?: string;
  /** The field of the wire request that the upstream blames, in its own spelling. */
  param?: string;
  /** The upstream's `x-request-id`. */
  requestId?: string;
  /** How long the upstream asks to wait, in milliseconds. */
  retryAfterMs?: number;
  /** The upstream's `x-should-retry`, which overrules its status. */
  shouldRetry?: boolean;
}

/** Thrown by every adapter function. Its message is safe to show: no key, no address, no page, no stack. */
export class OpenAIError extends Error {
  override readonly name = "OpenAIError";
  readonly reason: OpenAIErrorReason;
  readonly details: OpenAIErrorDetails;

  constructor(reason: OpenAIErrorReason, message: string, details: OpenAIErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.details = details;
  }
}

/** The header fields of an answer, names in lower case, as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

/**
 * Reads an error answer in any of the shapes that servers of this API send: OpenAI's `{"error": {…}}`,
 * `{"error": "…"}` (Ollama), a bare `{"message", "type", "code"}` (vLLM), `{"detail": …}` (FastAPI), plain text, a page.
 * The upstream's own words are kept for 4xx only: they are about the caller's input. Never throws.
 */
export function readErrorAnswer(
  httpStatus: number,
  headers: ResponseHeaders,
  text: string,
  secrets: readonly string[],
): OpenAIError {
  const body = readJson(text);
  const envelope = record(body)?.error ?? body;
  const error = record(envelope) ?? {};
  const status = httpStatus >= 400 ? httpStatus : impliedStatus(error);
  const said =
    typeof envelope === "string" ? envelope : (error.message ?? error.detail ?? (body === undefined ? text : ""));
  const message = status < 500 ? redact(typeof said === "string" ? said : JSON.stringify(said), secrets) : "";
  return new OpenAIError(
    "status",
    message || `The upstream answered with status ${status} and no readable reason.`,
    compact({
      status,
      type: token(error.type, secrets),
      code: token(error.code, secrets),
      param: token(error.param, secrets),
      requestId: token(headers["x-request-id"], secrets),
      retryAfterMs: readRetryAfterMs(headers),
      shouldRetry: { true: true, false: false }[String(headers["x-should-retry"])],
    }),
  );
}

/**
 * Reads `retry-after-ms`, or else `retry-after` in seconds or as an HTTP date, in milliseconds from now.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfterMs(headers: ResponseHeaders): number | undefined {
  const milliseconds = Number.parseFloat(String(headers["retry-after-ms"]));
  if (milliseconds >= 0) return Math.ceil(milliseconds);
  const value = String(headers["retry-after"] ?? "");
  const seconds = Number.parseFloat(value);
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isFinite(waitMs) ? Math.max(0, Math.ceil(waitMs)) : undefined;
}

/**
 * Names what undici threw. `before` tells what a plain break means: `unavailable` while the head was awaited,
 * `interrupted` once it had come.
 */
export function toOpenAIError(
  error: unknown,
  before: "unavailable" | "interrupted",
  limits: { headersTimeoutMs: number; idleTimeoutMs: number; maxUpstreamBytes: number },
): OpenAIError {
  const code = String((error as { code?: unknown }).code);
  switch (code) {
    case "UND_ERR_HEADERS_TIMEOUT":
      return new OpenAIError("timeout", `The upstream did not answer within ${limits.headersTimeoutMs} ms.`, {}, error);
    case "UND_ERR_BODY_TIMEOUT":
      return new OpenAIError(
        "timeout",
        `The upstream fell silent for ${limits.idleTimeoutMs} ms in its answer.`,
        {},
        error,
      );
    case "UND_ERR_RES_EXCEEDED_MAX_SIZE": {
      const message = `The upstream's answer is larger than ${limits.maxUpstreamBytes} bytes.`;
      return new OpenAIError("invalid_response", message, {}, error);
    }
    case "UND_ERR_HEADERS_OVERFLOW":
      return new OpenAIError("invalid_response", "The upstream's answer is not valid HTTP.", {}, error);
  }
  // The end in the middle of a chunk is a break, not bad HTTP.
  if (code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE") {
    return new OpenAIError("invalid_response", "The upstream's answer is not valid HTTP.", {}, error);
  }
  return before === "interrupted"
    ? new OpenAIError("interrupted", "The upstream's answer broke off in the middle.", {}, error)
    : new OpenAIError("unavailable", "The upstream could not be reached, or hung up before it answered.", {}, error);
}

/** The status that an error object inside HTTP 200 would have come with: its numeric code, or what its type says. */
function impliedStatus({ code, type }: Record<string, unknown>): number {
  const number = Number(code);
  if (number >= 400 && number <= 599) return number;
  const words = `${type} ${code}`;
  if (/quota|rate_limit|credit_balance/.test(words)) return 429;
  if (/authentication|invalid_api_key/.test(words)) return 401;
  if (/permission/.test(words)) return 403;
  if (/not_found/.test(words)) return 404;
  return /invalid|bad_?request|context_length|content_policy|content_filter/i.test(words) ? 400 : 500;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** A short machine word (an error code, a field path, an id); anything longer or stranger is left out. */
function token(value: unknown, secrets: readonly string[]): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[\w.[\]:/-]{1,128}$/.test(text) ? redact(text, secrets) : undefined;
}

function compact(
  details: { [Key in keyof OpenAIErrorDetails]: OpenAIErrorDetails[Key] | undefined },
): OpenAIErrorDetails {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
