// Why a call failed, in words for the log alone: what the network said, or the upstream of this server's account.
import { findAccountFault } from "./account.ts";
import type { OpenAIError } from "./errors.ts";

/** Most errors that are looked at: one for each address that was tried, and those behind them. */
const MAX_ERRORS = 8;
/** Longest text of one of them, in characters. */
const MAX_LENGTH = 300;

/**
 * The cause if a connection failed, such as `ECONNREFUSED` or the certificate's fault; or the upstream's words, in which keys are
 * masked, if they are of this server's account. Undefined for any other failure: its words could quote a prompt.
 */
export function describeCause(error: OpenAIError): string | undefined {
  if (error.reason === "unavailable") return describeConnection(error.cause);
  return error.details.isServersAccount && findAccountFault(error) ? error.message : undefined;
}

/** Each error's code and message; those of several addresses are in one, and proxies wrap that of their connection. */
function describeConnection(cause: unknown): string {
  const texts = new Set<string>();
  const errors = [cause];
  for (
    let error = errors.shift(), seen = 0;
    error instanceof Error && seen < MAX_ERRORS;
    error = errors.shift(), seen++
  ) {
    const { code, errors: inner = [] } = error as { code?: unknown; errors?: readonly unknown[] };
    const text = [code, error.message].filter((part) => typeof part === "string" && part !== "").join(": ");
    if (text !== "") texts.add(text.slice(0, MAX_LENGTH));
    errors.push(...inner, error.cause);
  }
  return [...texts].join("; ");
}
