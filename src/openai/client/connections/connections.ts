// What is known of the connections to the upstream, however they are made.
import type { Dispatcher } from "undici";

/** The pool of connections at one moment. */
export interface PoolStats {
  /** Open connections. */
  readonly connected: number;
  /** Requests on a connection. */
  readonly running: number;
  /** Requests that wait for a connection. */
  readonly queued: number;
}

/** Kept-alive connections to one upstream. */
export interface Connections {
  /** Sends a request as soon as there is a connection for it. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  /** How many there are, and how many requests use one or wait for one, now. */
  readonly stats: PoolStats;
  /** Closes them once the requests under way have ended. */
  close(): Promise<void>;
}

/** The proxies on the way to the upstream. Empty: there is none. */
export interface Proxies {
  /** The URL of the one for an `http:` upstream; for an `https:` one too, if that has none of its own. */
  http: string;
  /** The URL of the one for an `https:` upstream. */
  https: string;
  /** The hosts that are reached without one, as in `NO_PROXY`. */
  except: string;
}
