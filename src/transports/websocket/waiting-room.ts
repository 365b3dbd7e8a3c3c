// Holds the WebSockets whose clients are not identified yet. If there are too many, the oldest of the address that has most
// goes first, so that silent ones keep nobody out. Limits what each may send. Knows no GraphQL.
import type { Socket } from "node:net";
import { readNetwork } from "./network.ts";

/** How many there may be. A client greets within a round trip, and has three seconds to do so. */
const MAX_WAITING = 256;
/** What a client may send before it is acknowledged, in bytes, all frames together: one greeting, with the longest of tokens. */
const MAX_GREETING_BYTES = 16 * 2 ** 10;

/** Connections that wait. */
export interface WaitingRoom {
  /**
   * Lets the connection in until leave() or its close. If there are then too many, one of those with the most from their
   * address makes place: the one that has waited longest, whose `onEvict` is called.
   */
  enter(socket: Socket, onEvict: () => void): void;
  leave(socket: Socket): void;
}

interface Guest {
  network: string;
  onEvict(): void;
}

/** Makes an empty waiting room. */
export function createWaitingRoom(): WaitingRoom {
  /** In the order in which they came. */
  const guests = new Map<Socket, Guest>();

  function evict(): void {
    const counts = new Map<string, number>();
    for (const { network } of guests.values()) counts.set(network, (counts.get(network) ?? 0) + 1);
    const most = Math.max(...counts.values());
    for (const [socket, { network, onEvict }] of guests) {
      if (counts.get(network) !== most) continue;
      guests.delete(socket);
      onEvict();
      return;
    }
  }

  return {
    enter(socket, onEvict) {
      guests.set(socket, { network: readNetwork(socket.remoteAddress ?? ""), onEvict });
      socket.once("close", () => guests.delete(socket));
      if (guests.size > MAX_WAITING) evict();
    },
    leave: (socket) => void guests.delete(socket),
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
