// Whether an upstream may charge for a call that failed. The one place that decides it: retries, budgets and messages follow.
import { OpenAIError } from "./errors.ts";

/** The statuses from 500 on with which a server refuses a call at once, or fails by a fault of its own. */
const REFUSALS = new Set([500, 501, 503, 505, 529]);
/** The last status of 4xx that HTTP defines. Those above it are gateways' own: nginx' 499 is sent when a client has left. */
const LAST_CLIENT_ERROR = 451;

/**
 * Whether a model may have worked on the call. With 408, 499, 502, 504, 520 and the like a gateway gives up waiting for one; a
 * hang-up, a silence and a broken answer may come after the work, and so does an error inside HTTP 200 unless it is a refusal.
 */
export function mayHaveBeenPaid({ reason, details: { status = 0, isEmbedded, isUntouched } }: OpenAIError): boolean {
  if (reason === "status") return !isRefusal(status) || (isEmbedded === true && status >= 500);
  // A redirect is no answer to anything.
  if (reason === "invalid_response") return status < 300;
  return isUntouched !== true;
}

function isRefusal(status: number): boolean {
  return (status >= 400 && status <= LAST_CLIENT_ERROR && status !== 408) || REFUSALS.has(status);
}

const NOTE = "This call may have been paid for.";

/**
 * The error of a call that costs something: it says whether it may have been paid for, to those who think of another attempt.
 * Nobody does after an answer that is none, and in an error inside HTTP 200 the server has spoken for itself.
 */
export function notePayment(error: OpenAIError): OpenAIError {
  const { reason, message, details, cause } = error;
  if (!mayHaveBeenPaid(error) || reason === "invalid_response" || details.isEmbedded) return error;
  return new OpenAIError(reason, `${message}${/[.!?]$/.test(message) ? "" : "."} ${NOTE}`, details, cause);
}
