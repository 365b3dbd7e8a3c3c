// The pings of a WebSocket, both ways: whether the client is still there, and an answer to its own. Knows no GraphQL.
import type { Socket } from "node:net";
import type { WebSocket } from "ws";

/** How often a client is asked whether it is there. One that has not answered by the next time is cut off. */
const PING_EVERY_MS = 12_000;

/** Pings `client` until it closes, calling `onPing` each time, and answers its pings; its `autoPong` must be off. */
export function keepAlive(client: WebSocket, socket: Socket, onPing: () => void): void {
  let isHeard = true;
  const hear = () => {
    isHeard = true;
  };
  client.on("pong", hear);
  // A paused socket reads no pongs, so their absence proves nothing. It is paused until the client has read what it was
  // sent, and watchWriteStall watches that meanwhile.
  socket.on("pause", hear);
  const pings = setInterval(() => {
    if (!isHeard && !client.isPaused) return client.terminate();
    isHeard = false;
    client.ping();
    onPing();
  }, PING_EVERY_MS);
  client.once("close", () => clearInterval(pings));
  answerPings(client);
}

/**
 * Answers one ping at a time, and of those that came meanwhile the last (RFC 6455, section 5.5.3): pings without end from a
 * client that reads no pongs take no memory.
 */
function answerPings(client: WebSocket): void {
  let isAnswering = false;
  let latest: Buffer | undefined;
  function answer(data: Buffer): void {
    isAnswering = true;
    client.pong(data, false, () => {
      isAnswering = false;
      const next = latest;
      latest = undefined;
      if (next) answer(next);
    });
  }
  client.on("ping", (data: Buffer) => {
    if (isAnswering) latest = data;
    else answer(data);
  });
}
