// The retry rule, that of the official SDK. Knows neither sockets nor endpoints.
// https://github.com/openai/openai-node/blob/master/src/client.ts (shouldRetry, retryRequest)
import type { OpenAIError } from "./errors.ts";

const QUOTA = new Set(["insufficient_quota", "credit_balance_exhausted"]);

/** Whether the account upstream is out of quota or credit. That is not a rate limit: waiting does not help. */
export function isQuotaExceeded(error: OpenAIError): boolean {
  return QUOTA.has(error.details.code ?? "") || QUOTA.has(error.details.type ?? "");
}

/**
 * Whether another attempt may help: after 408, 409, 429, 5xx and if no answer came at all, unless the upstream's
 * `x-should-retry` overrules that. Never for a used-up quota, a timeout, a broken or an unreadable answer: those may
 * have been paid for.
 */
export function isRetryable(error: OpenAIError): boolean {
  if (error.reason === "unavailable") return true;
  if (error.reason !== "status" || isQuotaExceeded(error)) return false;
  if (error.details.shouldRetry !== undefined) return error.details.shouldRetry;
  const status = error.details.status ?? 0;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** Milliseconds before retry number `retry` (0 for the first): what the upstream asks for, or 0.5 s · 2^retry up to 8 s, less up to a quarter. */
export function retryDelayMs(error: OpenAIError, retry: number): number {
  return error.details.retryAfterMs ?? Math.min(500 * 2 ** retry, 8_000) * (1 - Math.random() * 0.25);
}
