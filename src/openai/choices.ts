// The choices of chats and completions: how long a request lets them become, and how much of them an answer or an event
// brings.
import { isRecord } from "./client/json.ts";
import { countSaid } from "./token-count.ts";

/** The output of a choice whose length the caller does not cap. */
const UNCAPPED_OUTPUT_TOKENS = 16_384;

/** The fields of a request that set how many choices there are and how long each may become. */
export const CHOICE_FIELDS = ["n", "best_of", "max_tokens", "max_completion_tokens"] as const;

/** How many choices a request asks for, for each of its prompts, and how many tokens they may have together. */
export function estimateChoices(
  { n, best_of, max_tokens, max_completion_tokens }: Readonly<Record<string, unknown>>,
  prompts: number,
): { output: number; choices: number; isCapped: boolean } {
  const caps = [max_tokens, max_completion_tokens].filter((cap) => typeof cap === "number");
  const choices = Math.max(1, Number(n ?? 1), Number(best_of ?? 1)) * prompts;
  const isCapped = caps.length > 0;
  return { output: choices * (isCapped ? Math.max(...caps) : UNCAPPED_OUTPUT_TOKENS), choices, isCapped };
}

/** The tokens that a model has written, estimated: in a whole answer, or in one event of a stream. */
export function countOutput(answer: unknown): number {
  const choices = isRecord(answer) && Array.isArray(answer.choices) ? answer.choices.filter(isRecord) : [];
  let tokens = 0;
  for (const { message, delta, text } of choices) tokens += countSaid(message ?? delta ?? text);
  return tokens;
}

/** Whether an event of a stream brings a part of an answer. The one that only names the role does not. */
export function hasOutput(event: unknown): boolean {
  if (!isRecord(event) || !Array.isArray(event.choices)) return false;
  return event.choices.some((choice) => {
    if (!isRecord(choice)) return false;
    if (typeof choice.text === "string" && choice.text !== "") return true;
    if (!isRecord(choice.delta)) return false;
    for (const name in choice.delta) if (name !== "role" && !isEmpty(choice.delta[name])) return true;
    return false;
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
