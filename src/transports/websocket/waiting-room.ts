// Holds the WebSockets whose clients are not identified yet: few for each address and few in all, and those that wait
// longest go first, so that silent ones keep nobody out. Limits what each may send. Knows no GraphQL.
import type { Socket } from "node:net";
import { readNetwork } from "./network.ts";

/** How many there may be. A client greets within a round trip, and has three seconds to do so. */
const MAX_WAITING = 256;
/** How many of them may be of one address. */
const MAX_OF_NETWORK = MAX_WAITING / 4;
/** What a client may send before it is acknowledged, in bytes, all frames together: one greeting, with the longest of tokens. */
const MAX_GREETING_BYTES = 16 * 2 ** 10;

/** Connections that wait. */
export interface WaitingRoom {
  /**
   * Lets the connection in until leave() or its close. If it finds no room, the one of its address that has waited longest
   * makes place, or the one of all, and its `onEvict` is called.
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

  /** Has the first go that `isMeant`. */
  function evict(isMeant: (guest: Guest) => boolean): void {
    for (const [socket, guest] of guests) {
      if (!isMeant(guest)) continue;
      guests.delete(socket);
      guest.onEvict();
      return;
    }
  }

  return {
    enter(socket, onEvict) {
      const network = readNetwork(socket.remoteAddress ?? "");
      const isNear = (guest: Guest) => guest.network === network;
      if ([...guests.values()].filter(isNear).length >= MAX_OF_NETWORK) evict(isNear);
      else if (guests.size >= MAX_WAITING) evict(() => true);
      guests.set(socket, { network, onEvict });
      socket.once("close", () => guests.delete(socket));
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
