// Reads away what is left of a request that has been answered early. Most clients read only after they have sent, and a
// connection closed under them loses the answer (ECONNRESET). Knows no GraphQL.
import type { IncomingMessage } from "node:http";

/** Longest silence after which no more is waited for, in milliseconds. */
const MAX_SILENCE_MS = 2_000;
/** Most that is read away, in bytes. */
const MAX_BYTES = 64 * 2 ** 20;

/** Resolves once the request has come whole, has broken off or a bound is reached; `req.complete` tells which. */
export function readAway(req: IncomingMessage): Promise<void> {
  if (req.complete || req.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const start = req.socket.bytesRead;
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, MAX_SILENCE_MS);
    // A parser that still waits for the rest is not fed any more: what it would read is not asked for.
    req.unpipe();
    req.on("data", () => {
      timer.refresh();
      if (req.socket.bytesRead - start > MAX_BYTES) done();
    });
    req.once("end", done);
    req.once("close", done);
    req.resume();
  });
}
