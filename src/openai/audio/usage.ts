// What a call about sound used: tokens, or seconds where a model is billed by them.
// https://platform.openai.com/docs/api-reference/audio/json-object#audio/json-object-usage
import type { Unchecked } from "../../json/json.ts";

/** The usage as the upstream sent it. Some servers name it as chats do. */
export type AudioUsage = Unchecked<{
  input_tokens: number;
  prompt_tokens: number;
  input_token_details: AudioTokensDetails;
  input_tokens_details: AudioTokensDetails;
  prompt_tokens_details: AudioTokensDetails;
  output_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  seconds: number;
}>;

/** The input's tokens by kind. */
export type AudioTokensDetails = Unchecked<{ text_tokens: number; audio_tokens: number }>;
