// Notices that a client has left: the signal that everything done for a request follows.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { codedError } from "../schema/errors.ts";

/** The requests under way on each connection: more than one where a client pipelines. */
const pending = new WeakMap<Socket, Set<AbortController>>();

/**
 * Yields a signal that is aborted when the connection closes before the answer has been sent. It listens to the
 * socket, once for all its requests: the response of a pipelined request never hears of the close.
 */
export function watchDeparture({ socket }: IncomingMessage, res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (socket.destroyed) controller.abort(departed());
  const controllers = pending.get(socket) ?? watchSocket(socket);
  controllers.add(controller);
  res.once("finish", () => controllers.delete(controller));
  return controller.signal;
}

function watchSocket(socket: Socket): Set<AbortController> {
  const controllers = new Set<AbortController>();
  pending.set(socket, controllers);
  socket.once("close", () => {
    for (const controller of controllers) controller.abort(departed());
  });
  return controllers;
}

/** The client's doing, and so no fault to report; nobody is left to read it. */
function departed(): Error {
  return codedError("BAD_REQUEST", "The client has gone.");
}
