// What a choice's stream has said, where a server sends messages in place of deltas.
import { isRecord } from "../../json/json.ts";
import { isPlainlySaid, putContent } from "./content.ts";

type Fields = Record<string, unknown>;

/** More is not compared: a message that grows beyond it is taken as one piece after the other. */
const MAX_COMPARED = 2 ** 20;

export class SaidSoFar {
  #text = "";

  /** Makes the message of an event the delta that it adds. */
  putDelta(choice: Fields): void {
    const { message } = choice;
    delete choice.message;
    if (!isRecord(message)) return;
    if (!isPlainlySaid(message)) putContent(message);
    choice.delta = { ...message, content: this.#added(message.content) };
  }

  #added(content: unknown): unknown {
    if (typeof content !== "string" || content === "") return content;
    // Some messages hold all that has been said, others what is new.
    const isWhole = this.#text !== "" && content.startsWith(this.#text);
    const added = isWhole ? content.slice(this.#text.length) : content;
    this.#text = isWhole ? content : this.#text + content;
    if (this.#text.length > MAX_COMPARED) this.#text = "";
    return added;
  }
}
