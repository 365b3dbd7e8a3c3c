// Subscription.chat, a chat's answer in chunks: POST /chat/completions with stream: true.
import {
  type ChatCompletionRequest,
  type ChatAudio as OpenAIChatAudio,
  type ChatChunkChoice as OpenAIChatChunkChoice,
  type ChatCompletion as OpenAIChatCompletion,
  type ChatCompletionChunk as OpenAIChatCompletionChunk,
  type ChatDelta as OpenAIChatDelta,
  type ChoiceLogprobs as OpenAIChoiceLogprobs,
  type FunctionCall as OpenAIFunctionCall,
  type ToolCallDelta as OpenAIToolCallDelta,
  streamChatCompletion,
} from "../../openai/chat.ts";
import { rawFinishReason, readFinishReason } from "../../openai/dialects/finish-reasons.ts";
import type { Usage as OpenAIUsage } from "../../openai/usage.ts";
import { builder } from "../shared/builder.ts";
import { EVERY_MS, readEveryMs } from "../shared/checks.ts";
import { firstChoice, readNumbered } from "../shared/choices.ts";
import { createReadExtra, EXTRA } from "../shared/extra.ts";
import { FINISH_REASON_RAW, FinishReason } from "../shared/finish-reason.ts";
import { readContent, readObject, readString, readTime } from "../shared/lenient.ts";
import { ChoiceLogprobs } from "../shared/logprobs.ts";
import { readSoFar, readTextSoFar } from "../shared/so-far.ts";
import { Usage } from "../shared/usage.ts";
import { ANSWER_FIELDS, MESSAGE_FIELDS } from "./answer-fields.ts";
import { ChatCompletion } from "./chat.ts";
import { CITATIONS, readCitations, readUrlCitations, UrlCitation } from "./citations.ts";
import { ChatImage, readImages } from "./image.ts";
import { ChatInput, createChatRequest } from "./input.ts";
import { ChatAudio } from "./message.ts";
import { ChatRole, readChatRole } from "./role.ts";
import { FunctionCall, ToolCallDelta } from "./tool-call.ts";

const ChatDelta = builder.objectRef<OpenAIChatDelta>("ChatDelta").implement({
  description: "What a chunk adds to a choice's message. A field is null if the chunk adds nothing to it.",
  fields: (t) => ({
    role: t.field({
      type: ChatRole,
      description: "ASSISTANT, on the first chunk.",
      resolve: (delta) => readChatRole(delta.role),
    }),
    content: t.string({ description: "More of the text.", resolve: (delta) => readContent(delta.content) }),
    refusal: t.string({ description: "More of the refusal.", resolve: (delta) => readString(delta.refusal) }),
    reasoning: t.string({
      description: "More of the reasoning, if a compatible server sends it (as `reasoning_content` or `reasoning`).",
      resolve: (delta) => readString(delta.reasoning_content),
    }),
    toolCalls: t.field({
      type: [ToolCallDelta],
      description: "More of the tool calls.",
      resolve: (delta) => (delta.tool_calls ? readNumbered<OpenAIToolCallDelta>(delta.tool_calls) : null),
    }),
    functionCall: t.field({
      type: FunctionCall,
      description: "More of a call in the deprecated `function_call` format.",
      resolve: (delta) => readObject<OpenAIFunctionCall>(delta.function_call),
    }),
    audio: t.field({
      type: ChatAudio,
      description: "More of the audio.",
      resolve: (delta) => readObject<OpenAIChatAudio>(delta.audio),
    }),
    images: t.field({ type: [ChatImage], description: "More pictures.", resolve: (delta) => readImages(delta.images) }),
    annotations: t.field({
      type: [UrlCitation],
      description: "More web pages that the answer cites.",
      resolve: (delta) => readUrlCitations(delta.annotations),
    }),
    extra: t.field({ type: "JSONObject", description: EXTRA, resolve: createReadExtra(MESSAGE_FIELDS) }),
  }),
});

const ChatChunkChoice = builder.objectRef<OpenAIChatChunkChoice & { index: number }>("ChatChunkChoice").implement({
  description: "What a chunk adds to one of the choices.",
  fields: (t) => ({
    index: t.exposeInt("index", { nullable: false, description: "The choice's number, from 0." }),
    delta: t.field({
      type: ChatDelta,
      nullable: false,
      description: "What the chunk adds to the message.",
      resolve: (choice) => readObject<OpenAIChatDelta>(choice.delta) ?? {},
    }),
    finishReason: t.field({
      type: FinishReason,
      description: "Why the choice ended, on its last chunk. Null while it continues.",
      resolve: (choice) => readFinishReason(choice.finish_reason),
    }),
    finishReasonRaw: t.string({
      description: FINISH_REASON_RAW,
      resolve: (choice) => rawFinishReason(choice.finish_reason),
    }),
    logprobs: t.field({
      type: ChoiceLogprobs,
      description: "Log probabilities of the tokens that the chunk adds. Null unless the request asks for them.",
      resolve: (choice) => readObject<OpenAIChoiceLogprobs>(choice.logprobs),
    }),
    extra: t.field({
      type: "JSONObject",
      description: EXTRA,
      resolve: createReadExtra(["index", "delta", "finish_reason", "logprobs", "usage"]),
    }),
  }),
});

const ChatCompletionChunk = builder.objectRef<OpenAIChatCompletionChunk>("ChatCompletionChunk").implement({
  description: "A piece of an answer to a chat request. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    id: t.exposeID("id", { nullable: false, description: "The answer's id, the same on all its chunks." }),
    object: t.string({
      description: "Always `chat.completion.chunk`.",
      resolve: (chunk) => readString(chunk.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When the answer began.",
      resolve: (chunk) => readTime(chunk.created),
    }),
    model: t.string({
      description: "The full name of the model that answers.",
      resolve: (chunk) => readString(chunk.model),
    }),
    choices: t.field({
      type: [ChatChunkChoice],
      nullable: false,
      description: "What the chunk adds to the choices. Empty on a chunk that carries the usage alone.",
      resolve: (chunk) => readNumbered<OpenAIChatChunkChoice>(chunk.choices),
    }),
    text: t.string({
      description: "What the chunk adds to the first choice's content. Null if it adds nothing.",
      resolve: readText,
    }),
    textSoFar: t.string({
      nullable: false,
      description:
        "The first choice's content up to and including this chunk. Useful if a client shows only the latest event.",
      resolve: (chunk) => readTextSoFar(chunk, readText(chunk)),
    }),
    soFar: t.field({
      type: ChatCompletion,
      nullable: false,
      description:
        "The whole answer up to and including this chunk, as the mutation would give it, with the same type and id and all pieces put together. A normalised cache keeps one entity that grows, and a screen needs only the latest event. Each event repeats the answer, so the bytes grow with the square of its length; with `everyMs` there are fewer events.",
      resolve: (chunk, _, context) => readSoFar<OpenAIChatCompletion>(chunk, context),
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used, on the last chunk; null on the others. This server always asks for them.",
      resolve: (chunk) => readObject<OpenAIUsage>(chunk.usage),
    }),
    moderation: t.field({
      type: "JSONObject",
      description: "The results of the moderation, in the upstream's spelling. Null unless the request asks for them.",
      resolve: (chunk) => readObject(chunk.moderation),
    }),
    serviceTier: t.string({
      description: "The tier that serves the request, in the upstream's spelling.",
      resolve: (chunk) => readString(chunk.service_tier),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend changes; see `seed`.",
      resolve: (chunk) => readString(chunk.system_fingerprint),
    }),
    citations: t.stringList({ description: CITATIONS, resolve: (chunk) => readCitations(chunk.citations) }),
    extra: t.field({ type: "JSONObject", description: EXTRA, resolve: createReadExtra(ANSWER_FIELDS) }),
  }),
});

function readText(chunk: OpenAIChatCompletionChunk): string | null {
  const choice = firstChoice<OpenAIChatChunkChoice>(chunk.choices);
  return readContent(readObject<OpenAIChatDelta>(choice?.delta)?.content);
}

builder.subscriptionField("chat", (t) =>
  t.field({
    type: ChatCompletionChunk,
    nullable: false,
    description:
      "Asks a model for the next message of a conversation and returns the answer in chunks as they arrive. The stream completes only if the answer is complete; otherwise it ends with an error.\n\nREST: `POST /chat/completions` with `stream: true`",
    args: {
      input: t.arg({ type: ChatInput, required: true, description: "The request." }),
      everyMs: t.arg.int({ description: EVERY_MS }),
    },
    subscribe: (_, { input, everyMs }, context) => {
      const pauseMs = readEveryMs(everyMs);
      const stream = (request: ChatCompletionRequest) =>
        streamChatCompletion(context.openai, request, context.signal, pauseMs);
      const request = createChatRequest(input, context);
      return request instanceof Promise ? request.then(stream) : stream(request);
    },
    resolve: (chunk) => chunk,
  }),
);
