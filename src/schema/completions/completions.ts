// Mutation.complete and Subscription.complete: POST /completions, whole and with stream: true.
import {
  createCompletion,
  type Completion as OpenAICompletion,
  type CompletionChoice as OpenAICompletionChoice,
  type CompletionLogprobs as OpenAICompletionLogprobs,
  streamCompletion,
} from "../../openai/completions.ts";
import { rawFinishReason, readFinishReason } from "../../openai/dialects/finish-reasons.ts";
import type { Usage as OpenAIUsage } from "../../openai/usage.ts";
import { builder } from "../shared/builder.ts";
import { EVERY_MS, readEveryMs } from "../shared/checks.ts";
import { firstChoice, readNumbered } from "../shared/choices.ts";
import { createReadExtra, EXTRA } from "../shared/extra.ts";
import { FINISH_REASON_RAW, FinishReason } from "../shared/finish-reason.ts";
import { readFloat, readInt, readList, readObject, readString, readTime } from "../shared/lenient.ts";
import { readSoFar, readTextSoFar } from "../shared/so-far.ts";
import { Usage } from "../shared/usage.ts";
import { CompleteInput, createCompletionRequest } from "./input.ts";

const CompletionLogprobs = builder.objectRef<OpenAICompletionLogprobs>("CompletionLogprobs").implement({
  description: "Log probabilities of a choice's tokens: four lists with one entry for each token.",
  fields: (t) => ({
    tokens: t.stringList({
      description: "The text of each token.",
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
      description: "The likeliest tokens at each position: an object from the token's text to its log probability.",
      resolve: (logprobs) =>
        Array.isArray(logprobs.top_logprobs) ? logprobs.top_logprobs.map((top) => readObject(top)) : null,
    }),
  }),
});

const CompletionChoice = builder.objectRef<OpenAICompletionChoice & { index: number }>("CompletionChoice").implement({
  description: "One of the continuations that the request asks for.",
  fields: (t) => ({
    index: t.exposeInt("index", {
      nullable: false,
      description: "Its number among the choices, from 0, in the order of the prompts.",
    }),
    text: t.string({
      description: "The continuation; in a stream, what this piece adds to it.",
      resolve: (choice) => readString(choice.text),
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
      type: CompletionLogprobs,
      description: "Log probabilities of its tokens. Null unless the request asks for them.",
      resolve: (choice) => readObject<OpenAICompletionLogprobs>(choice.logprobs),
    }),
    extra: t.field({
      type: "JSONObject",
      description: EXTRA,
      resolve: createReadExtra(["index", "text", "finish_reason", "logprobs", "usage"]),
    }),
  }),
});

const Completion = builder.objectRef<OpenAICompletion>("Completion");

Completion.implement({
  description:
    "The continuation of one or more prompts; in a stream, a piece of it. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description: "The upstream's id of the answer. This server makes one up if the upstream sends none.",
    }),
    object: t.string({
      description: "Always `text_completion`.",
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
      type: [CompletionChoice],
      nullable: false,
      description: "The continuations, `n` for each prompt.",
      resolve: (completion) => readNumbered<OpenAICompletionChoice>(completion.choices),
    }),
    text: t.string({
      description: "The first choice's text; in a stream, what this piece adds to it.",
      resolve: readText,
    }),
    textSoFar: t.string({
      nullable: false,
      description: "The first choice's text; in a stream, up to and including this piece.",
      resolve: (completion) => readTextSoFar(completion, readText(completion)),
    }),
    soFar: t.field({
      type: Completion,
      nullable: false,
      description:
        "In a stream, the whole answer up to and including this piece, as the mutation would give it; otherwise the answer itself. The piece has the same type and id, so a normalised cache takes both for one entity: select nothing else of the piece. Each event repeats the answer, so the bytes grow with the square of its length; with `everyMs` there are fewer events.",
      resolve: (completion, _, context) => readSoFar<OpenAICompletion>(completion, context),
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used; in a stream, on the last piece.",
      resolve: (completion) => readObject<OpenAIUsage>(completion.usage),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend changes; see `seed`.",
      resolve: (completion) => readString(completion.system_fingerprint),
    }),
    extra: t.field({
      type: "JSONObject",
      description: EXTRA,
      resolve: createReadExtra([
        ...["id", "object", "created", "model", "choices", "usage", "system_fingerprint", "transcript"],
      ]),
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
      "Continues one or more prompts and returns the texts in pieces as they arrive. The stream completes only if the answer is complete; otherwise it ends with an error.\n\nREST: `POST /completions` with `stream: true`",
    args: {
      input: t.arg({ type: CompleteInput, required: true, description: "The request." }),
      everyMs: t.arg.int({ description: EVERY_MS }),
    },
    subscribe: (_, { input, everyMs }, { openai, signal, requestLimits }) =>
      streamCompletion(openai, createCompletionRequest(input, requestLimits), signal, readEveryMs(everyMs)),
    resolve: (completion) => completion,
  }),
);
