// Usage: the tokens that a chat or a completion has used.
import type {
  CompletionTokensDetails as OpenAICompletionTokensDetails,
  PromptTokensDetails as OpenAIPromptTokensDetails,
  Usage as OpenAIUsage,
} from "../../openai/usage.ts";
import { builder } from "./builder.ts";
import { readInt, readObject } from "./lenient.ts";

const PromptTokensDetails = builder.objectRef<OpenAIPromptTokensDetails>("PromptTokensDetails").implement({
  description: "Which tokens of the prompt were special. Null: not told.",
  fields: (t) => ({
    cachedTokens: t.int({
      description: "Tokens read from the prompt cache.",
      resolve: (details) => readInt(details.cached_tokens),
    }),
    cacheWriteTokens: t.int({
      description: "Tokens written to the prompt cache.",
      resolve: (details) => readInt(details.cache_write_tokens),
    }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
    imageTokens: t.int({ description: "Tokens of images.", resolve: (details) => readInt(details.image_tokens) }),
    audioTokens: t.int({ description: "Tokens of audio input.", resolve: (details) => readInt(details.audio_tokens) }),
  }),
});

const CompletionTokensDetails = builder.objectRef<OpenAICompletionTokensDetails>("CompletionTokensDetails").implement({
  description: "Which tokens of the output were special. Null: not told.",
  fields: (t) => ({
    reasoningTokens: t.int({
      description: "Tokens spent on reasoning that is not shown.",
      resolve: (details) => readInt(details.reasoning_tokens),
    }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
    audioTokens: t.int({ description: "Tokens of audio output.", resolve: (details) => readInt(details.audio_tokens) }),
    acceptedPredictionTokens: t.int({
      description: "Tokens of the prediction that appeared in the output.",
      resolve: (details) => readInt(details.accepted_prediction_tokens),
    }),
    rejectedPredictionTokens: t.int({
      description: "Tokens of the prediction that did not appear; they are billed all the same.",
      resolve: (details) => readInt(details.rejected_prediction_tokens),
    }),
  }),
});

/** Shared by chat and completions. */
export const Usage = builder.objectRef<OpenAIUsage>("Usage").implement({
  description: "The tokens that a request used, over all its choices. Null: not told.",
  fields: (t) => ({
    promptTokens: t.int({ description: "Tokens of the prompt.", resolve: (usage) => readInt(usage.prompt_tokens) }),
    completionTokens: t.int({
      description: "Tokens of the output.",
      resolve: (usage) => readInt(usage.completion_tokens),
    }),
    totalTokens: t.int({ description: "Tokens of both.", resolve: (usage) => readInt(usage.total_tokens) }),
    promptTokensDetails: t.field({
      type: PromptTokensDetails,
      description: "The prompt's tokens in detail.",
      resolve: (usage) => readObject<OpenAIPromptTokensDetails>(usage.prompt_tokens_details),
    }),
    completionTokensDetails: t.field({
      type: CompletionTokensDetails,
      description: "The output's tokens in detail.",
      resolve: (usage) => readObject<OpenAICompletionTokensDetails>(usage.completion_tokens_details),
    }),
  }),
});
