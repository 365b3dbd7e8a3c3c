// An answer that is ready before the client has sent its whole request. Most clients read only after they have sent,
// and a connection closed under them loses the answer (ECONNRESET): what is left is read away first, within bounds.
import type { IncomingMessage } from "node:http";
import type { Plugin } from "graphql-yoga";
import type { NodeContext } from "./request-params.ts";

/** Longest silence after which no more is waited for, in milliseconds. */
const MAX_SILENCE_MS = 2_000;
/** Most that is read away, in bytes. */
const MAX_BYTES = 64 * 2 ** 20;

/** Holds an early answer back until the request has been read or a bound is reached; the connection is then closed. */
export function useEarlyAnswer(): Plugin<object, NodeContext> {
  return {
    async onResponse({ response, serverContext }) {
      const req = serverContext?.req;
      if (!req || req.complete || req.destroyed) return;
      await readAway(req);
      if (!req.complete) response.headers.set("connection", "close");
    },
  };
}

function readAway(req: IncomingMessage): Promise<void> {
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
