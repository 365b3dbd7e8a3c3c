// Turns of the event loop. Long work is done in pieces; the pieces of all that is long wait in one line, and one of them is done
// in each turn. So everybody else waits for one piece at most, however much long work there is.

/** Longest time that a piece of long work should take, in milliseconds. */
const MAX_WORK_MS = 5;

/** Yields a function that calls what it is given in a later turn, in order; `perTurn` of them in each. */
export function createLine(perTurn: number): (go: () => void) => void {
  const waiting: (() => void)[] = [];
  const letSome = () => {
    for (const go of waiting.splice(0, perTurn)) go();
    if (waiting.length > 0) setImmediate(letSome);
  };
  return (go) => {
    if (waiting.push(go) === 1) setImmediate(letSome);
  };
}

const enter = createLine(1);

/** Resolves in a later turn, when those before have had theirs. */
export function untilNextTurn(): Promise<void> {
  return new Promise(enter);
}

/** Counts the time of work that comes in many small pieces, with or without waits in between. */
export class Turns {
  #workedMs = 0;
  #begunAt = performance.now();

  /** To be called before a piece that comes after a wait. */
  begin(): void {
    this.#begunAt = performance.now();
  }

  /** To be called after a piece: whether it is time to let others have their turn. */
  isOver(): boolean {
    const now = performance.now();
    this.#workedMs += now - this.#begunAt;
    this.#begunAt = now;
    return this.#workedMs > MAX_WORK_MS;
  }

  /** Lets others have their turn. */
  async next(): Promise<void> {
    await untilNextTurn();
    this.#workedMs = 0;
    this.begin();
  }
}
