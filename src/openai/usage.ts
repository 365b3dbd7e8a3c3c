// Reads the token counts of an answer, if the upstream sends any.
// https://platform.openai.com/docs/api-reference/chat/object#chat-object-usage
import type { CompletionUsage } from "openai/resources/completions";
import { isRecord, type Unchecked } from "../json/json.ts";
import type { TokenUsage } from "./client/endpoint.ts";

export type Usage = Unchecked<CompletionUsage>;
export type PromptTokensDetails = Unchecked<
  CompletionUsage.PromptTokensDetails & { text_tokens: number; image_tokens: number }
>;
export type CompletionTokensDetails = Unchecked<CompletionUsage.CompletionTokensDetails & { text_tokens: number }>;

/**
 * Reads the `usage` of a whole answer or of one event; undefined without one. What is not a count is not reported. Images
 * have other names for their tokens than chats.
 */
export function readUsage(answer: unknown): TokenUsage | undefined {
  if (!isRecord(answer) || !isRecord(answer.usage)) return undefined;
  const { prompt_tokens, completion_tokens, input_tokens, output_tokens, total_tokens } = answer.usage;
  const input = readCount(prompt_tokens) ?? readCount(input_tokens);
  const output = readCount(completion_tokens) ?? readCount(output_tokens);
  const total = readCount(total_tokens);
  // Some upstreams report a total below its parts. One part alone is no total.
  const isKnown = total !== undefined || (input !== undefined && output !== undefined);
  return { input, output, total: isKnown ? Math.max(total ?? 0, (input ?? 0) + (output ?? 0)) : 0 };
}

function readCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The same for a model that only reads: its input alone is a total. */
export function readInputUsage(answer: unknown): TokenUsage | undefined {
  const usage = readUsage(answer);
  return usage && { ...usage, total: usage.total || (usage.input ?? 0) };
}
