// The requests under way on one connection: how many there may be, and whose turn it is to be answered. Answers leave in the
// order of the requests (https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2), and Node stops reading a connection on which
// answers pile up: nobody would learn that its client has left. So an answer is written when its turn has come.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Most requests under way on a connection, each from its head until its answer has left. Few clients have more than one. */
const MAX_UNDER_WAY = 16;

/** Emitted by a response when all before it on its connection have left. */
const TURN = Symbol("turn");

/** The responses of each connection that have not left, in their order. */
const lines = new WeakMap<Socket, ServerResponse[]>();
/** Those that others come before. */
const waiting = new WeakSet<ServerResponse>();

/**
 * Counts the request as under way until its answer has left. If there are too many, ends the connection, and with it
 * everything done for its requests, and calls `onExcess`. False if the request must not be served, because its connection
 * has ended.
 */
export function enterLine({ socket }: IncomingMessage, res: ServerResponse, onExcess = () => {}): boolean {
  // Node parses on what has come, although the connection has ended.
  if (socket.destroyed) return false;
  let line = lines.get(socket);
  if (!line) {
    line = [];
    lines.set(socket, line);
  }
  if (line.length >= MAX_UNDER_WAY) {
    socket.destroy();
    onExcess();
    return false;
  }
  if (line.length > 0) waiting.add(res);
  line.push(res);
  // It comes once, and `once` would cost as much as all else here.
  res.on("close", () => {
    line.shift();
    const [next] = line;
    if (next && waiting.delete(next)) next.emit(TURN);
  });
  return true;
}

/** Whether a request is under way on the connection. */
export function isInUse(socket: Socket): boolean {
  return (lines.get(socket)?.length ?? 0) > 0;
}

/** Whether bytes of an answer may have left on the connection that is not whole yet. */
export function hasAnswerBegun(socket: Socket): boolean {
  return lines.get(socket)?.[0]?.headersSent ?? false;
}

/** Resolves when the answers before this one have left; never if the connection ends before. */
export function untilTurn(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => onTurn(res, resolve));
}

/**
 * Calls `write` when the answers before this one have left: at once if there are none, and never if the connection ends
 * before.
 */
export function onTurn(res: ServerResponse, write: () => void): void {
  if (res.socket || !waiting.has(res)) write();
  else res.once(TURN, write);
}
