// Writes log lines to an output: as JSON, or in a readable form on a terminal.
import type { Writable } from "node:stream";
import type { DestinationStream } from "pino";

/** How long a line may be held back, in milliseconds. Each write is a system call, which waits for a slow reader. */
const HOLD_MS = 20;
/** Most bytes that are held back. */
const MAX_HELD = 16 * 1024;
/** Most bytes that wait for the reader of a pipe; lines beyond them are dropped. */
const MAX_UNREAD = 2 ** 20;

/** A destination that collects lines for a moment and writes them together. */
export interface LogDestination extends DestinationStream {
  /** Writes the lines that are held back. Call it when the process exits. */
  flush(): void;
  /** How many lines have been dropped because the output's reader did not take them. */
  dropped(): number;
}

/**
 * Yields a destination that writes to `output`, in a readable form if `isTerminal`. It replaces pino's own destination,
 * whose last flush never ends if the reader of a pipe has gone.
 */
export async function openLogDestination(output: Writable, isTerminal: boolean): Promise<LogDestination> {
  if (isTerminal) {
    const { default: pretty } = await import("pino-pretty");
    const stream = pretty({ destination: output, ignore: "pid,hostname", singleLine: true });
    // A terminal is written to synchronously.
    return Object.assign(stream, { flush() {}, dropped: () => 0 });
  }
  let held = "";
  let heldBytes = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (held !== "") output.write(held);
    held = "";
    heldBytes = 0;
  };
  return {
    write(line) {
      const bytes = Buffer.byteLength(line);
      if (output.writableLength + heldBytes + bytes > MAX_UNREAD) {
        dropped++;
        return;
      }
      held += line;
      heldBytes += bytes;
      if (heldBytes > MAX_HELD) flush();
      else timer ??= setTimeout(flush, HOLD_MS);
    },
    flush,
    dropped: () => dropped,
  };
}
