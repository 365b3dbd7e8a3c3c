// Notices clients that stay connected and make no progress: those that stop sending, and those that stop reading.
import type { Socket } from "node:net";

/** How often within its limit a connection is checked. */
const CHECKS = 4;

/** What is watched, and until when. */
interface Watch {
  /** Longest time without progress, in milliseconds. */
  stallMs: number;
  /** A number that changes with each byte of progress. */
  countBytes(): number;
  /** Whether progress is expected now. */
  isWaiting(): boolean;
  onStall(): void;
}

/** Limits how long a client may be silent. */
export interface StallLimit {
  /** Longest time without a byte, in milliseconds. */
  uploadStallMs: number;
  /** How many bytes the client has sent so far. */
  receivedBytes(): number;
}

/** Yields the result of `step`. Throws `createError`'s error if the client sends nothing for too long in the meantime. */
export async function untilStalled<Result>(
  step: Promise<Result>,
  limit: StallLimit,
  createError: () => Error,
): Promise<Result> {
  const watch = new StallWatch(limit, createError);
  try {
    return await watch.until(step);
  } finally {
    watch.end();
  }
}

/** Watches a client over many waits, one after the other, with one timer. To be ended. */
export class StallWatch {
  readonly #timer: NodeJS.Timeout;
  #waits = 0;
  #giveUp: ((error: Error) => void) | undefined;

  /** `createError` yields what a wait throws if the client sends nothing for too long. */
  constructor({ uploadStallMs, receivedBytes }: StallLimit, createError: () => Error) {
    this.#timer = watch({
      stallMs: uploadStallMs,
      // Each wait has its own time.
      countBytes: () => receivedBytes() + this.#waits,
      isWaiting: () => this.#giveUp !== undefined,
      onStall: () => this.#giveUp?.(createError()),
    });
  }

  /** Yields the result of `step`, or throws as `untilStalled` does. */
  async until<Result>(step: Promise<Result>): Promise<Result> {
    this.#waits++;
    const stall = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    try {
      return await Promise.race([step, stall]);
    } finally {
      this.#giveUp = undefined;
    }
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

const watchedSockets = new WeakSet<Socket>();

/**
 * Destroys `socket` if it has bytes to send and sends none for `stallMs`: they would be held for ever. Watches until the
 * socket closes; further calls do nothing.
 */
export function watchWriteStall(socket: Socket, stallMs: number): void {
  // After its "close" event the timer would never end.
  if (socket.destroyed || watchedSockets.has(socket)) return;
  watchedSockets.add(socket);
  const timer = watch({
    stallMs,
    countBytes: () => countSent(socket),
    isWaiting: () => socket.writableLength > 0,
    // With an error, because `ws` would otherwise take the connection for open until its close.
    onStall: () => socket.destroy(new Error(`The client has read nothing for ${stallMs} ms.`)),
  });
  socket.once("close", () => clearInterval(timer));
}

/** Calls `onStall` once after `stallMs` without progress. The caller clears the timer. */
function watch({ stallMs, countBytes, isWaiting, onStall }: Watch): NodeJS.Timeout {
  let seenBytes = countBytes();
  let silentChecks = 0;
  return setInterval(() => {
    const bytes = countBytes();
    silentChecks = isWaiting() && bytes === seenBytes ? silentChecks + 1 : 0;
    seenBytes = bytes;
    if (silentChecks === CHECKS) onStall();
  }, stallMs / CHECKS);
}

/**
 * A number that changes whenever bytes leave the process. `bytesWritten` includes what waits to be sent, and
 * `writableLength` includes all of a large write until its last byte has left. Only the socket's handle knows the progress
 * of such a write; Node's own socket timeout asks it, too (net.Socket's _onTimeout). Without a handle, a large write counts
 * as progress only when it is done.
 */
function countSent(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize?: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}
