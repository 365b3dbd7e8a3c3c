// Owns the length of a chat's prompt in tokens, and the refusal of one that is too long for the model.
import { HttpError } from "../shared/http-error.ts";
import type { Tokenizer } from "../shared/tokens.ts";
import { type ChatRequest, messageText } from "./schema.ts";

const contextTokens = 128_000;
/** Longer text is refused without counting: no real text of 128,000 tokens is that long. */
const maxPromptCharacters = 1_000_000;
const tokensPerMessage = 3;
const tokensPerReply = 3;
const tokensPerImage = 85;

/** The prompt tokens of a chat, with OpenAI's overhead per message. Throws 400 context_length_exceeded. */
export function countPromptTokens(request: ChatRequest, tokenizer: Tokenizer): number {
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

function contextExceeded(amount: string): HttpError {
  const text =
    `This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${amount}. ` +
    "Please reduce the length of the messages.";
  return new HttpError(400, text, { param: "messages", code: "context_length_exceeded" });
}
