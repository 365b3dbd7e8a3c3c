// How far the choices of a stream have come: which of them have ended, and how much has been written at the very least.
import type { StreamProgress } from "./client/endpoint.ts";
import { isRecord } from "./client/json.ts";

const APOSTROPHE = 39;
const UNDERSCORE = 95;

/** Most choices of one stream: an upstream can number them as it likes. */
export const MAX_CHOICES = 1_024;

/** Which choices of a stream have begun, and which have ended. */
export class ChoiceEnds {
  readonly #begun = new Set<number>();
  readonly #finished = new Set<number>();

  /** Takes note of an event, and yields how many choices are in it. Never throws. */
  add(event: unknown): number {
    const choices = isRecord(event) && Array.isArray(event.choices) ? event.choices : [];
    let place = 0;
    for (const choice of choices) {
      if (!isRecord(choice)) continue;
      const { index, finish_reason } = choice;
      // What is not a number is no more than a place.
      const number = typeof index === "number" ? index : place;
      place++;
      if (this.areTooMany) continue;
      this.#begun.add(number);
      const isEnd = Boolean(finish_reason) && !this.#finished.has(number);
      if (isEnd) this.#finished.add(number);
      this.addChoice(choice, isEnd);
    }
    return place;
  }

  /** Whether any choice has come. */
  get haveBegun(): boolean {
    return this.#begun.size > 0;
  }

  /** Whether there are more than MAX_CHOICES; those after that are not noted. */
  get areTooMany(): boolean {
    return this.#begun.size > MAX_CHOICES;
  }

  /** Whether every choice that has begun has given its finish_reason. */
  get areFinished(): boolean {
    return this.haveBegun && this.#begun.size === this.#finished.size;
  }

  /** `isEnd`: the choice gives its finish_reason for the first time. */
  protected addChoice(_choice: Record<string, unknown>, _isEnd: boolean): void {}
}

/** The progress of a chat's or a completion's stream. */
export class ChoiceProgress extends ChoiceEnds implements StreamProgress {
  /**
   * By a measure that errs on the low side: one in each event with any text, or in each word of it. What comes with a
   * choice's end is not counted.
   */
  leastTokens = 0;
  #isUsageLast = false;
  #endsInWord = false;

  override add(event: unknown): number {
    const choices = super.add(event);
    // Usage beside choices may be a count so far.
    this.#isUsageLast = choices === 0 && this.haveBegun && isRecord(event) && isRecord(event.usage);
    return choices;
  }

  /** Takes note of an event of a choice that has begun, which adds this text alone. */
  addText(text: string): void {
    this.#isUsageLast = false;
    this.#countWords(text);
  }

  get isComplete(): boolean {
    return this.areFinished || this.#isUsageLast;
  }

  protected override addChoice({ delta, text }: Record<string, unknown>, isEnd: boolean): void {
    // Some servers repeat the whole text with its end. What comes after that counts again.
    if (isEnd) return;
    if (typeof text === "string") this.#countWords(text);
    if (!isRecord(delta)) return;
    // Some servers repeat a text under a second name, so only the longest counts.
    let longest = "";
    for (const name in delta) {
      const said = delta[name];
      if (typeof said === "string" && name !== "role" && said.length > longest.length) longest = said;
    }
    if (longest !== "") this.#countWords(longest);
    else if (Array.isArray(delta.tool_calls) && delta.tool_calls.some(hasArguments)) this.leastTokens++;
  }

  #countWords(text: string): void {
    if (text === "") return;
    let words = 0;
    let isInWord = this.#endsInWord;
    for (let place = 0; place < text.length; place++) {
      const code = text.charCodeAt(place);
      const isLetter =
        (code >= 97 && code <= 122) ||
        (code >= 65 && code <= 90) ||
        code > 127 ||
        code === APOSTROPHE ||
        // Special tokens have several words: `<|start_of_turn|>`.
        code === UNDERSCORE;
      if (isLetter && !isInWord) words++;
      isInWord = isLetter;
    }
    this.#endsInWord = isInWord;
    this.leastTokens += Math.max(1, words);
  }
}

/** A tool's name alone may be what the caller asked for. */
function hasArguments(call: unknown): boolean {
  if (!isRecord(call)) return false;
  const { input } = isRecord(call.custom) ? call.custom : {};
  const { arguments: given = input } = isRecord(call.function) ? call.function : {};
  return typeof given === "string" && given !== "";
}
