// The choices of chats and completions: how long a request lets them become, how much of them an answer or an event brings, and
// where they end.

import { isRecord } from "../json/json.ts";
import { ChoiceProgress } from "./choice-progress.ts";
import type { PaidEndpoint, TokenEstimate } from "./client/endpoint.ts";
import { ChoicesEnd } from "./dialects/choice-ends.ts";
import { GatheredChoices } from "./dialects/gathered-answer.ts";
import { ALL_CAPS, CAP_FIELDS, type ObeyedCaps } from "./output-cap.ts";
import { countSaid } from "./token-count.ts";
import { readUsage } from "./usage.ts";

/** The output of a choice whose length nobody caps. */
const UNCAPPED_OUTPUT_TOKENS = 16_384;

/** The fields of a request that set how many choices there are and how long each may become. */
export const CHOICE_FIELDS = ["n", "best_of", ...CAP_FIELDS] as const;

/**
 * How many choices a request asks for, for each of its prompts, and how many tokens they may have together. A cap that the
 * upstream is not known to obey does not lower that.
 */
export function estimateChoices(
  body: Readonly<Record<string, unknown>>,
  prompts: number,
  obeyedCaps: ObeyedCaps = ALL_CAPS,
): Omit<TokenEstimate, "prompt"> {
  const { n, best_of } = body;
  const choices = Math.max(1, Number(n ?? 1), Number(best_of ?? 1)) * prompts;
  let given = 0;
  let cap = 0;
  let isCapped = false;
  for (const field of CAP_FIELDS) {
    const value = body[field];
    if (typeof value !== "number") continue;
    given++;
    cap = Math.max(cap, value);
    isCapped ||= obeyedCaps.has(field);
  }
  isCapped ||= given === CAP_FIELDS.length;
  const output = choices * (isCapped ? cap : Math.max(cap, UNCAPPED_OUTPUT_TOKENS));
  // With `echo` the output begins with the prompt, or vLLM's with its last message, which no cap counts.
  const isLimited = given > 0 && body.echo !== true;
  return { output, choices, isCapped, cap: isLimited ? choices * cap : undefined };
}

/** How many choices a request asks for, `n` for each of its prompts. */
function countChoices(json: unknown): number {
  const { n, prompt } = isRecord(json) ? json : {};
  return Math.max(1, Number(n ?? 1)) * (Array.isArray(prompt) ? prompt.length : 1);
}

/** Whether a request for a stream asks for its usage. */
function asksForUsage(json: unknown): boolean {
  return isRecord(json) && isRecord(json.stream_options) && json.stream_options.include_usage === true;
}

/** The tokens that a model has written, estimated: in a whole answer, or in one event of a stream. */
function countOutput(answer: unknown): number {
  const choices = isRecord(answer) && Array.isArray(answer.choices) ? answer.choices.filter(isRecord) : [];
  let tokens = 0;
  for (const { message, delta, text } of choices) tokens += countSaid(message ?? delta ?? text);
  return tokens;
}

/** See PaidParts.readAddedText: the content that a chat's choice adds. */
export function readAddedContent(event: unknown): string | undefined {
  const { delta, text } = choiceThatGoesOn(event);
  if (!isRecord(delta) || !isEmpty(text) || typeof delta.content !== "string") return undefined;
  for (const name in delta) if (name !== "content" && name !== "role" && !isEmpty(delta[name])) return undefined;
  return delta.content;
}

/** See PaidParts.readAddedText: the text that a completion's choice adds. */
export function readAddedText(event: unknown): string | undefined {
  const { delta, text } = choiceThatGoesOn(event);
  return isEmpty(delta) && typeof text === "string" ? text : undefined;
}

/** The choice of an event that brings nothing else; without fields if there is none. */
function choiceThatGoesOn(event: unknown): Record<string, unknown> {
  if (!isRecord(event) || !Array.isArray(event.choices) || event.choices.length !== 1) return NONE;
  const [choice] = event.choices;
  if (isRecord(event.usage) || isRecord(event.x_groq) || !isRecord(choice) || choice.finish_reason) return NONE;
  return isEmpty(choice.message) && !isRecord(choice.usage) && !isRecord(choice.logprobs) ? choice : NONE;
}

const NONE: Record<string, unknown> = {};

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

/** What the endpoints of chats and completions have in common: see PaidEndpoint. */
export const CHOICE_PARTS = {
  gather: (normalise, { json }, maxValues) => new GatheredChoices(normalise, countChoices(json), maxValues),
  followEnd: ({ json }) => new ChoicesEnd(countChoices(json), asksForUsage(json)),
  readUsage,
  countOutput,
  hasOutput,
  followStream: () => new ChoiceProgress(),
} satisfies Partial<PaidEndpoint>;
