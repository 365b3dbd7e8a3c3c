// ChatInput: the fields of a chat request, their checks, and the wire body built from them.
import type { ChatCompletionRequest } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, checkModelName, checkOutputCap, checkRanges, MODEL_NAME } from "../shared/checks.ts";
import type { Context, RequestLimits } from "../shared/context.ts";
import { createRequest, EXTRA_BODY } from "../shared/wire-body.ts";
import { ChatMessageInput, checkChatMessages, createWireMessage } from "./message-input.ts";
import { ChatAudioInput, Modality, ReasoningEffort, ServiceTier, Verbosity } from "./options-input.ts";
import { discardFiles, haveFiles, readFiles } from "./part-files.ts";
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
    "A chat request. Only `model` and `messages` are needed. Fields that are null or absent are not sent, so the upstream's own defaults apply. Models differ in what they accept: the upstream decides.",
  fields: (t) => ({
    model: t.string({ required: true, description: MODEL_NAME }),
    messages: t.field({
      type: [ChatMessageInput],
      required: true,
      description: "The conversation so far, at least one message.",
    }),
    temperature: t.float({ description: "Sampling temperature, 0 to 2: higher is more random." }),
    topP: t.float({
      description:
        "Nucleus sampling, 0 to 1: the model considers only the likeliest tokens that together have this probability.",
    }),
    n: t.int({ description: "How many choices to generate, at least 1. Each one is billed." }),
    stop: t.stringList({ description: "Up to 4 texts at which the model stops. They do not appear in the answer." }),
    maxCompletionTokens: t.int({ description: "Most tokens to generate, including reasoning, at least 1." }),
    maxTokens: t.int({
      description:
        "Most tokens to generate, at least 1. The older name of `maxCompletionTokens`, for models and servers that know no other.",
    }),
    presencePenalty: t.float({ description: "-2 to 2. Values above 0 make new topics likelier." }),
    frequencyPenalty: t.float({ description: "-2 to 2. Values above 0 make repetition less likely." }),
    logitBias: t.field({
      type: "JSONObject",
      description: "Maps token ids to a bias from -100 to 100. Passed on unchanged.",
    }),
    logprobs: t.boolean({ description: "Whether to return the log probabilities of the answer's tokens." }),
    topLogprobs: t.int({
      description: "How many of the likeliest tokens to return for each position, 0 to 20. Needs `logprobs`.",
    }),
    responseFormat: t.field({ type: ResponseFormatInput, description: "The format of the answer. Null means text." }),
    tools: t.field({ type: [ChatToolInput], description: "The tools that the model may call." }),
    toolChoice: t.field({ type: ChatToolChoiceInput, description: "Which tools the model may or must call." }),
    parallelToolCalls: t.boolean({ description: "Whether the model may call several tools at once." }),
    reasoningEffort: t.field({ type: ReasoningEffort, description: "How much a reasoning model thinks." }),
    verbosity: t.field({ type: Verbosity, description: "How wordy the answer is." }),
    modalities: t.field({ type: [Modality], description: "The kinds of output. Null means text." }),
    audio: t.field({
      type: ChatAudioInput,
      description: "The voice and format of spoken answers. Required if `modalities` contains AUDIO.",
    }),
    prediction: t.string({
      description: "Text that the answer will mostly repeat, such as a file to be edited. Makes the answer faster.",
    }),
    webSearchOptions: t.field({
      type: "JSONObject",
      description: "Options of the web search, in OpenAI's spelling. Passed on unchanged.",
    }),
    seed: t.field({
      type: "SafeInt",
      description:
        "Asks the upstream to answer the same request in the same way, as far as it can. Deprecated by OpenAI.",
    }),
    serviceTier: t.field({ type: ServiceTier, description: "The service tier, which decides price and speed." }),
    store: t.boolean({ description: "Whether the upstream keeps the answer for its evals and dashboards." }),
    metadata: t.field({
      type: "JSONObject",
      description: "Up to 16 pairs of texts that are kept with a stored answer. Passed on unchanged.",
    }),
    moderation: t.field({
      type: "JSONObject",
      description: "Options for the moderation of input and output, in OpenAI's spelling. Passed on unchanged.",
    }),
    promptCacheKey: t.string({ description: "A key that groups requests with a common prefix for the prompt cache." }),
    promptCacheOptions: t.field({
      type: "JSONObject",
      description: "Options of the prompt cache, in OpenAI's spelling. Passed on unchanged.",
    }),
    safetyIdentifier: t.string({
      description: "A stable, hashed id of the end user, for the upstream's abuse detection.",
    }),
    user: t.string({
      description: "An id of the end user. OpenAI has replaced it by `safetyIdentifier` and `promptCacheKey`.",
    }),
    extraBody: t.field({
      type: "JSONObject",
      description: EXTRA_BODY,
    }),
  }),
});

type Input = typeof ChatInput.$inferInput;

/**
 * Builds the wire body: at once, unless messages hold files, which are read first. Throws, or rejects with, BAD_USER_INPUT for input
 * that is refused before any upstream call.
 */
export function createChatRequest(
  input: Input,
  context: Context,
): ChatCompletionRequest | Promise<ChatCompletionRequest> {
  return haveFiles(input.messages) ? createWithFiles(input, context) : createBody(input, context.requestLimits);
}

async function createWithFiles(input: Input, context: Context): Promise<ChatCompletionRequest> {
  try {
    // No file is read for input that is refused.
    createBody(input, context.requestLimits);
    return createBody({ ...input, messages: await readFiles(input.messages, context) }, context.requestLimits);
  } finally {
    discardFiles(input.messages);
  }
}

function createBody(input: Input, limits: RequestLimits): ChatCompletionRequest {
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
  // The one exception to "nothing is added": an operator's OUTPUT_CAP_FIELD=both.
  const either = limits.sendsBothCaps ? (input.maxCompletionTokens ?? input.maxTokens) : undefined;
  return createRequest<ChatCompletionRequest>(
    {
      model: input.model,
      messages: input.messages.map(createWireMessage),
      temperature: input.temperature,
      top_p: input.topP,
      n: input.n,
      stop: input.stop,
      max_completion_tokens: input.maxCompletionTokens ?? either,
      max_tokens: input.maxTokens ?? either,
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
    limits,
  );
}
