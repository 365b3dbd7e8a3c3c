// How long what a test starts lives: until the case ends or, in `shared`, until the block that it serves ends.
import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";

interface Block {
  ends: (() => unknown)[];
  resets: (() => void)[];
}

/** The block that `shared` starts something for at this moment. No case runs meanwhile. */
let starting: Block | undefined;

/** Calls `end` when the case has ended; for what `shared` starts, when the block's last case has. */
export function whenOver(end: () => unknown): void {
  if (starting) starting.ends.push(end);
  else
    onTestFinished(async () => {
      await end();
    });
}

/** For what `shared` starts: calls `reset` before each case, so that a case finds nothing of the one before it. */
export function beforeEachCase(reset: () => void): void {
  starting?.resets.push(reset);
}

/**
 * Starts something once for all cases of the file, or of the `describe` that calls this; yields a function by which a
 * case gets it. Lists of requests and of faults are empty when a case begins, and upstreams answer as at first; not so
 * with `goesOn`: what has begun before the first case then goes on untouched.
 */
export function shared<Started>(start: () => Promise<Started> | Started, { goesOn = false } = {}): () => Started {
  const block: Block = { ends: [], resets: [] };
  let started: Started;
  beforeAll(async () => {
    starting = block;
    try {
      started = await start();
    } finally {
      starting = undefined;
    }
  });
  beforeEach(() => {
    if (goesOn) return;
    for (const reset of block.resets) reset();
  });
  afterAll(async () => {
    for (const end of block.ends.reverse()) await end();
  });
  return () => started;
}
