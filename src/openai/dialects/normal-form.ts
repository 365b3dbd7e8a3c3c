// The normal form of answers and events: OpenAI's own. Everyone who reads what a server of this API has sent reads it in this
// form: the guard that counts, the schema, the texts so far. What is odd is put right in place; a look tells that nothing is.
import { isRecord } from "../../json/json.ts";
import type { Normalise } from "../client/endpoint.ts";
import { MAX_CHOICES } from "./choice-ends.ts";
import { putCompletionText, putSaid, takeChoices } from "./choice-form.ts";
import { isPlainlySaid, putArguments, putContent } from "./content.ts";
import { putCompletionLogprobs, putLogprobs } from "./logprobs.ts";
import { SaidSoFar } from "./said-so-far.ts";
import { ToolCalls } from "./tool-calls.ts";
import { putUsage } from "./usage.ts";

/** For whole answers of chats. */
export const normaliseChat: Normalise = (body) => {
  const choices = takeChoices(body);
  putUsage(body, choices);
  for (const choice of choices) {
    putSaid(choice, "message");
    if (choice.logprobs) putLogprobs(choice);
    const { message } = choice;
    if (!isRecord(message)) continue;
    if (!isPlainlySaid(message)) putContent(message);
    if (message.tool_calls) message.tool_calls = new ToolCalls().readWhole(message.tool_calls);
    if (isRecord(message.function_call)) putArguments(message.function_call);
  }
};

/** For whole answers and events of completions. */
export const normaliseCompletion: Normalise = (body) => {
  const choices = takeChoices(body);
  putUsage(body, choices);
  for (const choice of choices) {
    putCompletionText(choice);
    if (choice.logprobs) putCompletionLogprobs(choice);
  }
};

/** For the events of one chat's stream: a choice's pieces are known by those before. */
export function createChatEvents(): Normalise {
  /** By the number of the choice; without one, by its place. */
  const said = new Map<unknown, SaidSoFar>();

  function saidBy(index: unknown): SaidSoFar {
    const known = said.get(index);
    if (known) return known;
    const made = new SaidSoFar();
    if (said.size < MAX_CHOICES) said.set(index, made);
    return made;
  }

  return (event) => {
    const choices = takeChoices(event);
    putUsage(event, choices);
    let place = 0;
    for (const choice of choices) {
      putSaid(choice, "delta");
      if (choice.logprobs) putLogprobs(choice);
      saidBy(typeof choice.index === "number" ? choice.index : place).put(choice);
      place++;
    }
  };
}
