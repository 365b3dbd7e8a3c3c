// The retry rule, that of the official SDK. Knows neither sockets nor endpoints.
// https://github.com/openai/openai-node/blob/master/src/client.ts (shouldRetry, retryRequest)
import { isQuotaExceeded } from "./account.ts";
import type { OpenAIError } from "./errors.ts";
import { mayHaveBeenPaid } from "./payment.ts";

/** Longest wait that an upstream may ask for, in milliseconds; longer ones are told to the caller. */
const MAX_WAIT_MS = 20_000;

/** With these a server refuses a call at once, or asks for another attempt. */
const RETRYABLE = new Set([408, 409, 429, 500, 502, 503, 529]);

/**
 * Whether another attempt may help: after 408, 409, 429, 500, 502 and 503, unless the upstream's `x-should-retry` overrules
 * that, and where it cannot have worked on the call. Never for a used-up quota, a timeout, a hang-up after some work, a broken or
 * an unreadable answer, nor after a gateway has given up waiting (504, 520 to 524): those may have been paid for. Nor where the
 * upstream asks for a longer wait than a caller would like to have. GET and DELETE cost nothing, whoever hangs up.
 */
export function isRetryable(error: OpenAIError, method: "GET" | "POST" | "DELETE"): boolean {
  if (error.reason === "unavailable") return method !== "POST" || !mayHaveBeenPaid(error);
  const { status = 0, shouldRetry, retryAfterMs = 0, isEmbedded } = error.details;
  if (error.reason !== "status" || isEmbedded || isQuotaExceeded(error) || retryAfterMs > MAX_WAIT_MS) return false;
  if (RETRYABLE.has(status)) return shouldRetry ?? true;
  return shouldRetry === true && status < 500 && !mayHaveBeenPaid(error);
}

/** Milliseconds before retry number `retry` (0 for the first): what the upstream asks for, or 0.5 s · 2^retry up to 8 s, less up to a quarter. */
export function retryDelayMs(error: OpenAIError, retry: number): number {
  return error.details.retryAfterMs ?? Math.min(500 * 2 ** retry, 8_000) * (1 - Math.random() * 0.25);
}
