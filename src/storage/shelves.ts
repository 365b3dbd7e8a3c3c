// What is kept in memory for a while for those who own it: bounded in all; whoever owns most gives way first. Knows nothing of what
// it keeps.

interface Entry<Value> {
  readonly owner: string;
  readonly value: Value;
  readonly bytes: number;
  readonly endsAt: number;
}

/** What one owner has, the oldest first. */
interface Shelf {
  readonly ids: Set<string>;
  bytes: number;
}

export interface ShelvesOptions<Value> {
  /** How long an entry is kept at most, in milliseconds. */
  ttlMs: number;
  /** Most bytes of all entries together. */
  maxBytes: number;
  /** Called for each entry that gives way to another before its time is up. */
  onGiveWay?: ((value: Value) => void) | undefined;
}

/** Entries by their ids. */
export class Shelves<Value> {
  readonly #options: ShelvesOptions<Value>;
  /** The oldest first, and so the first to end. */
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #owners = new Map<string, Shelf>();
  #bytes = 0;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: ShelvesOptions<Value>) {
    this.#options = options;
  }

  /** The bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined: there is none, or none any more. */
  get(id: string): { readonly value: Value; readonly leftMs: number } | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    const leftMs = entry.endsAt - performance.now();
    if (leftMs > 0) return { value: entry.value, leftMs };
    this.remove(id);
    return undefined;
  }

  /**
   * Keeps `value` in place of what had the id before. False: it is too large, or its owner would have more than others who together
   * leave no room.
   */
  put(id: string, { owner, value, bytes }: { owner: string; value: Value; bytes: number }): boolean {
    this.remove(id);
    this.#removeEnded();
    if (bytes > this.#options.maxBytes) return false;
    const shelf = this.#owners.get(owner) ?? { ids: new Set<string>(), bytes: 0 };
    this.#owners.set(owner, shelf);
    this.#entries.set(id, { owner, value, bytes, endsAt: performance.now() + this.#options.ttlMs });
    shelf.ids.add(id);
    shelf.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#options.maxBytes) this.#giveWay();
    this.#sweepLater();
    return this.#entries.has(id);
  }

  remove(id: string): void {
    const entry = this.#entries.get(id);
    const shelf = entry && this.#owners.get(entry.owner);
    if (!entry || !shelf) return;
    this.#entries.delete(id);
    shelf.ids.delete(id);
    shelf.bytes -= entry.bytes;
    this.#bytes -= entry.bytes;
    if (shelf.ids.size === 0) this.#owners.delete(entry.owner);
  }

  /** Forgets all entries. */
  clear(): void {
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
    this.#entries.clear();
    this.#owners.clear();
    this.#bytes = 0;
  }

  /** The oldest entry of the owner with the most bytes. */
  #giveWay(): void {
    let largest: Shelf | undefined;
    for (const shelf of this.#owners.values()) if (!largest || shelf.bytes > largest.bytes) largest = shelf;
    const [id = ""] = largest?.ids ?? [];
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.remove(id);
    this.#options.onGiveWay?.(entry.value);
  }

  #removeEnded(): void {
    for (const [id, { endsAt }] of this.#entries) {
      if (endsAt > performance.now()) return;
      this.remove(id);
    }
  }

  /** What has ended leaves the memory although nothing comes after it. */
  #sweepLater(): void {
    this.#sweep ??= setTimeout(() => {
      this.#sweep = undefined;
      this.#removeEnded();
      if (this.#entries.size > 0) this.#sweepLater();
    }, this.#options.ttlMs).unref();
  }
}
