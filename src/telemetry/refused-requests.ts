// Reports requests that were refused before they became operations.
import type { IncomingMessage } from "node:http";
import { requestIdOf } from "../http/request-id.ts";

/** A path is cut to this length: it may be as long as a request's head. */
const MAX_PATH = 100;

/** A request that was refused before it was an operation. */
export interface RefusedRequest {
  requestId: string;
  method: string;
  /** As the client sent it, cut to 100 characters. The query is left out, as it may hold a key or a prompt. */
  path: string;
  /**
   * The HTTP status; `handshake` for a request for a WebSocket, `pipelined` for the one too many on its connection.
   */
  code: string;
}

/** Observes refused requests. */
export interface RefusalObserver {
  /** A request was refused before it was an operation. Must not throw. */
  requestRefused?(request: RefusedRequest): void;
}

/** Yields a function that reports one to the observers; `code` is as in RefusedRequest. */
export function createTellRefused(observers: readonly RefusalObserver[]): (req: IncomingMessage, code: string) => void {
  return (req, code) => {
    const { method = "", url = "" } = req;
    const [path = ""] = url.split(/[?#]/, 1);
    const refused = { requestId: requestIdOf(req), method, path: path.slice(0, MAX_PATH), code };
    for (const observer of observers) observer.requestRefused?.(refused);
  };
}
