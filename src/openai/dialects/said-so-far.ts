// What a choice's stream has said, where a server sends messages in place of deltas.
import { isRecord } from "../../json/json.ts";
import { isPlainlySaid, putContent } from "./content.ts";

type Fields = Record<string, unknown>;

/** More is not compared: a message that grows beyond it is taken as one piece after the other. */
const MAX_COMPARED = 2 ** 20;

/** Texts that grow from message to message. */
const TEXTS: ReadonlySet<string> = new Set(["content", "reasoning_content", "refusal"]);

export class SaidSoFar {
  /** By the name of the field: its text so far, or its last value as JSON. */
  readonly #said = new Map<string, string>();

  /** Makes the message of an event the delta that it adds. */
  putDelta(choice: Fields): void {
    const { message } = choice;
    delete choice.message;
    if (!isRecord(message)) return;
    if (!isPlainlySaid(message)) putContent(message);
    const delta: Fields = {};
    for (const name in message) {
      const value = message[name];
      if (TEXTS.has(name) && typeof value === "string") delta[name] = this.#added(name, value);
      else if (this.#isNew(name, value)) delta[name] = value;
    }
    choice.delta = delta;
  }

  #added(name: string, text: string): string {
    const before = this.#said.get(name) ?? "";
    // Some messages hold all that has been said, others what is new.
    const isWhole = before !== "" && text.startsWith(before);
    this.#keep(name, isWhole ? text : before + text);
    return isWhole ? text.slice(before.length) : text;
  }

  #isNew(name: string, value: unknown): boolean {
    const json = JSON.stringify(value);
    if (this.#said.get(name) === json) return false;
    this.#keep(name, json);
    return true;
  }

  #keep(name: string, said: string): void {
    this.#said.set(name, said.length > MAX_COMPARED ? "" : said);
  }
}
