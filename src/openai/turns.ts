// Turns of the event loop: long work is done in several of them, and everybody else has theirs in between.
import { setImmediate } from "node:timers/promises";

/** Resolves in the next turn. */
export async function untilNextTurn(): Promise<void> {
  await setImmediate();
}

/** Longest time that a piece of long work takes at once, in milliseconds. */
const MAX_WORK_MS = 10;

/** Counts the time of work that comes in many small pieces. */
export class Turns {
  #begunAt = performance.now();

  /** Whether it is time to let others have their turn. */
  get isOver(): boolean {
    return performance.now() - this.#begunAt > MAX_WORK_MS;
  }

  /** Lets others have their turn, and begins the next. */
  async next(): Promise<void> {
    await setImmediate();
    this.#begunAt = performance.now();
  }
}
