// Large bodies are read at a pace: one chunk of each in a turn of the event loop. Left alone, the loop takes up to two megabytes
// of every connection before it looks at anything else, and a hundred connections make that a long turn.

/** A chunk of at least this size, in bytes, is unlikely to be the last of what has come. */
const LARGE_CHUNK = 32 * 1024;

/** Whether the rest of what has come should wait for the next turn. */
export function isLarge(chunk: Uint8Array): boolean {
  return chunk.length >= LARGE_CHUNK;
}
