// Forces a garbage collection after every few megabytes of uploads, so that their memory stays flat. Upload buffers lie
// outside V8's heap, and by itself V8 collects only after 32 MB of them (90 MB on Node 24) are dead.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How many uploaded bytes pass between two collections. A collection takes about 1 ms. */
const COLLECT_EVERY_BYTES = 8 * 2 ** 20;

let passedBytes = 0;
let collect: typeof globalThis.gc;

/** Counts bytes that an upload has read; collects garbage when enough of them have passed, over all uploads. */
export function collectAfterBytes(bytes: number): void {
  passedBytes += bytes;
  if (passedBytes < COLLECT_EVERY_BYTES) return;
  passedBytes = 0;
  collect ??= findCollector();
  collect({ type: "minor" });
}

/** Finds V8's collector without a flag on the command line: contexts made after the flag is set have it. */
function findCollector(): NonNullable<typeof globalThis.gc> {
  setFlagsFromString("--expose-gc");
  const collector = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return collector;
}
