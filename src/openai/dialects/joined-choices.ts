// Events of one answer, put together: all of them to a whole answer, or some of them to one event that says the same.
import { isRecord } from "../../json/json.ts";
import { numberOf } from "./choice-ends.ts";
import { takeChoices } from "./choice-form.ts";
import { isPlainlySaid, putContent } from "./content.ts";
import { rawFinishReason } from "./finish-reasons.ts";
import { Pieces } from "./pieces.ts";

type Fields = Record<string, unknown>;

/** Takes events in the normal form, and leaves them as they are. */
export class JoinedChoices {
  readonly #place: "message" | "delta";
  readonly #how: "answer" | "event";
  readonly #pieces: Pieces;
  readonly #fields: Fields = {};
  /** By their numbers. */
  readonly #choices = new Map<number, Fields>();

  /** `place`: where a choice has what the deltas say; `maxValues`: most values of the whole. */
  constructor(place: "message" | "delta", maxValues: number) {
    this.#place = place;
    this.#how = place === "message" ? "answer" : "event";
    this.#pieces = new Pieces(maxValues);
  }

  /** Throws OpenAIError if there are too many values. */
  add(event: Fields): void {
    // Some events are padded with letters that nobody reads. What a chunk is given here is no part of the answer.
    const { choices: _, usage, obfuscation: __, transcript: ___, ...rest } = event;
    this.#pieces.join(this.#fields, rest, this.#how);
    if (isRecord(usage) && (!this.#fields.usage || countsAnything(usage)))
      this.#pieces.join(this.#fields, { usage }, this.#how);
    for (const [place, choice] of takeChoices(event).entries()) this.#addChoice(choice, numberOf(choice, place));
  }

  /** The choices in the order of their numbers. What is added later leaves it as it is. */
  get body(): Fields {
    const body = this.#pieces.copy(this.#fields);
    const choices = [...this.#choices.values()]
      .sort((one, other) => Number(one.index) - Number(other.index))
      .map((choice) => this.#pieces.copy(choice));
    for (const choice of choices) {
      const said = choice[this.#place];
      if (!isRecord(said)) continue;
      // What is empty in a piece may stand beside what others have brought.
      if (!isPlainlySaid(said)) putContent(said);
      joinSound(said.audio);
    }
    if (this.#place === "message" && body.object === "chat.completion.chunk") body.object = "chat.completion";
    body.choices = choices;
    return body;
  }

  /** How many values the whole has. */
  get values(): number {
    return this.#pieces.values;
  }

  /** About how many bytes the whole takes in memory. */
  get bytes(): number {
    return this.#pieces.bytes;
  }

  #addChoice({ delta, logprobs, finish_reason, index: _, ...rest }: Fields, index: number): void {
    const choice = this.#choices.get(index) ?? { index };
    this.#choices.set(index, choice);
    this.#pieces.join(choice, rest, this.#how);
    this.#pieces.join(choice, { logprobs }, "logprobs");
    // A delta is a part of the message.
    this.#pieces.join(choice, { [this.#place]: isRecord(delta) ? delta : undefined }, "delta");
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
