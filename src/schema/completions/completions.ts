// Mutation.complete and Subscription.complete: POST /completions, whole and with stream: true.
import {
  createCompletion,
  type Completion as OpenAICompletion,
  type CompletionChoice as OpenAICompletionChoice,
  type CompletionLogprobs as OpenAICompletionLogprobs,
  streamCompletion,
} from "../../openai/completions.ts";
import type { Usage as OpenAIUsage } from "../../openai/usage.ts";
import { builder } from "../shared/builder.ts";
import { firstChoice, readNumbered } from "../shared/choices.ts";
import { FinishReason, readFinishReason } from "../shared/finish-reason.ts";
import { readFloat, readInt, readList, readObject, readString, readTime } from "../shared/lenient.ts";
import { readTextSoFar } from "../shared/text-so-far.ts";
import { Usage } from "../shared/usage.ts";
import { CompleteInput, createCompletionRequest } from "./input.ts";

const CompletionLogprobs = builder.objectRef<OpenAICompletionLogprobs>("CompletionLogprobs").implement({
  description: "Log probabilities of a choice's tokens, as four lists with one entry a token.",
  fields: (t) => ({
    tokens: t.stringList({
      description: "The tokens' texts.",
      resolve: (logprobs) => readList(logprobs.tokens, (token) => readString(token) ?? ""),
    }),
    tokenLogprobs: t.field({
      type: ["Float"],
      nullable: { list: true, items: true },
      description: "Natural logarithm of each token's probability; null for the first token of an echoed prompt.",
      resolve: (logprobs) => (Array.isArray(logprobs.token_logprobs) ? logprobs.token_logprobs.map(readFloat) : null),
    }),
    textOffset: t.intList({
      description: "Where each token begins in the text, in characters.",
      resolve: (logprobs) => readList(logprobs.text_offset, readInt),
    }),
    topLogprobs: t.field({
      type: ["JSONObject"],
      nullable: { list: true, items: true },
      description: "The likeliest tokens in each place with their log probabilities, by the token's text.",
      resolve: (logprobs) =>
        Array.isArray(logprobs.top_logprobs) ? logprobs.top_logprobs.map((top) => readObject(top)) : null,
    }),
  }),
});

const CompletionChoice = builder.objectRef<OpenAICompletionChoice & { index: number }>("CompletionChoice").implement({
  description: "One of the continuations that were asked for.",
  fields: (t) => ({
    index: t.exposeInt("index", {
      nullable: false,
      description: "Its number among the choices, from 0; prompt by prompt.",
    }),
    text: t.string({
      description: "The continuation, or in a stream what is added to it.",
      resolve: (choice) => readString(choice.text),
    }),
    finishReason: t.field({
      type: FinishReason,
      description: "Why it ended. Null: not told.",
      resolve: (choice) => readFinishReason(choice.finish_reason),
    }),
    logprobs: t.field({
      type: CompletionLogprobs,
      description: "Log probabilities of its tokens. Null: not asked for.",
      resolve: (choice) => readObject<OpenAICompletionLogprobs>(choice.logprobs),
    }),
  }),
});

const Completion = builder.objectRef<OpenAICompletion>("Completion").implement({
  description:
    "The continuation of one or more prompts, or in a stream a piece of it. A null field: the upstream left it out.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description: "The upstream's id of the answer; one made here where it sends none.",
    }),
    object: t.string({
      description: "Always `text_completion`.",
      resolve: (completion) => readString(completion.object),
    }),
    created: t.field({
      type: "DateTime",
      description: "When it was made.",
      resolve: (completion) => readTime(completion.created),
    }),
    model: t.string({
      description: "The model that answered, by its full name.",
      resolve: (completion) => readString(completion.model),
    }),
    choices: t.field({
      type: [CompletionChoice],
      nullable: false,
      description: "The continuations, `n` a prompt.",
      resolve: (completion) => readNumbered<OpenAICompletionChoice>(completion.choices),
    }),
    text: t.string({ description: "The first choice's text, or in a stream what is added to it.", resolve: readText }),
    textSoFar: t.string({
      nullable: false,
      description: "The first choice's text; in a stream, up to and with this piece.",
      resolve: (completion) => readTextSoFar(completion, readText(completion)),
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used; in a stream, on the last piece.",
      resolve: (completion) => readObject<OpenAIUsage>(completion.usage),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend does; see `seed`.",
      resolve: (completion) => readString(completion.system_fingerprint),
    }),
  }),
});

function readText(completion: OpenAICompletion): string | null {
  return readString(firstChoice<OpenAICompletionChoice>(completion.choices)?.text);
}

builder.mutationField("complete", (t) =>
  t.field({
    type: Completion,
    description: "Continues one or more prompts and waits for the whole answer.\n\nREST: `POST /completions`",
    args: { input: t.arg({ type: CompleteInput, required: true, description: "The request." }) },
    resolve: (_, { input }, { openai, signal, requestLimits }) =>
      createCompletion(openai, createCompletionRequest(input, requestLimits), signal),
  }),
);

builder.subscriptionField("complete", (t) =>
  t.field({
    type: Completion,
    nullable: false,
    description:
      "Continues one or more prompts and gives the texts in pieces as they come. Ends when the answer is complete; any other end is an error.\n\nREST: `POST /completions` with `stream: true`",
    args: { input: t.arg({ type: CompleteInput, required: true, description: "The request." }) },
    subscribe: (_, { input }, { openai, signal, requestLimits }) =>
      streamCompletion(openai, createCompletionRequest(input, requestLimits), signal),
    resolve: (completion) => completion,
  }),
);
