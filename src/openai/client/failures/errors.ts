// The one error that the adapter throws, and how failures of a connection become that error. Knows no GraphQL code.
import { ProxyError } from "./proxy-error.ts";

/**
 * How an upstream call failed:
 * - `status`: the upstream answered with an error status, or with an error object inside HTTP 200;
 * - `unavailable`: no connection, or it broke before an answer;
 * - `timeout`: one of the three deadlines passed;
 * - `invalid_response`: an answer that this API does not give: not JSON, too large, a redirect, empty;
 * - `interrupted`: the answer broke off in the middle.
 */
export type OpenAIErrorReason = "status" | "unavailable" | "timeout" | "invalid_response" | "interrupted";

/** What an upstream answer reports about a failure. A field is absent if the answer does not report it. */
export interface OpenAIErrorDetails {
  status?: number;
  type?: string;
  code?: string;
  /** The field of the wire request that the upstream blames, as the upstream spells it. */
  param?: string;
  /** The upstream's `x-request-id`. */
  requestId?: string;
  /** How long the upstream asks to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Whether the answer's body was text and not JSON, such as a web server's own page. */
  isForeign?: boolean;
  /** The upstream's `x-should-retry`, which overrules its status. */
  shouldRetry?: boolean;
  /** Whether the upstream cannot have worked on the call: it refused it, or was never reached. */
  isUnpaid?: boolean;
}

/** The statuses from 500 on with which a server refuses a call at once, or fails by a fault of its own. */
const REFUSALS = new Set([500, 501, 503, 505, 529]);
/** The last status of 4xx that HTTP defines. Those above it are gateways' own: nginx' 499 is sent when a client has left. */
const LAST_CLIENT_ERROR = 451;

/**
 * Whether no model has worked on a call that is answered with this status. With 408, 499, 502, 504, 520 and the like a
 * gateway gives up waiting for one. An error inside 200 came after the work had begun.
 */
export function isRefusal(status: number): boolean {
  return (status >= 400 && status <= LAST_CLIENT_ERROR && status !== 408) || REFUSALS.has(status);
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

const UNAVAILABLE = "The upstream could not be reached, or hung up before it answered.";
/** Without a connection, nothing was sent. */
const NEVER_REACHED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const NOT_HTTP = "The upstream's answer is not valid HTTP.";

/**
 * Turns what undici threw into an OpenAIError. `before` is what a plain break means: `unavailable` before the head,
 * `interrupted` after it.
 */
export function toOpenAIError(
  error: unknown,
  before: "unavailable" | "interrupted",
  limits: { headersTimeoutMs: number; idleTimeoutMs: number; maxUpstreamBytes: number },
): OpenAIError {
  if (error instanceof ProxyError) return new OpenAIError("unavailable", error.message, { isUnpaid: true }, error);
  const { code, name, message } = error as { code?: unknown; name?: unknown; message?: unknown };
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
      const tooLarge = `The upstream's answer is larger than ${limits.maxUpstreamBytes} bytes.`;
      return new OpenAIError("invalid_response", tooLarge, {}, error);
    }
    case "UND_ERR_HEADERS_OVERFLOW":
      return new OpenAIError("invalid_response", NOT_HTTP, {}, error);
  }
  // undici's parser gives no code. The end inside a body is a break, not bad HTTP.
  const isNotHttp = name === "HTTPParserError" && !/EOF/.test(String(message));
  // An answer with status 100 or 101, which nobody asked for. undici reads nothing after it.
  const isUnasked = code === "UND_ERR_SOCKET" && /^bad (?:response|upgrade)$/.test(String(message));
  const hasTwoLengths = code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" && before === "unavailable";
  if (isNotHttp || isUnasked || hasTwoLengths) return new OpenAIError("invalid_response", NOT_HTTP, {}, error);
  return before === "interrupted"
    ? new OpenAIError("interrupted", "The upstream's answer broke off in the middle.", {}, error)
    : new OpenAIError("unavailable", UNAVAILABLE, NEVER_REACHED.has(String(code)) ? { isUnpaid: true } : {}, error);
}
