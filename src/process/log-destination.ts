// Where log lines go: an output as JSON, or made readable where a person looks at it.
import type { Writable } from "node:stream";
import type { DestinationStream } from "pino";

/** How long a line may be held back, in milliseconds: each write is a call of the system's, which waits for a slow reader. */
const HOLD_MS = 20;
/** Most that is held back, in characters. */
const MAX_HELD = 16 * 1024;

/** A destination that holds lines back for a moment. */
export interface LogDestination extends DestinationStream {
  /** Writes what is held back; to be called when the process exits. */
  flush(): void;
}

/**
 * Writes to `output`, readable for people where `isTerminal`. Not pino's own destination: writing to a pipe whose reader
 * has gone, its last flush never ends.
 */
export async function openLogDestination(output: Writable, isTerminal: boolean): Promise<LogDestination> {
  if (isTerminal) {
    const { default: pretty } = await import("pino-pretty");
    return Object.assign(pretty({ destination: output, ignore: "pid,hostname", singleLine: true }), { flush() {} });
  }
  let held = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (held !== "") output.write(held);
    held = "";
  };
  return {
    write(line) {
      held += line;
      if (held.length > MAX_HELD) flush();
      else timer ??= setTimeout(flush, HOLD_MS);
    },
    flush,
  };
}
