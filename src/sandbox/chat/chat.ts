// Owns POST /chat/completions: the answer to a chat, whole or as a stream of chunks. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/chat/create

import { createId, unixSeconds } from "../shared/ids.ts";
import { chatLogprobs } from "../shared/logprobs.ts";
import { fullNameOf } from "../shared/models.ts";
import type { Pace } from "../shared/pace.ts";
import { decodeTokens, loadTokenizer, type Tokenizer } from "../shared/tokens.ts";
import { createUsage } from "../shared/usage.ts";
import { type ChatChoice, createChoice } from "./choice.ts";
import { countPromptTokens } from "./prompt-tokens.ts";
import { readChatRequest } from "./request.ts";
import type { ChatRequest } from "./schema.ts";
import { streamChunks } from "./stream.ts";

/** The completion, or its chunks if the request says `stream`. Throws HttpError before the first chunk only. */
export async function createChatCompletion(
  body: Record<string, unknown>,
  pace: Pace,
): Promise<object | AsyncIterable<object>> {
  const request = readChatRequest(body);
  const tokenizer = await loadTokenizer();
  const promptTokens = countPromptTokens(request, tokenizer);
  const choices = Array.from({ length: request.n ?? 1 }, (_slot, index) => createChoice(request, index, tokenizer));
  const completionTokens = choices.reduce((sum, choice) => sum + choice.completionTokens, 0);
  const reasoningTokens = choices.reduce((sum, choice) => sum + choice.reasoning.length, 0);
  const usage = createUsage(promptTokens, completionTokens, reasoningTokens);
  const frame = {
    id: createId("chatcmpl-"),
    created: unixSeconds(),
    model: fullNameOf(request.model),
    service_tier: "default" as const,
    system_fingerprint: "fp_sandbox0000",
  };
  if (request.stream === true) return streamChunks({ request, choices, frame, usage, tokenizer }, pace);
  return {
    ...frame,
    object: "chat.completion",
    choices: choices.map((choice, index) => wholeChoice(choice, index, request, tokenizer)),
    usage,
    ...(request.metadata == null ? {} : { metadata: request.metadata }),
  };
}

function wholeChoice(choice: ChatChoice, index: number, request: ChatRequest, tokenizer: Tokenizer): object {
  const { answer, reasoning, refusal, toolCalls, finishReason } = choice;
  const wanted = request.logprobs === true && answer !== null;
  return {
    index,
    message: {
      role: "assistant",
      content: answer?.text ?? null,
      ...(reasoning.length > 0 ? { reasoning_content: decodeTokens(reasoning) } : {}),
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
      refusal: refusal === null ? null : decodeTokens(refusal),
      annotations: [],
    },
    logprobs: wanted
      ? { content: chatLogprobs(answer.tokens, request.top_logprobs ?? 0, tokenizer), refusal: null }
      : null,
    finish_reason: finishReason,
  };
}
