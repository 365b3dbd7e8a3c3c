// The retry rule, that of the official SDK. Knows neither sockets nor endpoints.
// https://github.com/openai/openai-node/blob/master/src/client.ts (shouldRetry, retryRequest)
import type { OpenAIError } from "./errors.ts";

const QUOTA = new Set(["insufficient_quota", "credit_balance_exhausted"]);
/** What a 429 says where waiting does not help. */
const QUOTA_WORDS = /\b(?:quota|credits?|balance)\b/i;

/** Longest wait that an upstream may ask for, in milliseconds; longer ones are told to the caller. */
const MAX_WAIT_MS = 20_000;

/** With these a server refuses a call at once, or asks for another attempt. */
const RETRYABLE = new Set([408, 409, 429, 500, 502, 503, 529]);

/** Whether the account upstream is out of quota or credit. That is not a rate limit: waiting does not help. */
export function isQuotaExceeded({ message, details: { status, code, type } }: OpenAIError): boolean {
  if (status === 402 || QUOTA.has(code ?? "") || QUOTA.has(type ?? "")) return true;
  return status === 429 && code !== "rate_limit_exceeded" && QUOTA_WORDS.test(message);
}

/**
 * Whether another attempt may help: after 408, 409, 429, 500, 502 and 503, unless the upstream's `x-should-retry` overrules
 * that, and if no answer came at all. Never for a used-up quota, a timeout, a broken or an unreadable answer, nor after a
 * gateway has given up waiting (504, 520 to 524): those may have been paid for. Nor where the upstream asks for a longer wait
 * than a caller would like to have.
 */
export function isRetryable(error: OpenAIError): boolean {
  if (error.reason === "unavailable") return true;
  if (error.reason !== "status" || isQuotaExceeded(error)) return false;
  const { status = 0, shouldRetry, retryAfterMs = 0 } = error.details;
  if (retryAfterMs > MAX_WAIT_MS || (status >= 500 && !RETRYABLE.has(status))) return false;
  return shouldRetry ?? RETRYABLE.has(status);
}

/** Milliseconds before retry number `retry` (0 for the first): what the upstream asks for, or 0.5 s · 2^retry up to 8 s, less up to a quarter. */
export function retryDelayMs(error: OpenAIError, retry: number): number {
  return error.details.retryAfterMs ?? Math.min(500 * 2 ** retry, 8_000) * (1 - Math.random() * 0.25);
}
