// The pace of a stream whose reader does not want each event by itself: what comes within a time goes out as one event.
import type { OpenAIEvent } from "../client/client.ts";
import type { Take } from "../client/event-stream.ts";
import { Repeat } from "../client/events/event-form.ts";
import { ChoiceEnds } from "../dialects/choice-ends.ts";
import { JoinedEvents } from "./joined-events.ts";

/** Hands out the events of a stream. */
export type Stream = (take: Take<OpenAIEvent | Repeat>) => Promise<void>;

/** How the events of a stream go out together. */
export interface Pace {
  /** Shortest time from one event to the next, in milliseconds. 0: each goes out as it comes. */
  everyMs: number;
  /** Whether an event brings a part of the answer. Until one has, each goes out as it comes. */
  hasOutput(event: unknown): boolean;
  /** Aborted when nobody is left to read. */
  signal: AbortSignal;
}

/**
 * The same stream with what comes within `everyMs` joined. The first part of the answer, the end of all choices, what comes
 * after that, and what came before the stream ends or throws go out at once. Takes nothing from the stream while what was
 * handed out is not taken.
 */
export function joinEvents(stream: Stream, pace: Pace): Stream {
  if (pace.everyMs === 0) return stream;
  return async (take) => {
    const joining = new Joining(take, pace);
    try {
      await stream((events) => joining.add(events));
    } finally {
      if (!pace.signal.aborted) await Promise.race([joining.end(), untilAborted(pace.signal)]);
      joining.stop();
    }
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** What one stream has to hand out. */
class Joining {
  readonly #take: Take<OpenAIEvent | Repeat>;
  readonly #pace: Pace;
  readonly #joined = new JoinedEvents();
  readonly #ends = new ChoiceEnds();
  #hasBegun = false;
  /** Whether what is there is to go out as soon as that is possible. */
  #isDue = true;
  #timer: NodeJS.Timeout | undefined;
  /** Pending while what was handed out is not taken. Rejects with why no more is taken. */
  #taking: Promise<void> | undefined;

  constructor(take: Take<OpenAIEvent | Repeat>, pace: Pace) {
    this.#take = take;
    this.#pace = pace;
  }

  add(events: readonly (OpenAIEvent | Repeat)[]): Promise<void> | undefined {
    for (const event of events) {
      this.#joined.add(event);
      if (!(event instanceof Repeat)) this.#note(event);
    }
    return this.#isReady ? this.#handOut() : this.#taking;
  }

  /** Hands out what is left. Resolves when it is taken. */
  async end(): Promise<void> {
    await this.#taking;
    clearTimeout(this.#timer);
    const event = this.#joined.take();
    if (event) await this.#take([event]);
  }

  /** Hands out nothing more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#joined.take();
  }

  get #isReady(): boolean {
    return this.#isDue || this.#joined.isFull;
  }

  /** A repeat needs no note: it goes on with what has begun. */
  #note(event: OpenAIEvent): void {
    this.#hasBegun ||= this.#pace.hasOutput(event);
    const wereFinished = this.#ends.areFinished;
    const choices = this.#ends.noteChoices(event);
    // Some servers give a finish_reason in every event.
    if (this.#ends.areFinished && (!wereFinished || choices === 0)) this.#isDue = true;
  }

  #handOut(): Promise<void> | undefined {
    if (this.#taking) return this.#taking;
    const event = this.#joined.take();
    if (!event) return undefined;
    if (this.#hasBegun) this.#wait();
    const taking = this.#take([event])?.then(() => {
      this.#taking = undefined;
      return this.#isReady ? this.#handOut() : undefined;
    });
    return this.#isTaken(taking);
  }

  #isTaken(taking: Promise<void> | undefined): Promise<void> | undefined {
    this.#taking = taking;
    // Whoever adds or ends learns of it.
    taking?.catch(() => {});
    return taking;
  }

  #wait(): void {
    this.#isDue = false;
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(this.#onTime, this.#pace.everyMs);
  }

  readonly #onTime = () => {
    this.#isDue = true;
    try {
      this.#handOut();
    } catch (error) {
      this.#isTaken(Promise.reject(error));
    }
  };
}
