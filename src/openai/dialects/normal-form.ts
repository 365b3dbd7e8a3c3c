// The normal form of answers and events: OpenAI's own. Everyone who reads what a server of this API has sent reads it in this
// form: the guard that counts, the schema, the texts so far. What is odd is put right in place; a look tells that nothing is.
import { isRecord } from "../../json/json.ts";
import type { Normalise } from "../client/endpoint.ts";
import { MAX_CHOICES } from "./choice-ends.ts";
import { isPlainlySaid, putContent } from "./content.ts";
import { putLogprobs } from "./logprobs.ts";
import { SaidSoFar } from "./said-so-far.ts";
import { ToolCalls } from "./tool-calls.ts";
import { hasNormalUsage, putUsage } from "./usage.ts";

type Fields = Record<string, unknown>;

/** For whole answers of chats. */
export const normaliseChat: Normalise = (body) => {
  if (!hasNormalUsage(body) || hasUsageInside(body)) putUsage(body);
  for (const choice of choicesOf(body)) {
    if (!isRecord(choice.message)) putSaid(choice, "message", choice.message ?? choice.delta ?? choice.text);
    const { message, logprobs } = choice;
    if (logprobs) putLogprobs(choice);
    if (!isRecord(message)) continue;
    if (!isPlainlySaid(message)) putContent(message);
    if (Array.isArray(message.tool_calls)) message.tool_calls = new ToolCalls().readWhole(message.tool_calls);
    if (isRecord(message.function_call)) putArguments(message.function_call);
  }
};

/** For whole answers and events of completions. */
export const normaliseCompletion: Normalise = (body) => {
  if (!hasNormalUsage(body) || hasUsageInside(body)) putUsage(body);
  for (const choice of choicesOf(body)) if (typeof choice.text === "number") choice.text = String(choice.text);
};

/** For the events of one chat's stream: a choice's pieces are known by those before. */
export function createChatEvents(): Normalise {
  /** By the number of the choice. */
  const calls = new Map<unknown, ToolCalls>();
  const said = new Map<unknown, SaidSoFar>();
  /** Whether any delta has said anything. Messages beside deltas, or at their end, say the same again. */
  let hasDeltas = false;

  function readDelta(choice: Fields): void {
    hasDeltas ||= isRecord(choice.delta) && saysAnything(choice.delta);
    if (choice.message !== undefined) {
      if (typeof choice.message === "string") putSaid(choice, "message", choice.message);
      if (hasDeltas) delete choice.message;
      else of(said, choice.index, SaidSoFar).putDelta(choice);
    }
    if (!isRecord(choice.delta)) putSaid(choice, "delta", choice.delta ?? choice.text);
    const { delta } = choice;
    if (!isRecord(delta)) return;
    if (!isPlainlySaid(delta)) putContent(delta);
    if (Array.isArray(delta.tool_calls))
      delta.tool_calls = of(calls, choice.index, ToolCalls).readPieces(delta.tool_calls);
    if (isRecord(delta.function_call)) putArguments(delta.function_call);
  }

  return (event) => {
    if (!hasNormalUsage(event) || hasUsageInside(event)) putUsage(event);
    for (const choice of choicesOf(event)) {
      if (choice.logprobs) putLogprobs(choice);
      readDelta(choice);
    }
  };
}

/** Puts what a choice says in its place where that is a text alone, stands elsewhere, or both. */
function putSaid(choice: Fields, place: "message" | "delta", said: unknown): void {
  if (typeof said === "string") choice[place] = { content: said };
  else if (isRecord(said)) choice[place] = said;
  else return;
  for (const name of ["delta", "text"]) if (name !== place) delete choice[name];
}

function saysAnything(delta: Fields): boolean {
  for (const name in delta) if (name !== "role" && delta[name]) return true;
  return false;
}

function of<Kind>(byChoice: Map<unknown, Kind>, index: unknown, Kind: new () => Kind): Kind {
  const known = byChoice.get(index);
  if (known) return known;
  const made = new Kind();
  if (byChoice.size < MAX_CHOICES) byChoice.set(index, made);
  return made;
}

function choicesOf({ choices }: Fields): readonly Fields[] {
  if (!Array.isArray(choices)) return NONE;
  return choices.every(isRecord) ? choices : choices.filter(isRecord);
}

const NONE: readonly Fields[] = [];

function hasUsageInside({ usage, choices }: Fields): boolean {
  return !usage && Array.isArray(choices) && isRecord(choices[0]) && choices[0].usage !== undefined;
}

function putArguments(call: Fields): void {
  const { arguments: given } = call;
  if (typeof given === "object" && given !== null) call.arguments = JSON.stringify(given);
}
