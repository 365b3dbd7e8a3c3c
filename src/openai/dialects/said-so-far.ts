// What a choice's stream has said. Some servers send messages in place of deltas, beside them, or once more at their end: of
// these counts what no delta has said.
import { isRecord } from "../../json/json.ts";
import { isPlainlySaid, putArguments, putContent } from "./content.ts";
import { ToolCalls } from "./tool-calls.ts";

type Fields = Record<string, unknown>;

/** More is not compared: a message that grows beyond it is taken as one piece after the other. */
const MAX_COMPARED = 2 ** 20;
/** Most names of fields that are kept. */
const MAX_FIELDS = 64;
/** The texts of a message that may hold all that has been said. */
const TEXTS: ReadonlySet<string> = new Set(["content", "reasoning_content", "refusal"]);

export class SaidSoFar {
  readonly #calls = new ToolCalls();
  /** The fields that deltas have brought. */
  readonly #byDeltas = new Set<string>();
  /** What messages have said, by the name of the field: its text so far, or its last value as JSON. */
  readonly #said = new Map<string, string>();

  /** Brings the delta of an event into the normal form, and makes one of its message. */
  put(choice: Fields): void {
    const { delta, message } = choice;
    if (isRecord(delta)) this.#putDelta(delta);
    if (message !== undefined) this.#putMessage(choice, message);
    if (!choice.finish_reason) return;
    const released = this.#calls.release();
    if (released.length === 0) return;
    const ending = isRecord(choice.delta) ? choice.delta : {};
    choice.delta = ending;
    ending.tool_calls = [...(Array.isArray(ending.tool_calls) ? ending.tool_calls : []), ...released];
  }

  #putDelta(delta: Fields): void {
    if (!isPlainlySaid(delta)) putContent(delta);
    if (delta.tool_calls) putCalls(delta, this.#calls.readPieces(delta.tool_calls));
    if (isRecord(delta.function_call)) putArguments(delta.function_call);
    for (const name in delta)
      if (delta[name] && name !== "role" && this.#byDeltas.size < MAX_FIELDS) this.#byDeltas.add(name);
  }

  #putMessage(choice: Fields, message: unknown): void {
    delete choice.message;
    if (!isRecord(message)) return;
    if (!isPlainlySaid(message)) putContent(message);
    if (message.tool_calls) putCalls(message, this.#calls.readAgain(message.tool_calls));
    if (isRecord(message.function_call)) putArguments(message.function_call);
    const added: Fields = {};
    for (const name in message) {
      const isAgain = this.#byDeltas.has(name) && name !== "tool_calls";
      const value = isAgain ? undefined : this.#addedBy(name, message[name]);
      if (value) added[name] = value;
    }
    if (!isRecord(choice.delta)) choice.delta = added;
    else {
      const calls = [choice.delta, added].flatMap(({ tool_calls }) => (Array.isArray(tool_calls) ? tool_calls : []));
      choice.delta = { ...added, ...withoutEmpty(choice.delta), ...(calls.length > 0 && { tool_calls: calls }) };
    }
  }

  /** Some messages hold all that has been said, others what is new. */
  #addedBy(name: string, value: unknown): unknown {
    if (name === "tool_calls") return value;
    if (typeof value !== "string" || !TEXTS.has(name)) return this.#isNew(name, value) ? value : undefined;
    const before = this.#said.get(name) ?? "";
    const isWhole = before !== "" && value.startsWith(before);
    this.#keep(name, isWhole ? value : before + value);
    return isWhole ? value.slice(before.length) : value;
  }

  /** Messages that grow repeat what else they have. */
  #isNew(name: string, value: unknown): boolean {
    const json = JSON.stringify(value);
    if (this.#said.get(name) === json) return false;
    this.#keep(name, json);
    return true;
  }

  #keep(name: string, said: string): void {
    if (this.#said.size < MAX_FIELDS || this.#said.has(name))
      this.#said.set(name, said.length > MAX_COMPARED ? "" : said);
  }
}

function putCalls(said: Fields, calls: Fields[] | null): void {
  if (calls) said.tool_calls = calls;
  else delete said.tool_calls;
}

function withoutEmpty(delta: Fields): Fields {
  return Object.fromEntries(Object.entries(delta).filter(([, value]) => value !== "" && value !== null));
}
