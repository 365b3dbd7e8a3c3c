// How an operation ended, in one word, and how bad that is. Knows no log.
import { type ErrorCode, errorCodes, type Severity } from "../errors/codes.ts";

/** `OK`, the code of the worst error, or `ABORTED` if the client left. */
export type Outcome = "OK" | "ABORTED" | ErrorCode;

const RANK: Readonly<Record<Severity, number>> = { info: 0, warn: 1, error: 2 };

/** How bad an outcome is. */
export function severityOf(outcome: Outcome): Severity {
  return outcome === "OK" || outcome === "ABORTED" ? "info" : errorCodes[outcome].severity;
}

/** The worse of the two; the first if both are equally bad. */
export function worseOf(first: Outcome | undefined, second: Outcome): Outcome {
  return first === undefined || RANK[severityOf(second)] > RANK[severityOf(first)] ? second : first;
}

/** The code of an error that createMaskError made; anything else is a fault of this server. */
export function outcomeOf(error: { readonly extensions?: Readonly<Record<string, unknown>> | undefined }): Outcome {
  const code = error.extensions?.code;
  return typeof code === "string" && Object.hasOwn(errorCodes, code) ? (code as Outcome) : "INTERNAL_SERVER_ERROR";
}
