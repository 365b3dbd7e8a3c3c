// Usage: the tokens that a chat or a completion used.
import { TOLD_ELSEWHERE } from "../../openai/dialects/usage.ts";
import type {
  CompletionTokensDetails as OpenAICompletionTokensDetails,
  PromptTokensDetails as OpenAIPromptTokensDetails,
  Usage as OpenAIUsage,
} from "../../openai/usage.ts";
import { builder } from "./builder.ts";
import { createReadExtra, EXTRA } from "./extra.ts";
import { readInt, readObject } from "./lenient.ts";

const PromptTokensDetails = builder.objectRef<OpenAIPromptTokensDetails>("PromptTokensDetails").implement({
  description: "Tokens of the prompt by kind. A field is null if the upstream does not report it.",
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
  description: "Tokens of the output by kind. A field is null if the upstream does not report it.",
  fields: (t) => ({
    reasoningTokens: t.int({
      description: "Tokens of reasoning that the answer does not show.",
      resolve: (details) => readInt(details.reasoning_tokens),
    }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
    audioTokens: t.int({ description: "Tokens of audio output.", resolve: (details) => readInt(details.audio_tokens) }),
    acceptedPredictionTokens: t.int({
      description: "Tokens of the prediction that appeared in the output.",
      resolve: (details) => readInt(details.accepted_prediction_tokens),
    }),
    rejectedPredictionTokens: t.int({
      description: "Tokens of the prediction that did not appear in the output. They are billed, too.",
      resolve: (details) => readInt(details.rejected_prediction_tokens),
    }),
  }),
});

/** The fields that the schema has a place for, under all their names. */
const USAGE_FIELDS = [...TOLD_ELSEWHERE, "prompt_tokens_details", "completion_tokens_details"];

/** Shared by chat and completions. */
export const Usage = builder.objectRef<OpenAIUsage>("Usage").implement({
  description:
    "The tokens that a request used, for all its choices together. A field is null if the upstream does not report it.",
  fields: (t) => ({
    promptTokens: t.int({ description: "Tokens of the prompt.", resolve: (usage) => readInt(usage.prompt_tokens) }),
    completionTokens: t.int({
      description: "Tokens of the output.",
      resolve: (usage) => readInt(usage.completion_tokens),
    }),
    totalTokens: t.int({
      description: "Tokens of prompt and output together.",
      resolve: (usage) => readInt(usage.total_tokens),
    }),
    promptTokensDetails: t.field({
      type: PromptTokensDetails,
      description: "The prompt's tokens by kind.",
      resolve: (usage) => readObject<OpenAIPromptTokensDetails>(usage.prompt_tokens_details),
    }),
    completionTokensDetails: t.field({
      type: CompletionTokensDetails,
      description: "The output's tokens by kind.",
      resolve: (usage) => readObject<OpenAICompletionTokensDetails>(usage.completion_tokens_details),
    }),
    extra: t.field({ type: "JSONObject", description: EXTRA, resolve: createReadExtra(USAGE_FIELDS) }),
  }),
});
