// Reports requests that were refused before they became operations.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { requestIdOf } from "../http/request-id.ts";

/** A path is cut to this length: it may be as long as a request's head. */
const MAX_PATH = 100;

/** What comes before the name of a medium, whatever a proxy has put before that. */
const BEFORE_NAME = /\/(?:media|pictures)\//i;

/** A request that was refused before it was an operation. */
export interface RefusedRequest {
  requestId: string;
  /** Empty, as the path, if the head could not be read. */
  method: string;
  /**
   * As the client sent it, cut to 100 characters. The query is left out, as it may hold a key or a prompt; so is the name of what the
   * server keeps for callers: whoever knows it may read it.
   */
  path: string;
  /**
   * The HTTP status; `handshake` for a request for a WebSocket, `pipelined` for the one too many on its connection.
   */
  code: string;
}

/** What the operator should know of, although no operation is about it. */
export interface Warning {
  message: string;
  /** The origin that it is about, if any: printable, and cut to 100 characters. */
  origin?: string;
}

/** Observes refused requests. */
export interface RefusalObserver {
  /** A request was refused before it was an operation. Must not throw. */
  requestRefused?(request: RefusedRequest): void;
  /** The operator should know of something. Must not throw. */
  operatorWarned?(warning: Warning): void;
}

/** Yields a function that reports one to the observers; `code` is as in RefusedRequest. */
export function createTellRefused(observers: readonly RefusalObserver[]): (req: IncomingMessage, code: string) => void {
  return (req, code) => {
    const { method = "", url = "" } = req;
    const [path = ""] = url.split(/[?#]/, 1);
    const refused = { requestId: requestIdOf(req), method, path: withoutName(path).slice(0, MAX_PATH), code };
    for (const observer of observers) observer.requestRefused?.(refused);
  };
}

function withoutName(path: string): string {
  const found = BEFORE_NAME.exec(path);
  return found ? `${path.slice(0, found.index + found[0].length)}…` : path;
}

/** Yields a function that reports bytes that could not be read as a request, by the status that answered them. */
export function createTellUnread(observers: readonly RefusalObserver[]): (code: string) => void {
  return (code) => {
    const refused = { requestId: randomUUID(), method: "", path: "", code };
    for (const observer of observers) observer.requestRefused?.(refused);
  };
}

/** Yields a function that passes a warning on to the observers. */
export function createWarn(observers: readonly RefusalObserver[]): (warning: Warning) => void {
  return (warning) => {
    for (const observer of observers) observer.operatorWarned?.(warning);
  };
}
