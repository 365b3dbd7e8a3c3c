// ChatInput: the fields of a chat request, their checks, and the wire body built from them.
import type { ChatCompletionRequest } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, checkModelName, checkOutputCap, checkRanges } from "../shared/checks.ts";
import type { RequestLimits } from "../shared/context.ts";
import { createRequest } from "../shared/wire-body.ts";
import { ChatMessageInput, checkChatMessages, createWireMessage } from "./message-input.ts";
import { ChatAudioInput, Modality, ReasoningEffort, ServiceTier, Verbosity } from "./options-input.ts";
import {
  ChatToolChoiceInput,
  ChatToolInput,
  createWireResponseFormat,
  createWireTool,
  createWireToolChoice,
  ResponseFormatInput,
} from "./tools-input.ts";

/** The fields of a chat request. */
export const ChatInput = builder.inputType("ChatInput", {
  description:
    "A chat request. Only `model` and `messages` are needed. Null and absent fields are not sent: the upstream's own defaults hold. Models differ in what they accept; the upstream decides.",
  fields: (t) => ({
    model: t.string({ required: true, description: "The model's name, 1 to 256 printable characters." }),
    messages: t.field({
      type: [ChatMessageInput],
      required: true,
      description: "The conversation so far, at least one message.",
    }),
    temperature: t.float({ description: "Sampling temperature, 0 to 2: higher is more random." }),
    topP: t.float({
      description: "Nucleus sampling, 0 to 1: only the likeliest tokens that make up this probability.",
    }),
    n: t.int({ description: "How many choices to generate, at least 1. Each one is billed." }),
    stop: t.stringList({ description: "Up to 4 texts at which the model stops; they are not part of the answer." }),
    maxCompletionTokens: t.int({ description: "Most tokens to generate, reasoning included, at least 1." }),
    maxTokens: t.int({
      description: "Most tokens to generate, at least 1; the older name, for models and servers that know only it.",
    }),
    presencePenalty: t.float({ description: "-2 to 2: above 0 makes new topics likelier." }),
    frequencyPenalty: t.float({ description: "-2 to 2: above 0 makes repetition less likely." }),
    logitBias: t.field({
      type: "JSONObject",
      description: "Token ids with a bias of -100 to 100 each, passed on unchanged.",
    }),
    logprobs: t.boolean({ description: "Whether to give the log probabilities of the answer's tokens." }),
    topLogprobs: t.int({
      description: "How many of the likeliest tokens to give in each place, 0 to 20; needs `logprobs`.",
    }),
    responseFormat: t.field({ type: ResponseFormatInput, description: "The form of the answer. Null: text." }),
    tools: t.field({ type: [ChatToolInput], description: "The tools that the model may call." }),
    toolChoice: t.field({ type: ChatToolChoiceInput, description: "Which tools the model may or must call." }),
    parallelToolCalls: t.boolean({ description: "Whether the model may call several tools at once." }),
    reasoningEffort: t.field({ type: ReasoningEffort, description: "How much a reasoning model thinks." }),
    verbosity: t.field({ type: Verbosity, description: "How wordy the answer is." }),
    modalities: t.field({ type: [Modality], description: "The kinds of output. Null: text." }),
    audio: t.field({
      type: ChatAudioInput,
      description: "How the model speaks; needed where `modalities` holds AUDIO.",
    }),
    prediction: t.string({
      description: "Text that much of the answer will repeat, such as the file being edited; makes it faster.",
    }),
    webSearchOptions: t.field({
      type: "JSONObject",
      description: "Options of the web search as OpenAI spells them, passed on unchanged.",
    }),
    seed: t.field({
      type: "SafeInt",
      description: "Asks for the same answer to the same request, as far as the upstream can. Deprecated by OpenAI.",
    }),
    serviceTier: t.field({ type: ServiceTier, description: "Price and speed of the request." }),
    store: t.boolean({ description: "Whether the upstream keeps the answer for its evals and dashboards." }),
    metadata: t.field({
      type: "JSONObject",
      description: "Up to 16 text pairs kept with a stored answer, passed on unchanged.",
    }),
    moderation: t.field({
      type: "JSONObject",
      description: "Moderation of input and output as OpenAI spells it, passed on unchanged.",
    }),
    promptCacheKey: t.string({ description: "Groups requests with a common prefix for the prompt cache." }),
    promptCacheOptions: t.field({
      type: "JSONObject",
      description: "Options of the prompt cache as OpenAI spells them, passed on unchanged.",
    }),
    safetyIdentifier: t.string({
      description: "A stable, hashed id of the end user, for the upstream's abuse detection.",
    }),
    user: t.string({
      description: "The end user's id; OpenAI replaces it by `safetyIdentifier` and `promptCacheKey`.",
    }),
    extraBody: t.field({
      type: "JSONObject",
      description:
        "Fields of this request that the upstream knows and this schema does not, in the upstream's spelling. A field that the schema knows is refused.",
    }),
  }),
});

type Input = typeof ChatInput.$inferInput;

/** Builds the wire body. Throws BAD_USER_INPUT for what is refused at the door. */
export function createChatRequest(input: Input, limits: RequestLimits): ChatCompletionRequest {
  checkModelName("input.model", input.model);
  checkChatMessages(input.messages, limits.maxMessages);
  checkOutputCap(limits, input, ["maxCompletionTokens", "maxTokens"]);
  checkLength("input.stop", input.stop, [0, 4]);
  checkRanges(input, {
    temperature: [0, 2],
    topP: [0, 1],
    n: [1, limits.maxN],
    presencePenalty: [-2, 2],
    frequencyPenalty: [-2, 2],
    topLogprobs: [0, 20],
  });
  return createRequest<ChatCompletionRequest>(
    {
      model: input.model,
      messages: input.messages.map(createWireMessage),
      temperature: input.temperature,
      top_p: input.topP,
      n: input.n,
      stop: input.stop,
      max_completion_tokens: input.maxCompletionTokens,
      max_tokens: input.maxTokens,
      presence_penalty: input.presencePenalty,
      frequency_penalty: input.frequencyPenalty,
      logit_bias: input.logitBias,
      logprobs: input.logprobs,
      top_logprobs: input.topLogprobs,
      response_format: input.responseFormat && createWireResponseFormat(input.responseFormat),
      tools: input.tools?.map(createWireTool),
      tool_choice: input.toolChoice && createWireToolChoice(input.toolChoice),
      parallel_tool_calls: input.parallelToolCalls,
      reasoning_effort: input.reasoningEffort,
      verbosity: input.verbosity,
      modalities: input.modalities,
      audio: input.audio && { format: input.audio.format, voice: input.audio.voice },
      prediction: typeof input.prediction === "string" ? { type: "content", content: input.prediction } : null,
      web_search_options: input.webSearchOptions,
      seed: input.seed,
      service_tier: input.serviceTier,
      store: input.store,
      metadata: input.metadata,
      moderation: input.moderation,
      prompt_cache_key: input.promptCacheKey,
      prompt_cache_options: input.promptCacheOptions,
      safety_identifier: input.safetyIdentifier,
      user: input.user,
    },
    input.extraBody,
  );
}
