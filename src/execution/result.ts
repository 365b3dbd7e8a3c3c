// What an operation yields, once or as an event of a stream.
import type { ExecutionResult } from "graphql";

/** If `json` is there, it is the whole result, and there are neither data nor errors beside it. */
export interface Result extends ExecutionResult {
  readonly json?: string;
}

/** Whether nothing could be made of an event. It is the stream's last: whatever came after it would follow a gap. */
export function isLost({ data, errors }: ExecutionResult): boolean {
  return data === null && errors !== undefined;
}
