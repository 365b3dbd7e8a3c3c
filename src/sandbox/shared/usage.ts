// Owns what a request costs in tokens, and refuses what a model's context could not hold.
import { type ChatRequest, messageText } from "../chat/schema.ts";
import { HttpError } from "./http-error.ts";
import type { Tokenizer } from "./tokens.ts";

/** What a request cost, all choices together. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: object;
  completion_tokens_details: object;
}

const contextTokens = 128_000;
/** Text longer than this is refused unread: no 128,000 tokens of real text are as long. */
const maxPromptCharacters = 1_000_000;
const tokensPerMessage = 3;
const tokensPerReply = 3;
const tokensPerImage = 85;

/** The prompt tokens of a chat, with OpenAI's overhead per message. Throws 400 context_length_exceeded. */
export function countChatTokens(request: ChatRequest, tokenizer: Tokenizer): number {
  const texts = request.messages.flatMap((message) => [
    message.role,
    messageText(message),
    message.tool_calls == null ? "" : JSON.stringify(message.tool_calls),
  ]);
  if (request.tools != null) texts.push(JSON.stringify(request.tools));
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > maxPromptCharacters) throw contextExceeded(`${characters} characters`);
  const imageCount = request.messages
    .flatMap((message) => (Array.isArray(message.content) ? message.content : []))
    .filter((part) => part.type === "image_url").length;
  const overhead = request.messages.length * tokensPerMessage + imageCount * tokensPerImage + tokensPerReply;
  const total = texts.reduce((sum, text) => sum + tokenizer.count(text), overhead);
  if (total > contextTokens) throw contextExceeded(`${total} tokens`);
  return total;
}

/** The usage object with every detail at zero. */
export function createUsage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function contextExceeded(amount: string): HttpError {
  const text =
    `This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${amount}. ` +
    "Please reduce the length of the messages.";
  return new HttpError(400, text, { param: "messages", code: "context_length_exceeded" });
}
