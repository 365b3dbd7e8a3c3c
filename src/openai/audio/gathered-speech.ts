// A sound that comes in events: whether it is whole, and all of it where it was asked for whole.
import type { Normalise } from "../client/endpoint.ts";
import type { AnswerEnd, GatheredAnswer } from "../client/events/answer-end.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import { bytesOf, isLastEvent } from "./speech-event.ts";

/** The end of a stream: `speech.audio.done`, or what other servers have in its place. */
export class SpeechEnd implements AnswerEnd {
  isWhole = false;

  add(event: Record<string, unknown>): boolean {
    if (event.isBroken === true)
      throw new OpenAIError("invalid_response", "The upstream sent a piece of a sound that is not base64.");
    const isLast = isLastEvent(event);
    this.isWhole ||= isLast;
    return isLast || bytesOf(event) !== undefined;
  }

  get isOver(): boolean {
    return this.isWhole;
  }
}

/** Puts the pieces together. However small they are, they take little more room than their bytes. */
export class GatheredSpeech extends SpeechEnd implements GatheredAnswer {
  readonly #normalise: Normalise;
  #room: Buffer = Buffer.alloc(0);
  #length = 0;
  #body: Record<string, unknown> = {};

  constructor(normalise: Normalise) {
    super();
    this.#normalise = normalise;
  }

  override add(event: Record<string, unknown>): boolean {
    this.#normalise(event);
    const bytes = bytesOf(event);
    if (bytes) {
      if (this.#length === 0) this.#body = { ...event, ...this.#body };
      this.#append(bytes);
    }
    if (event.usage) this.#body.usage = event.usage;
    return super.add(event);
  }

  get body(): Record<string, unknown> {
    return { ...this.#body, bytes: this.#length > 0 ? this.#room.subarray(0, this.#length) : undefined };
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(length, this.#room.length * 2));
      this.#room.copy(room, 0, 0, this.#length);
      this.#room = room;
    }
    this.#room.set(bytes, this.#length);
    this.#length = length;
  }
}
