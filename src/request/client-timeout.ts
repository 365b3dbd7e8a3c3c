// The deadline that a client gives for its own operation, in a header or in the operation's extensions.
import { requestError } from "../errors/codes.ts";

const HEADER = "x-request-timeout-ms";
const EXTENSION = "extensions.timeoutMs";

/** Longer than this is longer than any call may take, and than timers can wait, in milliseconds. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * How long the operation's calls may take by what its client says, in milliseconds; undefined if it says nothing. Of two
 * deadlines the shorter one holds. Throws BAD_REQUEST (400) for anything but a whole number from 1 on.
 */
export function readClientTimeout(
  extensions: Readonly<Record<string, unknown>> | null | undefined,
  header?: string | string[],
): number | undefined {
  const byHeader =
    header === undefined ? undefined : readMs(HEADER, /^\d{1,16}$/.test(`${header}`) ? Number(header) : header);
  const given = extensions?.timeoutMs;
  const byExtension = given === undefined || given === null ? undefined : readMs(EXTENSION, given);
  if (byHeader === undefined || byExtension === undefined) return byHeader ?? byExtension;
  return Math.min(byHeader, byExtension);
}

function readMs(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return Math.min(value, MAX_TIMEOUT_MS);
  const given = typeof value === "number" ? value : "no number";
  throw requestError("BAD_REQUEST", 400, `${name} must be a whole number of milliseconds, at least 1; it is ${given}.`);
}
