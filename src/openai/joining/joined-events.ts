// Events of one stream as one event, which says what they say one after the other.
import { roomAfter } from "../../json/json.ts";
import type { OpenAIEvent } from "../client/client.ts";
import { Repeat } from "../client/events/event-form.ts";
import { JoinedChoices } from "../dialects/joined-choices.ts";

/** Most that waits to be joined, in estimated characters, but for what comes at once. It has few enough values, too. */
const MAX_LENGTH = 64 * 1024;
const LENGTHS = { value: 8, character: 1 };

export class JoinedEvents {
  /** All but the last. */
  #before: JoinedChoices | undefined;
  /** The last event, or the last ones if they differ in their text alone. One that stays alone stays as it is. */
  #last: OpenAIEvent | Repeat | undefined;
  #room = MAX_LENGTH;

  add(event: OpenAIEvent | Repeat): void {
    this.#room = roomAfter(event instanceof Repeat ? event.text : event, this.#room, LENGTHS);
    const both = event instanceof Repeat && this.#last instanceof Repeat ? this.#last.and(event) : undefined;
    if (!both) this.#join();
    this.#last = both ?? event;
  }

  /** Whether no more should be added. */
  get isFull(): boolean {
    return this.#room < 0;
  }

  /** One event in place of all that were added; undefined for none. Begins anew. */
  take(): OpenAIEvent | Repeat | undefined {
    if (this.#before) this.#join();
    const event = this.#before?.body ?? this.#last;
    this.#before = undefined;
    this.#last = undefined;
    this.#room = MAX_LENGTH;
    return event;
  }

  #join(): void {
    const last = this.#last;
    if (!last) return;
    this.#before ??= new JoinedChoices("delta", Number.POSITIVE_INFINITY);
    this.#before.add(last instanceof Repeat ? last.toEvent() : last);
    this.#last = undefined;
  }
}
