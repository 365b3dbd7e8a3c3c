// The end of an answer that comes in events: whether it is there, and how long a stream that stays open after it is read on.
import { isBreak, OpenAIError } from "../failures/errors.ts";

/** Follows the events of an answer to its end. */
export interface AnswerEnd {
  /** Takes note of an event; yields whether it brings anything. Throws OpenAIError for an answer that is not followed on. */
  add(event: Record<string, unknown>): boolean;
  /** Whether every part of the answer that has begun has ended. Without that the answer broke off. */
  readonly isWhole: boolean;
  /** Whether all that was asked for is there, so that nothing more is to come. */
  readonly isOver: boolean;
}

/** Puts the events of an answer together to what the answer would have been whole. */
export interface GatheredAnswer extends AnswerEnd {
  readonly body: Record<string, unknown>;
}

/** An answer that is one event, for endpoints that do not stream. Events with nothing in them do not count. */
export class SingleEvent implements GatheredAnswer {
  #body: Record<string, unknown> | undefined;

  add(event: Record<string, unknown>): boolean {
    if (Object.keys(event).length === 0) return false;
    if (this.#body) throw new OpenAIError("invalid_response", "The upstream sent a stream in place of an answer.");
    this.#body = event;
    return true;
  }

  get isWhole(): boolean {
    return this.#body !== undefined;
  }

  get isOver(): boolean {
    return this.isWhole;
  }

  get body(): Record<string, unknown> {
    return this.#body ?? {};
  }
}

/** Longest wait for the end of a stream after all that was asked for, in milliseconds. */
const OVER_MS = 2_000;

/** Reads a stream that stays open after its answer. Comments and events that bring nothing do not prolong that. */
export class OpenEnd {
  readonly #end: AnswerEnd;
  readonly #idleMs: number;
  #progressedAt = 0;

  /** `idleMs`: longest wait for what may be missing, and for anything at all. */
  constructor(end: AnswerEnd, idleMs: number) {
    this.#end = end;
    this.#idleMs = idleMs;
  }

  /** To be called when events that bring something have been taken. */
  progressed(): void {
    this.#progressedAt = performance.now();
  }

  /** As `answer.read`; undefined as well if nothing that matters has come for long enough. Then the answer is to be closed. */
  async read<Bytes>(answer: { read(): Promise<Bytes | undefined> }): Promise<Bytes | undefined> {
    const waitMs = this.#end.isOver ? Math.min(OVER_MS, this.#idleMs) : this.#idleMs;
    const leftMs = this.#progressedAt + waitMs - performance.now();
    if (leftMs <= 0) return undefined;
    const more = answer.read();
    // It rejects when the answer is closed, and nobody waits any more.
    more.catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, leftMs, undefined);
    });
    try {
      return await Promise.race([more, over]);
    } catch (error) {
      // The same silence, as undici counts it.
      if ((error as { code?: unknown }).code === "UND_ERR_BODY_TIMEOUT") return undefined;
      // A connection that breaks now takes nothing with it.
      if (this.#end.isOver && isBreak(error)) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
