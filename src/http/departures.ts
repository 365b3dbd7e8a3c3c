// Notices that a client has left: the signal that everything done for its requests follows. Knows no GraphQL.
import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import { CallerGone } from "../openai/cancellable.ts";

/** The connections with requests, each with one signal: what is done for any of its requests ends with it. */
export interface Departures {
  /**
   * Aborted with CallerGone when the connection closes, or with another reason when the server ends what is under way.
   * Whoever listens stops listening when the request is over: the connection may outlive it by far.
   */
  signalOf(socket: Socket): AbortSignal;
  /** Ends everything under way, `reason` being what it throws. */
  endAll(reason: Error): void;
}

/** Listens once to each connection: the response of a pipelined request never hears of the close. */
export function createDepartures(): Departures {
  const bySocket = new Map<Socket, AbortController>();

  function open(socket: Socket): AbortController {
    const controller = new AbortController();
    // Each field of each operation listens.
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
