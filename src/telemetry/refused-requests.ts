// Requests that are refused before they are operations: for another path, without a usable Host, WebSocket handshakes.
import type { IncomingMessage } from "node:http";
import type { Observer } from "./operation-record.ts";
import { requestIdOf } from "./request-id.ts";

/** More of a path is not told: it may be as long as a request's head. */
const MAX_PATH = 100;

/** What is known of one. */
export interface RefusedRequest {
  requestId: string;
  method: string;
  /** The client's own words, cut to 100 characters; the query is left out, as it may hold a key or a prompt. */
  path: string;
  /** The HTTP status, or `handshake` for a request for a WebSocket. */
  code: string;
}

/** Yields what tells the observers of one; `code` is as in RefusedRequest. */
export function createTellRefused(observers: readonly Observer[]): (req: IncomingMessage, code: string) => void {
  return (req, code) => {
    const { method = "", url = "" } = req;
    const [path = ""] = url.split(/[?#]/, 1);
    const refused = { requestId: requestIdOf(req), method, path: path.slice(0, MAX_PATH), code };
    for (const observer of observers) observer.requestRefused?.(refused);
  };
}
