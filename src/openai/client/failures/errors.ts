// The one error that the adapter throws, and how failures of a connection become that error. Knows no GraphQL code.
import { ProxyError } from "./proxy-error.ts";
import type { Sending } from "./sending.ts";

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
  /** Whether the error was inside HTTP 200: `status` is what it stands for. */
  isEmbedded?: boolean;
  /** Whether the upstream cannot have worked on a call that has no answer: see Sending. */
  isUntouched?: boolean;
  /** Whether the call was made with this server's own account. */
  isServersAccount?: boolean;
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

  /** The same with more details. */
  with(details: OpenAIErrorDetails): OpenAIError {
    return new OpenAIError(this.reason, this.message, { ...this.details, ...details }, this.cause);
  }
}

const NOT_REACHED = "The upstream could not be reached.";
const HUNG_UP = "The upstream hung up before it answered.";
const NOT_HTTP = "The upstream's answer is not valid HTTP.";

/** Turns what undici threw into an OpenAIError. `sending` is how far the request has come; absent after the answer's head. */
export function toOpenAIError(
  error: unknown,
  limits: { headersTimeoutMs: number; idleTimeoutMs: number; maxUpstreamBytes: number },
  sending?: Sending,
): OpenAIError {
  if (error instanceof ProxyError) return new OpenAIError("unavailable", error.message, { isUntouched: true }, error);
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
  // undici's parser gives no code.
  const isNotHttp = name === "HTTPParserError" && !isEarlyEnd(error);
  // An answer with status 100 or 101, which nobody asked for. undici reads nothing after it.
  const isUnasked = code === "UND_ERR_SOCKET" && /^bad (?:response|upgrade)$/.test(String(message));
  const hasTwoLengths = code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" && sending;
  if (isNotHttp || isUnasked || hasTwoLengths) return new OpenAIError("invalid_response", NOT_HTTP, {}, error);
  if (!sending) return new OpenAIError("interrupted", "The upstream's answer broke off in the middle.", {}, error);
  const { isUnsent, isUntouched } = sending;
  return new OpenAIError("unavailable", isUnsent ? NOT_REACHED : HUNG_UP, { isUntouched }, error);
}

const BREAKS: ReadonlySet<unknown> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE", "ETIMEDOUT"]);

/** Whether undici threw it because the connection is gone in the middle of an answer. */
export function isBreak(error: unknown): boolean {
  return BREAKS.has((error as { code?: unknown }).code) || isEarlyEnd(error);
}

/** The end inside a body is a break, not bad HTTP. */
function isEarlyEnd(error: unknown): boolean {
  const { name, message } = error as { name?: unknown; message?: unknown };
  return name === "HTTPParserError" && /EOF/.test(String(message));
}
