// Writes log lines to an output: as JSON, or in a readable form on a terminal.
import type { Writable } from "node:stream";
import type { DestinationStream } from "pino";

/** How long a line may be held back, in milliseconds. Each write is a system call, which waits for a slow reader. */
const HOLD_MS = 20;
/** Most characters that are held back. */
const MAX_HELD = 16 * 1024;

/** A destination that collects lines for a moment and writes them together. */
export interface LogDestination extends DestinationStream {
  /** Writes the lines that are held back. Call it when the process exits. */
  flush(): void;
}

/**
 * Yields a destination that writes to `output`, in a readable form if `isTerminal`. It replaces pino's own destination,
 * whose last flush never ends if the reader of a pipe has gone.
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
