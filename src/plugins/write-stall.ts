// Cuts off a client that stays connected and stops reading: what it is owed would be held for ever. Knows no GraphQL.
import type { Socket } from "node:net";

/** How often in the time allowed the connection is looked at. */
const LOOKS = 4;

/** Destroys `socket` once it has had bytes to send and sent none for `stallMs`. Returns how to stop watching. */
export function watchWriteStall(socket: Socket, stallMs: number): () => void {
  // Its "close" may have been already.
  if (socket.destroyed) return () => {};
  let sentBytes = -1;
  let quietLooks = 0;
  const timer = setInterval(() => {
    // What has left the process: `bytesWritten` counts what waits to be sent, too.
    const nowSent = socket.bytesWritten - socket.writableLength;
    quietLooks = socket.writableLength > 0 && nowSent === sentBytes ? quietLooks + 1 : 0;
    sentBytes = nowSent;
    // With an error, or `ws` would take the connection for open until its close.
    if (quietLooks >= LOOKS) socket.destroy(new Error(`The client has read nothing for ${stallMs} ms.`));
  }, stallMs / LOOKS);
  const stop = () => clearInterval(timer);
  socket.once("close", stop);
  return () => {
    socket.off("close", stop);
    stop();
  };
}
