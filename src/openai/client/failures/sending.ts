// How far a request has come when its call fails: whether it was sent at all, and whether the upstream can have worked on it.
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/**
 * A server may close an idle connection while a request is under way to it. The end arrives one round trip after the request was
 * written, which takes less than this between almost any two places; a model that works, and then fails, takes longer.
 */
const RIGHT_AFTER_MS = 200;

const HAS_ANSWERED = Symbol("has answered");

type Connection = Socket & { [HAS_ANSWERED]?: true };

/** The request that undici is about to write. It writes it in the same turn in which it announces it. */
let next: Sending | undefined;

// The only public way to the connection of a request whose connection was reset: ECONNRESET does not name it.
// https://github.com/nodejs/undici/blob/v7.30.2/docs/docs/api/DiagnosticsChannel.md#undiciclientsendheaders
subscribe("undici:client:sendHeaders", (message) => {
  next?.writtenTo((message as { socket: Connection }).socket);
  next = undefined;
});

/** Follows one request. */
export class Sending {
  #connection: Connection | undefined;
  #isReused = false;
  #readBytes = 0;
  #writtenAt = 0;

  /** To be called when undici announces that it writes the request. */
  begins(): void {
    next = this;
  }

  writtenTo(connection: Connection): void {
    this.#connection = connection;
    this.#isReused = connection[HAS_ANSWERED] === true;
    this.#readBytes = connection.bytesRead;
    this.#writtenAt = performance.now();
  }

  /** To be called when the head of the answer has come. */
  answered(): void {
    if (this.#connection) this.#connection[HAS_ANSWERED] = true;
  }

  /** Whether there was no connection to write the request to. */
  get isUnsent(): boolean {
    return this.#connection === undefined;
  }

  /**
   * Whether the upstream cannot have worked on a request whose connection has ended just now: there was none, or it was kept
   * from an earlier request and ended without a byte right after this one was written, as the upstream had closed it before.
   */
  get isUntouched(): boolean {
    if (!this.#connection) return true;
    const hasAnswered = this.#connection.bytesRead > this.#readBytes;
    return this.#isReused && !hasAnswered && performance.now() - this.#writtenAt < RIGHT_AFTER_MS;
  }
}
