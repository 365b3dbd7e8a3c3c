// AudioUsage: the tokens or seconds that a call about sound used. Shared by speech and transcriptions.
import type {
  AudioTokensDetails as OpenAIAudioTokensDetails,
  AudioUsage as OpenAIAudioUsage,
} from "../../openai/audio/usage.ts";
import { builder } from "../shared/builder.ts";
import { readFloat, readInt, readObject, readString } from "../shared/lenient.ts";

const AudioTokensDetails = builder.objectRef<OpenAIAudioTokensDetails>("AudioTokensDetails").implement({
  description: "Tokens by kind. A field is null if the upstream does not report it.",
  fields: (t) => ({
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
    audioTokens: t.int({ description: "Tokens of sound.", resolve: (details) => readInt(details.audio_tokens) }),
  }),
});

export const AudioUsage = builder.objectRef<OpenAIAudioUsage>("AudioUsage").implement({
  description:
    "What a call about sound used. Some models are billed by tokens, some by seconds. A field is null if the upstream does not report it.",
  fields: (t) => ({
    inputTokens: t.int({
      description: "Tokens of the input.",
      resolve: (usage) => readInt(usage.input_tokens) ?? readInt(usage.prompt_tokens),
    }),
    inputTokensDetails: t.field({
      type: AudioTokensDetails,
      description: "The input's tokens by kind.",
      resolve: (usage) =>
        readObject<OpenAIAudioTokensDetails>(usage.input_token_details) ??
        readObject<OpenAIAudioTokensDetails>(usage.input_tokens_details) ??
        readObject<OpenAIAudioTokensDetails>(usage.prompt_tokens_details),
    }),
    outputTokens: t.int({
      description: "Tokens of the output.",
      resolve: (usage) => readInt(usage.output_tokens) ?? readInt(usage.completion_tokens),
    }),
    totalTokens: t.int({
      description: "Tokens of input and output together.",
      resolve: (usage) => readInt(usage.total_tokens),
    }),
    seconds: t.float({
      description: "Seconds of sound, where the model is billed by them.",
      resolve: (usage) => readFloat(usage.seconds) ?? readSeconds(readString(usage.seconds)),
    }),
  }),
});

/** Some servers send the number as text. */
function readSeconds(text: string | null): number | null {
  return text !== null && /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : null;
}
