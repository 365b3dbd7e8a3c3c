// The whole answer that the events of a stream make, where a server streams although a whole answer was asked for.
import { isRecord } from "../../json/json.ts";
import type { Normalise } from "../client/endpoint.ts";
import type { GatheredAnswer } from "../client/events/answer-end.ts";
import { ChoicesEnd, numberOf } from "./choice-ends.ts";
import { takeChoices } from "./choice-form.ts";
import { rawFinishReason } from "./finish-reasons.ts";
import { Pieces } from "./pieces.ts";

type Fields = Record<string, unknown>;

/** Puts the choices of a chat or of a completion together. */
export class GatheredChoices implements GatheredAnswer {
  readonly #normalise: Normalise;
  readonly #pieces: Pieces;
  readonly #end: ChoicesEnd;
  readonly #answer: Fields = {};
  /** By their numbers. */
  readonly #choices = new Map<number, Fields>();
  /** How many events have brought choices, and whether there were messages in place of deltas. */
  #events = 0;
  #isMessage = false;

  /** `asked`: how many choices the request asks for; `maxValues`: most values of the answer. */
  constructor(normalise: Normalise, asked: number, maxValues: number) {
    this.#normalise = normalise;
    this.#pieces = new Pieces(maxValues);
    this.#end = new ChoicesEnd(asked, false);
  }

  add(event: Fields): boolean {
    const choices = takeChoices(event);
    if (choices.length > 0) this.#events++;
    this.#isMessage ||= choices.some(({ message, delta }) => Boolean(message) && !isRecord(delta));
    this.#normalise(event);
    const isProgress = this.#end.add(event);
    // Some events are padded with letters that nobody reads.
    const { choices: _, usage, obfuscation: __, ...rest } = event;
    this.#pieces.join(this.#answer, rest, "answer");
    if (isRecord(usage) && (!this.#answer.usage || countsAnything(usage)))
      this.#pieces.join(this.#answer, { usage }, "answer");
    for (const [place, choice] of choices.entries()) this.#addChoice(choice, numberOf(choice, place));
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
    const { object } = this.#answer;
    const choices = [...this.#choices.values()].sort((one, other) => Number(one.index) - Number(other.index));
    for (const { message } of choices) if (isRecord(message)) joinSound(message.audio);
    return { ...this.#answer, ...(object === "chat.completion.chunk" && { object: "chat.completion" }), choices };
  }

  #addChoice({ delta, logprobs, finish_reason, index: _, ...rest }: Fields, index: number): void {
    const choice = this.#choices.get(index) ?? { index };
    this.#choices.set(index, choice);
    // A delta is a part of the message.
    this.#pieces.join(choice, rest, "answer");
    this.#pieces.join(choice, { logprobs }, "logprobs");
    this.#pieces.join(choice, { message: isRecord(delta) ? delta : undefined }, "delta");
    if (rawFinishReason(finish_reason) !== null) choice.finish_reason = finish_reason;
  }
}

function countsAnything(usage: Fields): boolean {
  return Object.values(usage).some((count) => typeof count === "number" && count > 0);
}

/** Pieces of base64 that were filled up each by itself are no base64 together. */
function joinSound(audio: unknown): void {
  if (!isRecord(audio) || typeof audio.data !== "string" || !/=[^=]/.test(audio.data)) return;
  const pieces = audio.data.split(/=+/).map((piece) => Buffer.from(piece, "base64"));
  audio.data = Buffer.concat(pieces).toString("base64");
}
