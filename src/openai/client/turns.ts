// Turns of the event loop. Long work is done in pieces; the pieces of all that is long wait in one line, and one of them is done
// in each turn. So everybody else waits for one piece at most, however much long work there is.

/** Longest time that a piece of long work should take, in milliseconds. */
const MAX_WORK_MS = 5;

/** Who waits for a turn, in their order. */
const line: (() => void)[] = [];

function letNextOne(): void {
  line.shift()?.();
  if (line.length > 0) setImmediate(letNextOne);
}

/** Resolves in a later turn, when those before have had theirs. */
export function untilNextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (line.push(resolve) === 1) setImmediate(letNextOne);
  });
}

/** What Turns have counted since the event loop has last gone round. */
let workedMs = 0;

/**
 * Counts the time of work that comes in many small pieces, with or without waits in between, together with all other such work:
 * a hundred short ones that come at once are a long one.
 */
export class Turns {
  #begunAt = performance.now();

  /** To be called before a piece that comes after a wait. */
  begin(): void {
    this.#begunAt = performance.now();
  }

  /** To be called before the first piece and after each: whether it is time to let others have their turn. */
  isOver(): boolean {
    const now = performance.now();
    if (workedMs === 0) setImmediate(forgetWork);
    workedMs += now - this.#begunAt;
    this.#begunAt = now;
    return workedMs > MAX_WORK_MS;
  }

  /** Lets others have their turn. */
  async next(): Promise<void> {
    await untilNextTurn();
    workedMs = 0;
    this.begin();
  }
}

function forgetWork(): void {
  workedMs = 0;
}
