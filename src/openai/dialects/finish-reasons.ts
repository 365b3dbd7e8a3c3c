// Why a choice ended, in the words of OpenAI and of the servers that speak its API.

/** OpenAI's words: https://platform.openai.com/docs/api-reference/chat/object#chat-object-choices-finish_reason */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

/** By the word in lower case. Which server uses which is in docs/upstreams.md. */
const reasons: Readonly<Record<FinishReason, readonly string[]>> = {
  stop: [
    ...["eos", "eos_token", "end_turn", "end_of_turn", "stop_sequence", "stop_token", "end", "end_of_text"],
    ...["complete", "completed", "finish", "finished", "done", "normal"],
  ],
  length: [
    ...["max_tokens", "max_output_tokens", "max_new_tokens", "max_length", "model_length", "token_limit"],
    ...["model_context_window_exceeded", "context_length", "context_length_exceeded", "truncated"],
  ],
  tool_calls: ["tool_call", "tool_use", "tools"],
  content_filter: [
    ...["content_filtered", "content-filter", "contentfilter", "safety", "recitation", "blocklist", "blocked"],
    ...["prohibited_content", "spii", "image_safety", "sensitive", "refusal", "guardrail_intervened"],
  ],
  function_call: [],
};

const byWord = new Map(
  Object.entries(reasons).flatMap(([reason, words]) =>
    [reason, ...words].map((word): [string, FinishReason] => [word, reason as FinishReason]),
  ),
);

/** Longer words are not looked up. */
const MAX_LENGTH = 64;

/** OpenAI's word for an upstream's; `unknown` for one that nobody knows, null if it sends none. */
export function readFinishReason(value: unknown): FinishReason | "unknown" | null {
  const word = rawFinishReason(value);
  if (word === null) return null;
  return byWord.get(word) ?? (word.length <= MAX_LENGTH ? byWord.get(word.toLowerCase()) : undefined) ?? "unknown";
}

/** The upstream's own word; null if it sends none. Some servers send the text `null` while a choice goes on. */
export function rawFinishReason(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value !== "null" ? value : null;
}
