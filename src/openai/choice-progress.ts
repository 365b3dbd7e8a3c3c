// How far the choices of a stream have come: how much has been written at the very least, and whether there is more to come.

import { isRecord } from "../json/json.ts";
import type { StreamProgress } from "./client/endpoint.ts";
import { ChoiceEnds } from "./dialects/choice-ends.ts";

const APOSTROPHE = 39;
const UNDERSCORE = 95;

/** The progress of a chat's or a completion's stream. */
export class ChoiceProgress extends ChoiceEnds implements StreamProgress {
  /**
   * By a measure that errs on the low side: one in each event with any text, or in each word of it. What comes with a
   * choice's end is not counted.
   */
  leastTokens = 0;
  #isUsageLast = false;
  #endsInWord = false;

  add(event: unknown): void {
    const choices = this.noteChoices(event);
    // Usage beside choices may be a count so far.
    this.#isUsageLast = choices === 0 && this.begun > 0 && isRecord(event) && isRecord(event.usage);
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
