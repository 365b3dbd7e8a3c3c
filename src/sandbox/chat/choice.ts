// Owns one choice of a chat completion: text or tool calls, cut at the request's limits. Knows no wire form.
import { type CutAnswer, cutAnswer } from "../shared/cut-answer.ts";
import type { Tokenizer } from "../shared/tokens.ts";
import { answerChat } from "./answer.ts";
import type { ChatRequest } from "./schema.ts";
import { callTools, type ToolCall } from "./tool-calls.ts";

/** One choice, before it becomes a message or chunks. */
export interface ChatChoice {
  /** null if the choice is tool calls. */
  answer: CutAnswer | null;
  toolCalls: ToolCall[];
  finishReason: "stop" | "length" | "tool_calls";
  completionTokens: number;
}

/** The choice at an index; the same request yields the same text. */
export function createChoice(request: ChatRequest, index: number, tokenizer: Tokenizer): ChatChoice {
  const maxTokens = request.max_completion_tokens ?? request.max_tokens;
  const calls = callTools(request);
  if (calls.length > 0) return limitCalls(calls, maxTokens ?? Number.POSITIVE_INFINITY, tokenizer);
  const answer = cutAnswer(answerChat(request, index), { stop: request.stop, maxTokens }, tokenizer);
  return { answer, toolCalls: [], finishReason: answer.finishReason, completionTokens: answer.tokens.length };
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
  return { answer: null, toolCalls, finishReason: tokensLeft < 0 ? "length" : "tool_calls", completionTokens };
}
