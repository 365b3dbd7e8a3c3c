// Large bodies are read at a pace: a few chunks in a turn of the event loop. Left alone, the loop takes up to two megabytes of
// every connection before it looks at anything else, and a hundred connections make that a long turn.
import { createLine } from "../openai/client/turns.ts";

/** A chunk of at least this size, in bytes, is unlikely to be the last of what has come. */
const LARGE_CHUNK = 32 * 1024;
/** Chunks that are read in a turn, over all bodies: half a megabyte. */
const CHUNKS_A_TURN = 8;

/** Whether the rest of what has come should wait for its turn. */
export function isLarge(chunk: Uint8Array): boolean {
  return chunk.length >= LARGE_CHUNK;
}

/** Calls `resume` when it is a paused body's turn. */
export const whenItsTurn: (resume: () => void) => void = createLine(CHUNKS_A_TURN);
