// What stands in a connection's place for a request that came as a fetch Request. It lasts until the answer has been taken, or
// its reader has left.
import { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";

/** As much of a net.Socket as is used of one. */
export class FetchConnection extends EventEmitter {
  destroyed = false;
  /** What has been read of the request's body. */
  bytesRead = 0;
  /** What has been taken of the answer's body. */
  bytesTaken = 0;
  #request: Readable | undefined;
  #response: Writable | undefined;

  /** What waits to be taken. */
  get writableLength(): number {
    return this.#response?.writableLength ?? 0;
  }

  get bytesWritten(): number {
    return this.bytesTaken + this.writableLength;
  }

  /** To be called once: from now on the connection ends with the response, and both streams end with the connection. */
  carry(request: Readable, response: Writable): void {
    this.#request = request;
    this.#response = response;
    response.once("close", () => this.destroy());
  }

  /** Ends the request and its answer. Emits "close" soon after, as a socket does. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#request?.destroy(error);
    this.#response?.destroy(error);
    queueMicrotask(() => this.emit("close"));
    return this;
  }
}
