// Keeps a large upload's memory flat. Its bytes lie outside of V8's heap, and V8 lets 32 MB of such buffers (on Node 24
// 90 MB) die before it looks at them, whatever else the process has room for.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How many bytes of uploads pass between two collections. One takes about a millisecond. */
const COLLECT_EVERY_BYTES = 16 * 2 ** 20;

let passedBytes = 0;
let collect: typeof globalThis.gc;

/** Counts bytes of any upload that have passed; every few megabytes it frees those that are done with. */
export function countPassedBytes(bytes: number): void {
  passedBytes += bytes;
  if (passedBytes < COLLECT_EVERY_BYTES) return;
  passedBytes = 0;
  collect ??= findCollector();
  collect({ type: "minor" });
}

/** The way to a collector without a flag on the command line: only contexts made after the flag is set have it. */
function findCollector(): NonNullable<typeof globalThis.gc> {
  setFlagsFromString("--expose-gc");
  const collector = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return collector;
}
