// The token counts of chat and completion answers, as the upstream sends them, if it does.
// https://platform.openai.com/docs/api-reference/chat/object#chat-object-usage
import type { CompletionUsage } from "openai/resources/completions";
import type { Unchecked } from "./client/json.ts";

export type Usage = Unchecked<CompletionUsage>;
export type PromptTokensDetails = Unchecked<
  CompletionUsage.PromptTokensDetails & { text_tokens: number; image_tokens: number }
>;
export type CompletionTokensDetails = Unchecked<CompletionUsage.CompletionTokensDetails & { text_tokens: number }>;
