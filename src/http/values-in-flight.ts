// Counts the values of large results that have cost nothing. A result is a tree in memory before it is JSON, and many of them
// may wait for room or for their turn.
import type { ExecutionResult } from "graphql";
import type { HeldBytes } from "./held-bytes.ts";
import { isSmall } from "./json-pieces.ts";

/** What a value takes, in bytes; its text is shared with what it has been read from. */
const VALUE_BYTES = 64;

/** Takes room for a result, if it is large. Throws OVERLOADED if there is none: it can be asked for again. */
export function takeValues(result: ExecutionResult, held: HeldBytes): void {
  if (!isSmall(result)) held.take(countValues(result) * VALUE_BYTES);
}

function countValues(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  if (Array.isArray(value)) for (const entry of value) count += countValues(entry);
  else for (const key in value) count += countValues((value as Record<string, unknown>)[key]);
  return count;
}
