// Media that all processes on one Redis keep together. Written and read in pieces: no command takes long, and nobody who reads
// slowly makes a process hold a whole medium.
import { codedError } from "../errors/codes.ts";
import { isRecord } from "../json/json.ts";
import type { RedisConnection } from "../limits/counting/redis.ts";
import { Shelves } from "../storage/shelves.ts";
import { gone, type KeptMedium, type MediaStore, type NewMedium, readType } from "./media-store.ts";

/** Bytes of one key. Each ends by itself, so that nothing stays behind if a process dies in between. */
const PIECE_BYTES = 256 * 1024;
/** What an entry takes besides its bytes. */
const ENTRY_BYTES = 1_024;
/** Longest time that a medium may take to be stored, in milliseconds: the answer waits for it. */
const KEEP_WITHIN_MS = 3_000;

/** What is stored beside the bytes, once all of them are there. */
interface Facts {
  readonly owner: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** In milliseconds since 1970. */
  readonly endsAt: number;
}

export interface RedisMediaOptions {
  redis: RedisConnection;
  ttlMs: number;
  /** Most bytes that this process keeps in Redis at once; its oldest media give way: see Shelves. */
  maxBytes: number;
}

/** Media in Redis. */
export class RedisMedia implements MediaStore {
  readonly #redis: RedisConnection;
  readonly #ttlMs: number;
  /** What this process keeps there: the keys of each medium. */
  readonly #own: Shelves<readonly string[]>;

  constructor({ redis, ttlMs, maxBytes }: RedisMediaOptions) {
    this.#redis = redis;
    this.#ttlMs = ttlMs;
    this.#own = new Shelves({ ttlMs, maxBytes, onGiveWay: (keys) => void this.#delete(keys) });
  }

  async keep(name: string, { owner, contentType, bytes }: NewMedium): Promise<boolean> {
    const sizeBytes = bytes.length;
    const pieces = Math.ceil(sizeBytes / PIECE_BYTES);
    const keys = [factsKey(name), ...Array.from({ length: pieces }, (_, index) => pieceKey(name, index))];
    // Counted before it is there: others may be written at the same time.
    if (!this.#own.put(name, { owner, value: keys, bytes: sizeBytes + ENTRY_BYTES })) return false;
    const facts: Facts = { owner, contentType, sizeBytes, endsAt: Date.now() + this.#ttlMs };
    const latest = performance.now() + KEEP_WITHIN_MS;
    try {
      for (let index = 0; index < pieces; index++) {
        if (performance.now() > latest) throw new Error("Redis is too slow for a medium of this size.");
        const start = index * PIECE_BYTES;
        const length = Math.min(PIECE_BYTES, sizeBytes - start);
        await this.#set(pieceKey(name, index), Buffer.from(bytes.buffer, bytes.byteOffset + start, length));
      }
      // Last: whoever finds it finds all of the rest.
      await this.#set(factsKey(name), JSON.stringify(facts));
      // It may have given way to others meanwhile.
      if (this.#own.get(name)) return true;
    } catch {
      this.#own.remove(name);
    }
    await this.#delete(keys);
    return false;
  }

  async find(name: string): Promise<KeptMedium | undefined> {
    const read = readFacts(await this.#run(() => this.#redis.client.get(factsKey(name))));
    if (!read) return undefined;
    const { endsAt, ...facts } = read;
    const leftMs = Math.min(Math.max(endsAt - Date.now(), 0), this.#ttlMs);
    return { ...facts, leftMs, read: (start, end) => this.#read(name, start, end) };
  }

  async close(): Promise<void> {
    this.#own.clear();
    await this.#redis.close();
  }

  async *#read(name: string, start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let place = start; place < end; ) {
      const index = Math.floor(place / PIECE_BYTES);
      const offset = index * PIECE_BYTES;
      const piece = await this.#run(() => this.#redis.client.getBuffer(pieceKey(name, index)));
      if (!piece) throw gone();
      yield piece.subarray(place - offset, end - offset);
      place = offset + PIECE_BYTES;
    }
  }

  #set(key: string, value: string | Buffer): Promise<unknown> {
    return this.#redis.run(() => this.#redis.client.set(key, value, "PX", this.#ttlMs));
  }

  async #run<Result>(command: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#redis.run(command);
    } catch {
      const http = { status: 503, headers: { "retry-after": "1" } };
      const problem = "The server cannot read the files that it keeps at the moment.";
      throw codedError("OVERLOADED", problem, { retryAfterMs: 1_000, http });
    }
  }

  async #delete(keys: readonly string[]): Promise<void> {
    await this.#redis.run(() => this.#redis.client.del(...keys)).catch(() => {});
  }
}

/** Undefined: there are none, or they are of another form, as another version of this server may write them. */
function readFacts(text: string | null): Facts | undefined {
  const facts = text === null ? undefined : parse(text);
  if (!isRecord(facts)) return undefined;
  const { owner, contentType, sizeBytes, endsAt } = facts;
  const isWhole = typeof owner === "string" && Number.isSafeInteger(sizeBytes) && Number.isFinite(endsAt);
  if (!isWhole || typeof contentType !== "string" || readType(contentType) !== contentType) return undefined;
  return { owner, contentType, sizeBytes: Number(sizeBytes), endsAt: Number(endsAt) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function factsKey(name: string): string {
  return `media:${name}`;
}

function pieceKey(name: string, index: number): string {
  return `media:${name}:${index}`;
}
