// Where log lines go: an output as JSON, or made readable where a person looks at it.
import type { Writable } from "node:stream";
import type { DestinationStream } from "pino";

/** A destination that holds lines back until this turn of the event loop ends. */
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
  const flush = () => {
    if (held !== "") output.write(held);
    held = "";
  };
  return {
    // One write for all that ended in the same turn: each is a call of the system's.
    write(line) {
      if (held === "") setImmediate(flush);
      held += line;
    },
    flush,
  };
}
