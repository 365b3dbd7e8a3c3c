// Where an answer's choices stand, and where in a choice what is said stands: not all servers put it where OpenAI does.
import { isRecord } from "../../json/json.ts";
import { textOf } from "./content.ts";

type Fields = Record<string, unknown>;

const NONE: readonly Fields[] = [];
/** What only the place of a text needs. */
const PLACE: ReadonlySet<string> = new Set(["role", "content"]);

/** The choices of an answer or an event, with numbers as numbers. One that stands alone becomes a list. */
export function takeChoices(body: Fields): readonly Fields[] {
  const { choices } = body;
  const list = isRecord(choices) ? listOf(choices) : choices;
  if (!Array.isArray(list)) return NONE;
  if (list !== choices) body.choices = list;
  const records: readonly Fields[] = list.every(isRecord) ? list : list.filter(isRecord);
  for (const choice of records)
    if (typeof choice.index === "string" && /^\d{1,9}$/.test(choice.index)) choice.index = Number(choice.index);
  return records;
}

/** One choice, or an object from the choices' numbers to them. */
function listOf(choices: Fields): Fields[] {
  const isOne = ["message", "delta", "text", "finish_reason"].some((name) => name in choices);
  if (isOne) return [choices];
  return Object.entries(choices).flatMap(([index, choice]) => (isRecord(choice) ? [{ index, ...choice }] : []));
}

/** Puts what a chat's choice says into its `message`, or its `delta`: `place`. */
export function putSaid(choice: Fields, place: "message" | "delta"): void {
  if (typeof choice.message === "string") choice.message = { content: choice.message };
  const said = choice[place];
  if (place === "message" && !isRecord(said)) takeMessage(choice);
  else if (typeof said === "string") choice.delta = { content: said };
  if (choice.text !== undefined) putText(choice, place);
  if (choice.tool_calls) putCalls(choice, place);
}

/** Takes the message from under another name, or the last one of several. */
function takeMessage(choice: Fields): void {
  const { message, messages, delta } = choice;
  const list = Array.isArray(message) ? message : messages;
  const last: unknown = Array.isArray(list) ? list.findLast(isRecord) : undefined;
  const found = isRecord(delta) ? delta : last;
  if (!found) return;
  choice.message = found;
  if (found === delta) delete choice.delta;
  else delete choice.messages;
}

/** Some servers send a chat's text as that of a completion; some beside the delta. */
function putText(choice: Fields, place: "message" | "delta"): void {
  const said = choice[place] ?? choice.message;
  if (!isRecord(said)) choice[place] = { content: choice.text };
  else if (choice.text !== "" && choice.text !== said.content) {
    if (said.content) return;
    said.content = choice.text;
  }
  delete choice.text;
}

function putCalls(choice: Fields, place: "message" | "delta"): void {
  const said = choice[place] ?? choice.message;
  if (isRecord(said)) said.tool_calls ??= choice.tool_calls;
  else choice[place] = { tool_calls: choice.tool_calls };
  delete choice.tool_calls;
}

/** Puts the text of a completion's choice into `text`; some servers send it as a chat's. */
export function putCompletionText(choice: Fields): void {
  const { text, message, delta, content } = choice;
  if (typeof text === "string") return;
  const [name, said] = isRecord(message) ? ["message", message] : isRecord(delta) ? ["delta", delta] : ["", {}];
  const found = [text, said.content, content].map(readText).find((known) => known !== undefined);
  if (found === undefined) return;
  choice.text = found;
  if (readText(text) !== undefined) return;
  if (readText(said.content) === undefined) delete choice.content;
  else if (Object.keys(said).every((field) => PLACE.has(field))) delete choice[name];
}

function readText(value: unknown): string | undefined {
  return typeof value === "boolean" ? String(value) : textOf(value);
}
