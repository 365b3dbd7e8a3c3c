// Mutation.chat, the whole answer to a chat: POST /chat/completions.
import {
  createChatCompletion,
  type ChatChoice as OpenAIChatChoice,
  type ChatCompletion as OpenAIChatCompletion,
  type ChatMessage as OpenAIChatMessage,
  type ChoiceLogprobs as OpenAIChoiceLogprobs,
} from "../../openai/chat.ts";
import { rawFinishReason, readFinishReason } from "../../openai/dialects/finish-reasons.ts";
import type { Usage as OpenAIUsage } from "../../openai/usage.ts";
import { builder } from "../shared/builder.ts";
import { firstChoice, readNumbered } from "../shared/choices.ts";
import { createReadExtra, EXTRA } from "../shared/extra.ts";
import { FINISH_REASON_RAW, FinishReason } from "../shared/finish-reason.ts";
import { readContent, readObject, readString, readTime } from "../shared/lenient.ts";
import { ChoiceLogprobs } from "../shared/logprobs.ts";
import { Usage } from "../shared/usage.ts";
import { ANSWER_FIELDS } from "./answer-fields.ts";
import { CITATIONS, readCitations } from "./citations.ts";
import { ChatInput, createChatRequest } from "./input.ts";
import { ChatMessage } from "./message.ts";

const ChatChoice = builder.objectRef<OpenAIChatChoice & { index: number }>("ChatChoice").implement({
  description: "One of the answers that the request asks for.",
  fields: (t) => ({
    index: t.exposeInt("index", { nullable: false, description: "Its number among the choices, from 0." }),
    message: t.field({
      type: ChatMessage,
      nullable: false,
      description: "What the model answered.",
      resolve: (choice) => readObject<OpenAIChatMessage>(choice.message) ?? {},
    }),
    finishReason: t.field({
      type: FinishReason,
      description: "Why it ended. Null if the upstream does not report it.",
      resolve: (choice) => readFinishReason(choice.finish_reason),
    }),
    finishReasonRaw: t.string({
      description: FINISH_REASON_RAW,
      resolve: (choice) => rawFinishReason(choice.finish_reason),
    }),
    logprobs: t.field({
      type: ChoiceLogprobs,
      description: "Log probabilities of its tokens. Null unless the request asks for them.",
      resolve: (choice) => readObject<OpenAIChoiceLogprobs>(choice.logprobs),
    }),
    extra: t.field({
      type: "JSONObject",
      description: EXTRA,
      resolve: createReadExtra(["index", "message", "finish_reason", "logprobs", "usage"]),
    }),
  }),
});

/** The whole answer: the mutation's, and the subscription's so far. */
export const ChatCompletion = builder.objectRef<OpenAIChatCompletion>("ChatCompletion").implement({
  description: "The whole answer to a chat request. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description: "The upstream's id of the answer. This server makes one up if the upstream sends none.",
    }),
    object: t.string({
      description: "Always `chat.completion`.",
      resolve: (completion) => readString(completion.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When the answer was created.",
      resolve: (completion) => readTime(completion.created),
    }),
    model: t.string({
      description: "The full name of the model that answered.",
      resolve: (completion) => readString(completion.model),
    }),
    choices: t.field({
      type: [ChatChoice],
      nullable: false,
      description: "The answers, `n` of them.",
      resolve: (completion) => readNumbered<OpenAIChatChoice>(completion.choices),
    }),
    text: t.string({
      description:
        "The content of the first choice, which is all that most clients show. Null if the model refuses or calls tools.",
      resolve: (completion) => {
        const choice = firstChoice<OpenAIChatChoice>(completion.choices);
        return readContent(readObject<OpenAIChatMessage>(choice?.message)?.content);
      },
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used.",
      resolve: (completion) => readObject<OpenAIUsage>(completion.usage),
    }),
    serviceTier: t.string({
      description: "The tier that served the request, in the upstream's spelling.",
      resolve: (completion) => readString(completion.service_tier),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend changes; see `seed`.",
      resolve: (completion) => readString(completion.system_fingerprint),
    }),
    metadata: t.field({
      type: "JSONObject",
      description: "The request's metadata, if the answer is stored.",
      resolve: (completion) => readObject(completion.metadata),
    }),
    moderation: t.field({
      type: "JSONObject",
      description: "The results of the moderation, in the upstream's spelling. Null unless the request asks for them.",
      resolve: (completion) => readObject(completion.moderation),
    }),
    citations: t.stringList({ description: CITATIONS, resolve: (completion) => readCitations(completion.citations) }),
    extra: t.field({ type: "JSONObject", description: EXTRA, resolve: createReadExtra(ANSWER_FIELDS) }),
  }),
});

builder.mutationField("chat", (t) =>
  t.field({
    type: ChatCompletion,
    description:
      "Asks a model for the next message of a conversation and waits for the whole answer.\n\nREST: `POST /chat/completions`",
    args: { input: t.arg({ type: ChatInput, required: true, description: "The request." }) },
    resolve: (_, { input }, context) => {
      const { openai, signal } = context;
      const request = createChatRequest(input, context);
      return request instanceof Promise
        ? request.then((whole) => createChatCompletion(openai, whole, signal))
        : createChatCompletion(openai, request, signal);
    },
  }),
);
