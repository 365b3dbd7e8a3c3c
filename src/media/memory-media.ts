// Media that this process keeps in its memory.
import { Shelves } from "../storage/shelves.ts";
import type { KeptMedium, MediaStore, NewMedium } from "./media-store.ts";

/** What an entry takes besides its bytes. */
const ENTRY_BYTES = 1_024;
/** Largest piece that is handed out at once, in bytes: a slow reader holds no more than that. */
const PIECE_BYTES = 64 * 1024;

/** Keeps at most `maxBytes`, each medium for `ttlMs` at most: see Shelves. */
export class MemoryMedia implements MediaStore {
  readonly #shelves: Shelves<NewMedium>;

  constructor(ttlMs: number, maxBytes: number) {
    this.#shelves = new Shelves({ ttlMs, maxBytes });
  }

  keep(name: string, { owner, contentType, bytes }: NewMedium): boolean {
    // A part of a larger buffer would keep all of it.
    const own = bytes.length < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes;
    return this.#shelves.put(name, {
      owner,
      value: { owner, contentType, bytes: own },
      bytes: bytes.length + ENTRY_BYTES,
    });
  }

  async find(name: string): Promise<KeptMedium | undefined> {
    const kept = this.#shelves.get(name);
    return kept && { ...inMemory(kept.value), owner: kept.value.owner, leftMs: kept.leftMs };
  }

  async close(): Promise<void> {
    this.#shelves.clear();
  }
}

/** A medium whose bytes are in memory. They stay while it is read. */
export function inMemory({ contentType, bytes }: Pick<NewMedium, "contentType" | "bytes">) {
  return {
    contentType,
    sizeBytes: bytes.length,
    async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
      for (let place = start; place < end; place += PIECE_BYTES)
        yield bytes.subarray(place, Math.min(place + PIECE_BYTES, end));
    },
  };
}
