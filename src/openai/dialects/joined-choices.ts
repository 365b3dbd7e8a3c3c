// The whole answer that the events of a chat or a completion make, as far as they have come.
import { isRecord } from "../../json/json.ts";
import { numberOf } from "./choice-ends.ts";
import { isPlainlySaid, putContent } from "./content.ts";
import { rawFinishReason } from "./finish-reasons.ts";
import { Pieces } from "./pieces.ts";

type Fields = Record<string, unknown>;

/** Puts events in the normal form together. Leaves them as they are. */
export class JoinedChoices {
  readonly #pieces: Pieces;
  readonly #answer: Fields = {};
  /** By their numbers. */
  readonly #choices = new Map<number, Fields>();

  /** `maxValues`: most values of the answer. */
  constructor(maxValues: number) {
    this.#pieces = new Pieces(maxValues);
  }

  /** Adds an event and its choices, as takeChoices yields them. Throws OpenAIError if the answer gets too many values. */
  add(event: Fields, choices: readonly Fields[]): void {
    // Some events are padded with letters that nobody reads. What a chunk is given here is no part of the answer.
    const { choices: _, usage, obfuscation: __, transcript: ___, ...rest } = event;
    this.#pieces.join(this.#answer, rest, "answer");
    if (isRecord(usage) && (!this.#answer.usage || countsAnything(usage)))
      this.#pieces.join(this.#answer, { usage }, "answer");
    for (const [place, choice] of choices.entries()) this.#addChoice(choice, numberOf(choice, place));
  }

  /** The answer so far. Later events leave it as it is. */
  get body(): Fields {
    const answer = this.#pieces.copy(this.#answer);
    const choices = [...this.#choices.values()]
      .sort((one, other) => Number(one.index) - Number(other.index))
      .map((choice) => this.#pieces.copy(choice));
    for (const { message } of choices) {
      if (!isRecord(message)) continue;
      // What is empty in a piece may stand beside what others have brought.
      if (!isPlainlySaid(message)) putContent(message);
      joinSound(message.audio);
    }
    if (answer.object === "chat.completion.chunk") answer.object = "chat.completion";
    answer.choices = choices;
    return answer;
  }

  /** How many values the answer has. */
  get values(): number {
    return this.#pieces.values;
  }

  /** About how many bytes the answer takes in memory. */
  get bytes(): number {
    return this.#pieces.bytes;
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
