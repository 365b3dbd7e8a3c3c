// Notices that a client has left: the signal that everything done for a request follows. Knows no GraphQL.
import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import { CallerGone } from "../openai/cancellable.ts";

/** One request or operation that is under way. */
export interface Departure {
  /** Aborted with CallerGone when the connection closes, or with another reason when the server ends what is under way. */
  readonly signal: AbortSignal;
  /** To be called when the answer has been sent. */
  release(): void;
}

/** The requests under way, by connection: more than one where a client pipelines or speaks WebSocket. */
export interface Departures {
  watch(socket: Socket): Departure;
  /** Ends everything under way, `reason` being what it throws. */
  endAll(reason: Error): void;
}

/** Listens once to each connection: the response of a pipelined request never hears of the close. */
export function createDepartures(): Departures {
  const bySocket = new Map<Socket, Set<AbortController>>();

  function open(socket: Socket): Set<AbortController> {
    const controllers = new Set<AbortController>();
    bySocket.set(socket, controllers);
    socket.once("close", () => {
      bySocket.delete(socket);
      for (const controller of controllers) controller.abort(new CallerGone());
    });
    return controllers;
  }

  return {
    watch(socket) {
      const controller = new AbortController();
      // Each field of an operation listens.
      setMaxListeners(0, controller.signal);
      if (socket.destroyed) {
        controller.abort(new CallerGone());
        return { signal: controller.signal, release() {} };
      }
      const controllers = bySocket.get(socket) ?? open(socket);
      controllers.add(controller);
      return { signal: controller.signal, release: () => controllers.delete(controller) };
    },
    endAll(reason) {
      for (const controllers of bySocket.values()) for (const controller of controllers) controller.abort(reason);
    },
  };
}
