// Limits WebSockets whose clients are not identified yet, in number and in what each may send. Knows no GraphQL.
import type { Socket } from "node:net";

/** How many there may be. A client greets within a round trip, and has three seconds to do so. */
const MAX_WAITING = 256;
/** What a client may send before it is acknowledged, in bytes, all frames together: one greeting, with the longest of tokens. */
const MAX_GREETING_BYTES = 16 * 2 ** 10;

/** The connections from the handshake until they are acknowledged. */
export interface WaitingRoom {
  /** Counts the connection until leave() or its close. False if there is no room. */
  enter(socket: Socket): boolean;
  leave(socket: Socket): void;
}

/** Makes an empty waiting room. */
export function createWaitingRoom(): WaitingRoom {
  const waiting = new Set<Socket>();
  return {
    enter(socket) {
      if (waiting.size >= MAX_WAITING) return false;
      waiting.add(socket);
      socket.once("close", () => waiting.delete(socket));
      return true;
    },
    leave: (socket) => void waiting.delete(socket),
  };
}

/**
 * Calls `onExcess` once the client has sent too much for one that is not acknowledged. Returns how to stop counting. The
 * bytes are counted, because `ws` has one limit for a connection's whole life and pings and fragments have none.
 */
export function limitGreeting(socket: Socket, onExcess: () => void): () => void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_GREETING_BYTES) return;
    stop();
    onExcess();
  };
  const stop = () => void socket.off("data", count);
  socket.on("data", count);
  return stop;
}
