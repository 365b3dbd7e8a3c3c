// Turns of the event loop. Long work is done in pieces; the pieces of all that is long wait in one line, and one of them is done
// in each turn. So everybody else waits for one piece at most, however much long work there is.

/** Longest time that a piece of long work should take, in milliseconds. */
const MAX_WORK_MS = 3;

/** Yields a function that calls what it is given in a later turn, in order; `perTurn` of them in each. */
export function createLine(perTurn: number): (go: () => void) => void {
  const waiting: (() => void)[] = [];
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    setImmediate(letSome);
  };
  function letSome(): void {
    isScheduled = false;
    for (const go of waiting.splice(0, perTurn)) go();
    schedule();
  }
  return (go) => {
    waiting.push(go);
    schedule();
  };
}

const enter = createLine(1);

/** Resolves in a later turn, when those before have had theirs. */
export function untilNextTurn(): Promise<void> {
  return new Promise(enter);
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
