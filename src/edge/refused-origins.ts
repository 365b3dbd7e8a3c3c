// Tells the operator whose web pages are refused: a browser shows its user no more than that a request failed.
import type { IncomingMessage } from "node:http";

/** Most origins that are named in an hour, each once: strangers choose them. */
const MAX_NAMED = 100;
const HOUR_MS = 3_600_000;
/** Longest origin that is named whole, in characters. */
const MAX_LENGTH = 100;

/** What the operator should learn of. */
export interface RefusedOrigin {
  message: string;
  origin: string;
}

/** Yields a function to be called with each request that is refused for its `Origin`; it passes each origin on once an hour. */
export function createRefusedOrigins(warn: (refused: RefusedOrigin) => void): (req: IncomingMessage) => void {
  let named = new Set<string>();
  let endsAt = 0;
  return ({ headers: { origin } }) => {
    if (origin === undefined) return;
    const now = Date.now();
    if (now >= endsAt || endsAt - now > HOUR_MS) {
      named = new Set();
      endsAt = now + HOUR_MS;
    }
    const name = origin.slice(0, MAX_LENGTH).replace(/[^\x21-\x7e]/g, "?");
    if (named.size >= MAX_NAMED || named.has(name)) return;
    named.add(name);
    warn({ message: `web pages of ${name} are refused: CORS_ORIGINS does not list this origin`, origin: name });
  };
}
