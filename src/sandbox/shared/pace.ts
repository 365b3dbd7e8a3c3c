// Owns the pace of a stream: a pause between words, several choices in turn, and an end when the client leaves.
import { setTimeout as sleep } from "node:timers/promises";

/** How fast a stream is, and what ends it early. */
export interface Pace {
  /** The pause between two words of one choice. */
  delayMs: number;
  /** Aborted when the client has left. */
  signal: AbortSignal;
}

/** One item of every queue in turn, with a pause after each round. Throws the abort reason if the client leaves. */
export async function* interleave<Item>(queues: readonly (readonly Item[])[], pace: Pace): AsyncGenerator<Item> {
  const roundCount = queues.reduce((longest, queue) => Math.max(longest, queue.length), 0);
  for (let round = 0; round < roundCount; round += 1) {
    if (round > 0 && pace.delayMs > 0) await sleep(pace.delayMs, undefined, { signal: pace.signal });
    for (const queue of queues) {
      const item = queue[round];
      if (item !== undefined) yield item;
    }
  }
}
