// Which choices of an answer in events have begun, and which have ended.
import { isRecord } from "../../json/json.ts";
import type { AnswerEnd } from "../client/events/answer-end.ts";
import { OpenAIError } from "../client/failures/errors.ts";

/** Most choices of one stream: an upstream can number them as it likes. */
export const MAX_CHOICES = 1_024;

/** Which choices of a stream have begun, and which have ended. */
export class ChoiceEnds {
  readonly #begun = new Set<number>();
  readonly #finished = new Set<number>();

  /** Takes note of an event, and yields how many choices are in it. */
  noteChoices(event: unknown): number {
    const choices = isRecord(event) && Array.isArray(event.choices) ? event.choices : [];
    let place = 0;
    for (const choice of choices) {
      if (!isRecord(choice)) continue;
      const number = numberOf(choice, place);
      place++;
      if (this.areTooMany) continue;
      this.#begun.add(number);
      const hasEnded = this.#finished.has(number);
      const isEnd = isReason(choice.finish_reason) && !hasEnded;
      if (isEnd) this.#finished.add(number);
      this.addChoice(choice, isEnd, hasEnded);
    }
    return place;
  }

  /** How many choices have come. */
  get begun(): number {
    return this.#begun.size;
  }

  /** Whether there are more than MAX_CHOICES; those after that are not noted. */
  get areTooMany(): boolean {
    return this.#begun.size > MAX_CHOICES;
  }

  /** Whether every choice that has begun has given its finish_reason. */
  get areFinished(): boolean {
    return this.#begun.size > 0 && this.#begun.size === this.#finished.size;
  }

  /** `isEnd`: the choice gives its finish_reason for the first time; `hasEnded`: it gave one before. */
  protected addChoice(_choice: Record<string, unknown>, _isEnd: boolean, _hasEnded: boolean): void {}
}

/** The number of a choice; of one without, its place in the event. */
export function numberOf({ index }: Record<string, unknown>, place: number): number {
  return typeof index === "number" ? index : place;
}

/** Some servers send the text `null` while a choice goes on. */
function isReason(reason: unknown): boolean {
  return Boolean(reason) && reason !== "null";
}

/** The end of a chat or a completion in events. */
export class ChoicesEnd extends ChoiceEnds implements AnswerEnd {
  readonly #asked: number;
  #lacksUsage: boolean;
  /** Whether a choice has gone on after its end. Some servers give a finish_reason in every event. */
  #goesOn = false;

  /** `asked`: how many choices the request asks for; `asksForUsage`: whether it asks for their usage as well. */
  constructor(asked: number, asksForUsage: boolean) {
    super();
    this.#asked = asked;
    this.#lacksUsage = asksForUsage;
  }

  add(event: Record<string, unknown>): boolean {
    const choices = this.noteChoices(event);
    if (this.areTooMany)
      throw new OpenAIError("invalid_response", `The upstream's answer has more than ${MAX_CHOICES} choices.`);
    const hasUsage = isRecord(event.usage);
    if (hasUsage) this.#lacksUsage = false;
    return hasUsage || choices > 0;
  }

  get isWhole(): boolean {
    return this.areFinished;
  }

  get isOver(): boolean {
    return this.areFinished && this.begun >= this.#asked && !this.#lacksUsage && !this.#goesOn;
  }

  protected override addChoice({ delta, text }: Record<string, unknown>, _: boolean, hasEnded: boolean): void {
    const said = isRecord(delta) ? delta.content : text;
    if (hasEnded && typeof said === "string" && said !== "") this.#goesOn = true;
  }
}
