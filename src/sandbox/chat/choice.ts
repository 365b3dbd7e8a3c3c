// Owns one choice of a chat completion: text, a refusal or tool calls, cut at the request's limits. Knows no wire form.
import { type CutAnswer, cutAnswer } from "../shared/cut-answer.ts";
import { scenarioOf } from "../shared/scenarios.ts";
import type { Token, Tokenizer } from "../shared/tokens.ts";
import { answerChat } from "./answer.ts";
import type { ChatRequest } from "./schema.ts";
import { callTools, type ToolCall } from "./tool-calls.ts";

/** One choice, before it becomes a message or chunks. */
export interface ChatChoice {
  /** null if the choice is tool calls or a refusal. */
  answer: CutAnswer | null;
  reasoning: readonly Token[];
  /** null if the model does not refuse. */
  refusal: readonly Token[] | null;
  toolCalls: ToolCall[];
  finishReason: "stop" | "length" | "tool_calls" | "content_filter";
  /** Those of the reasoning included. */
  completionTokens: number;
}

/** The choice at an index; the same request yields the same text. */
export function createChoice(request: ChatRequest, index: number, tokenizer: Tokenizer): ChatChoice {
  const scenario = scenarioOf(request.model);
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const calls = callTools(request);
  if (calls.length > 0) return limitCalls(calls, maxTokens, tokenizer);
  const common = { reasoning: [], refusal: null, toolCalls: [] };
  if (scenario.refusal !== undefined) {
    const { tokens, finishReason } = cutAnswer(scenario.refusal, { stop: null, maxTokens }, tokenizer);
    return { ...common, answer: null, refusal: tokens, finishReason, completionTokens: tokens.length };
  }
  const reasoning = tokenizer.encode(scenario.reasoning ?? "");
  const answer = cutAnswer(
    answerChat(request, index),
    { stop: request.stop, maxTokens: Math.min(maxTokens, scenario.maxTokens ?? maxTokens) },
    tokenizer,
  );
  const completionTokens = answer.tokens.length + reasoning.length;
  return { ...common, answer, reasoning, finishReason: scenario.finishReason ?? answer.finishReason, completionTokens };
}

/** Arguments count as completion tokens too: at the limit they break off, as a model's do. */
function limitCalls(calls: ToolCall[], maxTokens: number, tokenizer: Tokenizer): ChatChoice {
  let tokensLeft = maxTokens;
  let completionTokens = 0;
  const toolCalls = calls.map((call) => {
    const input = call.type === "function" ? call.function.arguments : call.custom.input;
    const cut = cutAnswer(input, { stop: null, maxTokens: Math.max(tokensLeft, 0) }, tokenizer);
    tokensLeft -= cut.finishReason === "length" ? tokensLeft + 1 : cut.tokens.length;
    completionTokens += cut.tokens.length;
    return call.type === "function"
      ? { ...call, function: { ...call.function, arguments: cut.text } }
      : { ...call, custom: { ...call.custom, input: cut.text } };
  });
  const finishReason = tokensLeft < 0 ? "length" : "tool_calls";
  return { answer: null, reasoning: [], refusal: null, toolCalls, finishReason, completionTokens };
}
