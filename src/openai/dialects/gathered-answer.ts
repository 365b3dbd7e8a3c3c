// The whole answer that the events of a stream make, where a server streams although a whole answer was asked for.
import { isRecord } from "../../json/json.ts";
import type { Normalise } from "../client/endpoint.ts";
import type { GatheredAnswer } from "../client/events/answer-end.ts";
import { ChoicesEnd } from "./choice-ends.ts";
import { takeChoices } from "./choice-form.ts";
import { JoinedChoices } from "./joined-choices.ts";

type Fields = Record<string, unknown>;

/** Puts the choices of a chat or of a completion together. */
export class GatheredChoices implements GatheredAnswer {
  readonly #normalise: Normalise;
  readonly #joined: JoinedChoices;
  readonly #end: ChoicesEnd;
  /** How many events have brought choices, and whether there were messages in place of deltas. */
  #events = 0;
  #isMessage = false;

  /** `asked`: how many choices the request asks for; `maxValues`: most values of the answer. */
  constructor(normalise: Normalise, asked: number, maxValues: number) {
    this.#normalise = normalise;
    this.#joined = new JoinedChoices("message", maxValues);
    this.#end = new ChoicesEnd(asked, false);
  }

  add(event: Fields): boolean {
    const choices = takeChoices(event);
    if (choices.length > 0) this.#events++;
    this.#isMessage ||= choices.some(({ message, delta }) => Boolean(message) && !isRecord(delta));
    this.#normalise(event);
    const isProgress = this.#end.add(event);
    this.#joined.add(event);
    return isProgress;
  }

  /** One event with a message may be the answer itself, which need not give a reason for its end. */
  get isWhole(): boolean {
    return this.#end.isWhole || (this.#events === 1 && this.#isMessage);
  }

  get isOver(): boolean {
    return this.#end.isOver;
  }

  get body(): Fields {
    return this.#joined.body;
  }
}
