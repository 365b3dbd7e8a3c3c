// One stream that stays open. Its events are checked as they come, and their delays reported.
import { connect } from "node:net";
import { BodyReader } from "../body-reader.mjs";
import { ageMsOf, findStamp, nowMicroseconds } from "../clock.mjs";

const EMPTY = Buffer.alloc(0);
const BLOCK_END = "\n\n";

/**
 * Sends the request and resolves to the stream once its first event has come. Its `onDelay` is called with each event's
 * delay in milliseconds; `error` says why it has broken off. Rejects if that happens before the first event.
 */
export function openStream({ port, request, check, nonce }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const stream = { onDelay: undefined, error: undefined, close: () => socket.destroy() };
    const fail = (error) => {
      stream.error ??= error;
      socket.destroy();
      reject(error);
    };
    let rest = EMPTY;
    const readBlocks = (bytes) => {
      const now = nowMicroseconds();
      rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
      for (let end = rest.indexOf(BLOCK_END); end !== -1; end = rest.indexOf(BLOCK_END)) {
        readBlock(rest.subarray(0, end + BLOCK_END.length), now);
        rest = rest.subarray(end + BLOCK_END.length);
      }
    };
    const readBlock = (block, now) => {
      // A comment that keeps the connection open.
      if (block[0] === ":".charCodeAt(0)) return;
      const stamp = findStamp(block) ?? "none";
      check({ status: 200, body: block }, [nonce, stamp]);
      stream.onDelay?.(ageMsOf(stamp, now));
      resolve(stream);
    };
    const reader = new BodyReader((head) => fail(new Error(`A stream has ended: ${head} ${rest}`)), readBlocks, false);
    socket.on("data", (bytes) => {
      try {
        reader.read(bytes);
      } catch (error) {
        fail(error);
      }
    });
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("The server closed a stream.")));
    socket.write(request);
  });
}
