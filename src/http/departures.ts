// Notices that a client has disconnected, and aborts everything done for its requests. Knows no GraphQL.
import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import { CallerGone } from "../openai/cancellable.ts";

/** One abort signal for each connection that has had a request; all its requests share it. */
export interface Departures {
  /**
   * The connection's signal. It aborts with CallerGone when the connection closes, or with the reason given to `endAll`.
   * Remove your listeners when the request is over: the connection may last much longer.
   */
  signalOf(socket: Socket): AbortSignal;
  /** Aborts everything under way with `reason`. */
  endAll(reason: Error): void;
}

/** Listens to connections, not to responses: the response of a pipelined request does not emit "close". */
export function createDepartures(): Departures {
  const bySocket = new Map<Socket, AbortController>();

  function open(socket: Socket): AbortController {
    const controller = new AbortController();
    // Each field of each operation adds a listener; Node would warn after ten.
    setMaxListeners(0, controller.signal);
    if (socket.destroyed) controller.abort(new CallerGone());
    else {
      bySocket.set(socket, controller);
      socket.once("close", () => {
        bySocket.delete(socket);
        controller.abort(new CallerGone());
      });
    }
    return controller;
  }

  return {
    signalOf: (socket) => (bySocket.get(socket) ?? open(socket)).signal,
    endAll(reason) {
      for (const controller of bySocket.values()) controller.abort(reason);
    },
  };
}
