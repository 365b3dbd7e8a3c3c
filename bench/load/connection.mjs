// A client's connection: HTTP/1.1, kept alive, one request at a time, from bytes made in advance. It costs as little CPU
// as possible, because client and upstream share the machine with the server.
import { connect } from "node:net";
import { BodyReader } from "../body-reader.mjs";

const DATA = Buffer.from("data:");

/** Longest wait for an answer, in milliseconds. */
const LOST_AFTER_MS = 60_000;

/** Opens a connection to the port on loopback. Rejects if nothing listens there. */
export function openConnection(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let waiting;
    let firstEventAt = 0;
    const reader = new BodyReader(
      (head, body) => {
        const { resolve } = waiting;
        waiting = undefined;
        resolve({ status: Number(head.slice(9, 12)), body: body.whole(), firstEventAt });
      },
      (bytes) => {
        if (firstEventAt === 0 && bytes.includes(DATA)) firstEventAt = performance.now();
      },
    );
    const fail = (error) => {
      reject(error);
      waiting?.reject(error);
    };
    socket.on("data", (bytes) => reader.read(bytes));
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("The server closed the connection.")));
    socket.setTimeout(LOST_AFTER_MS, () => socket.destroy(new Error(`No byte for ${LOST_AFTER_MS} ms.`)));
    socket.on("connect", () =>
      resolve({
        /** Sends a request's pieces; resolves to `{ status, body, firstEventAt }` when the answer is whole. */
        exchange(...pieces) {
          firstEventAt = 0;
          for (const piece of pieces) socket.write(piece);
          return new Promise((resolve, reject) => {
            waiting = { resolve, reject };
          });
        },
        close: () => socket.destroy(),
      }),
    );
  });
}
