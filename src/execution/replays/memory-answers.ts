// Answers that this process keeps for those who ask again. Bounded in all; whoever has most gives way first.
import type { AnswerStore, KeptAnswer } from "./kept-answer.ts";

/** What an entry takes besides its text, in bytes. */
const ENTRY_BYTES = 1_024;

interface Entry {
  readonly answer: KeptAnswer;
  readonly bytes: number;
  readonly endsAt: number;
}

/** The entries of one caller, oldest first. */
interface Shelf {
  readonly entries: Map<string, Entry>;
  bytes: number;
}

/** Keeps at most `maxBytes`, each answer for `ttlMs` at most. Never rejects. */
export class MemoryAnswers implements AnswerStore {
  readonly #ttlMs: number;
  readonly #maxBytes: number;
  readonly #shelves = new Map<string, Shelf>();
  readonly #owners = new Map<string, string>();
  #bytes = 0;

  constructor(ttlMs: number, maxBytes: number) {
    this.#ttlMs = ttlMs;
    this.#maxBytes = maxBytes;
  }

  /** The bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nobody else runs what is asked for here. */
  async claim(id: string): Promise<KeptAnswer | undefined> {
    const entry = this.#shelves.get(this.#owners.get(id) ?? "")?.entries.get(id);
    if (!entry) return undefined;
    if (entry.endsAt > performance.now()) return entry.answer;
    this.#remove(id);
    return undefined;
  }

  async keep(id: string, caller: string, answer: KeptAnswer): Promise<void> {
    this.#remove(id);
    const bytes = 2 * answer.json.length + ENTRY_BYTES;
    if (bytes > this.#maxBytes) return;
    const shelf = this.#shelves.get(caller) ?? { entries: new Map<string, Entry>(), bytes: 0 };
    this.#shelves.set(caller, shelf);
    this.#owners.set(id, caller);
    shelf.entries.set(id, { answer, bytes, endsAt: performance.now() + this.#ttlMs });
    shelf.bytes += bytes;
    this.#bytes += bytes;
    this.#removeEnded(shelf);
    while (this.#bytes > this.#maxBytes) this.#removeOldest(this.#largest());
  }

  async release(): Promise<void> {}

  /** Entries of a shelf end in their order. */
  #removeEnded(shelf: Shelf): void {
    for (const [id, { endsAt }] of shelf.entries) {
      if (endsAt > performance.now()) return;
      this.#remove(id);
    }
  }

  #largest(): Shelf {
    let largest: Shelf | undefined;
    for (const shelf of this.#shelves.values()) if (!largest || shelf.bytes > largest.bytes) largest = shelf;
    return largest as Shelf;
  }

  #removeOldest({ entries }: Shelf): void {
    const [id] = entries.keys();
    if (id !== undefined) this.#remove(id);
  }

  #remove(id: string): void {
    const owner = this.#owners.get(id);
    const shelf = owner === undefined ? undefined : this.#shelves.get(owner);
    const entry = shelf?.entries.get(id);
    if (owner === undefined || !shelf || !entry) return;
    this.#owners.delete(id);
    shelf.entries.delete(id);
    shelf.bytes -= entry.bytes;
    this.#bytes -= entry.bytes;
    if (shelf.entries.size === 0) this.#shelves.delete(owner);
  }
}
