// Events of one stream as one event, which says what they say one after the other.
import { roomAfter } from "../../json/json.ts";
import type { OpenAIEvent } from "../client/client.ts";
import { type EventForm, Repeat } from "../client/events/event-form.ts";
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
  /** By form: whether two of its events say what one with both texts says. */
  readonly #adding = new Map<EventForm, boolean>();

  add(event: OpenAIEvent | Repeat): void {
    this.#room = roomAfter(event instanceof Repeat ? event.text : event, this.#room, LENGTHS);
    const last = this.#last;
    const canAdd = event instanceof Repeat && last instanceof Repeat && this.#addsTextAlone(event.form);
    const both = canAdd ? last.and(event) : undefined;
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

  /** Not so if its events have a list as well of which each brings more. */
  #addsTextAlone(form: EventForm): boolean {
    const known = this.#adding.get(form);
    if (known !== undefined) return known;
    const addsText = join(form.parse("a"), form.parse("b")) === join(form.parse("ab"));
    this.#adding.set(form, addsText);
    return addsText;
  }

  #join(): void {
    const last = this.#last;
    if (!last) return;
    this.#before ??= new JoinedChoices("delta", Number.POSITIVE_INFINITY);
    this.#before.add(last instanceof Repeat ? last.toEvent() : last);
    this.#last = undefined;
  }
}

function join(...events: readonly OpenAIEvent[]): string {
  const joined = new JoinedChoices("delta", Number.POSITIVE_INFINITY);
  for (const event of events) joined.add(event);
  return JSON.stringify(joined.body);
}
