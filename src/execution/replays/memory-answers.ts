// Answers that this process keeps for those who ask again.
import { Shelves } from "../../storage/shelves.ts";
import type { AnswerStore, KeptAnswer } from "./kept-answer.ts";

/** What an entry takes besides its text, in bytes. */
const ENTRY_BYTES = 1_024;

/** Keeps at most `maxBytes`, each answer for `ttlMs` at most: see Shelves. Never rejects. */
export class MemoryAnswers implements AnswerStore {
  readonly #shelves: Shelves<KeptAnswer>;

  constructor(ttlMs: number, maxBytes: number) {
    this.#shelves = new Shelves({ ttlMs, maxBytes });
  }

  /** The bytes that are kept now. */
  get bytes(): number {
    return this.#shelves.bytes;
  }

  /** Nobody else runs what is asked for here. */
  async claim(id: string): Promise<KeptAnswer | undefined> {
    return this.#shelves.get(id)?.value;
  }

  async keep(id: string, caller: string, answer: KeptAnswer): Promise<void> {
    this.#shelves.put(id, { owner: caller, value: answer, bytes: 2 * answer.json.length + ENTRY_BYTES });
  }

  async release(): Promise<void> {}
}
