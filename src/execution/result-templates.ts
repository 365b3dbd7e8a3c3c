// The results of events that differ in one text alone: all of a result's JSON but that text is made once.
import type { ExecutionResult } from "graphql";
import type { EventForm, Repeat } from "../openai/client/events/event-form.ts";
import { roomAfter } from "../openai/client/json.ts";

/** Texts that stand nowhere else in a result. They differ in their lengths, and in their cases. */
const PROBES = ["0-first-probe-0", "1-SECOND-PROBE"] as const;
/** Largest result, in estimated characters, and most times that its text may stand in it. */
const MAX_LENGTH = 4_096;
const MAX_PLACES = 8;
const LENGTHS = { value: 8, character: 1 };

/** The JSON of a form's results, cut where the text stands. */
type Parts = readonly string[];

/** The templates of one stream, by the forms of its events, of which there are few. */
export class ResultTemplates {
  readonly #toResult: (event: unknown) => ExecutionResult | Promise<ExecutionResult>;
  readonly #parts = new Map<EventForm, Parts | undefined>();
  #form: EventForm | undefined;
  #last: Parts | undefined;

  /** `toResult` makes the result of an event that was parsed. */
  constructor(toResult: (event: unknown) => ExecutionResult | Promise<ExecutionResult>) {
    this.#toResult = toResult;
  }

  /** The result's JSON. Undefined if it has to be made for itself. */
  fill({ form, json }: Repeat): string | undefined {
    if (form !== this.#form) this.#find(form);
    const parts = this.#last;
    if (!parts) return undefined;
    return parts.length === 2 ? `${parts[0]}${json}${parts[1]}` : parts.join(json);
  }

  #find(form: EventForm): void {
    if (!this.#parts.has(form)) this.#parts.set(form, this.#cut(form));
    this.#form = form;
    this.#last = this.#parts.get(form);
  }

  /** Undefined if a result depends on more than its own event, or its text is changed on the way. */
  #cut(form: EventForm): Parts | undefined {
    const [one, other] = PROBES.map((probe) => {
      const result = this.#toResult(form.make(probe, true));
      if (result instanceof Promise || result.errors || roomAfter(result, MAX_LENGTH, LENGTHS) < 0) return undefined;
      return JSON.stringify(result).split(probe);
    });
    const isSame = one && other && one.length === other.length && one.every((part, place) => part === other[place]);
    return isSame && one.length <= MAX_PLACES + 1 ? one : undefined;
  }
}
