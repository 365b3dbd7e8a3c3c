// Cuts off a client that stays connected and stops reading: what it is owed would be held for ever. Knows no GraphQL.
import type { Socket } from "node:net";

/** How often in the time allowed the connection is looked at. */
const LOOKS = 4;

const watched = new WeakSet<Socket>();

/**
 * Destroys `socket` once it has had bytes to send and sent none for `stallMs`, until it closes; to be called once or more
 * often.
 */
export function watchWriteStall(socket: Socket, stallMs: number): void {
  // Its "close" may have been already.
  if (socket.destroyed || watched.has(socket)) return;
  watched.add(socket);
  let sentBytes = -1;
  let quietLooks = 0;
  const timer = setInterval(() => {
    const nowSent = countSent(socket);
    quietLooks = socket.writableLength > 0 && nowSent === sentBytes ? quietLooks + 1 : 0;
    sentBytes = nowSent;
    // With an error, or `ws` would take the connection for open until its close.
    if (quietLooks >= LOOKS) socket.destroy(new Error(`The client has read nothing for ${stallMs} ms.`));
  }, stallMs / LOOKS);
  socket.once("close", () => clearInterval(timer));
}

/**
 * A number that changes whenever bytes leave the process. `bytesWritten` counts what waits to be sent, too, and `writableLength`
 * counts a write of many megabytes until its last byte has left. How far such a write is only its handle knows, which Node's
 * own socket timeout asks as well (net.Socket's _onTimeout); without the handle a large write is progress when it is done.
 */
function countSent(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize?: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}
