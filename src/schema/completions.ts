// Mutation.complete: POST /completions.
import {
  type CompletionRequest,
  createCompletion,
  type Completion as OpenAICompletion,
  type CompletionChoice as OpenAICompletionChoice,
  type CompletionLogprobs as OpenAICompletionLogprobs,
} from "../openai/completions.ts";
import type { Usage as OpenAIUsage } from "../openai/usage.ts";
import { builder } from "./builder.ts";
import { checkLength, checkModelName, checkRanges, refuse } from "./checks.ts";
import { firstChoice, readChoices } from "./choices.ts";
import { FinishReason, readFinishReason } from "./finish-reason.ts";
import { readFloat, readInt, readList, readObject, readString, readTime } from "./lenient.ts";
import { createRequest } from "./request.ts";
import { Usage } from "./usage.ts";

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
    text: t.string({ description: "The continuation.", resolve: (choice) => readString(choice.text) }),
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
  description: "The continuation of one or more prompts. A null field: the upstream left it out.",
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
      resolve: (completion) => readChoices<OpenAICompletionChoice>(completion.choices),
    }),
    text: t.string({
      description: "The first choice's text: what most screens show.",
      resolve: (completion) => readString(firstChoice<OpenAICompletionChoice>(completion.choices)?.text),
    }),
    usage: t.field({
      type: Usage,
      description: "The tokens used.",
      resolve: (completion) => readObject<OpenAIUsage>(completion.usage),
    }),
    systemFingerprint: t.string({
      description: "Changes when the upstream's backend does; see `seed`.",
      resolve: (completion) => readString(completion.system_fingerprint),
    }),
  }),
});

const CompleteInput = builder.inputType("CompleteInput", {
  description:
    "A completion request, for models that continue a text. Null and absent fields are not sent: the upstream's own defaults hold.",
  fields: (t) => ({
    model: t.string({ required: true, description: "The model's name, 1 to 256 printable characters." }),
    prompt: t.stringList({ required: true, description: "The text to continue, or a list of texts, at least one." }),
    suffix: t.string({ description: "Text that comes after the continuation." }),
    maxTokens: t.int({ description: "Most tokens to generate, at least 1." }),
    temperature: t.float({ description: "Sampling temperature, 0 to 2: higher is more random." }),
    topP: t.float({
      description: "Nucleus sampling, 0 to 1: only the likeliest tokens that make up this probability.",
    }),
    n: t.int({ description: "How many continuations a prompt, at least 1. Each one is billed." }),
    bestOf: t.int({
      description: "How many continuations to generate and choose the best `n` from; at least `n`. Each one is billed.",
    }),
    echo: t.boolean({ description: "Whether to give the prompt back before the continuation." }),
    logprobs: t.int({ description: "How many of the likeliest tokens to give in each place, 0 to 5." }),
    stop: t.stringList({ description: "Up to 4 texts at which the model stops; they are not part of the answer." }),
    presencePenalty: t.float({ description: "-2 to 2: above 0 makes new topics likelier." }),
    frequencyPenalty: t.float({ description: "-2 to 2: above 0 makes repetition less likely." }),
    logitBias: t.field({
      type: "JSONObject",
      description: "Token ids with a bias of -100 to 100 each, passed on unchanged.",
    }),
    seed: t.field({
      type: "SafeInt",
      description: "Asks for the same answer to the same request, as far as the upstream can.",
    }),
    user: t.string({ description: "The end user's id, for the upstream's abuse detection." }),
    extraBody: t.field({
      type: "JSONObject",
      description:
        "Fields of this request that the upstream knows and this schema does not, in the upstream's spelling. A field that the schema knows is refused.",
    }),
  }),
});

builder.mutationField("complete", (t) =>
  t.field({
    type: Completion,
    description: "Continues one or more prompts and waits for the whole answer.\n\nREST: `POST /completions`",
    args: { input: t.arg({ type: CompleteInput, required: true, description: "The request." }) },
    resolve: (_, { input }, { openai, signal }) => createCompletion(openai, createCompletionRequest(input), signal),
  }),
);

function createCompletionRequest(input: typeof CompleteInput.$inferInput): CompletionRequest {
  const { prompt, n, bestOf } = input;
  checkModelName("input.model", input.model);
  checkLength("input.prompt", prompt, [1, Number.POSITIVE_INFINITY]);
  checkLength("input.stop", input.stop, [0, 4]);
  checkRanges(input, {
    maxTokens: [1, Number.POSITIVE_INFINITY],
    temperature: [0, 2],
    topP: [0, 1],
    n: [1, Number.POSITIVE_INFINITY],
    bestOf: [1, Number.POSITIVE_INFINITY],
    logprobs: [0, 5],
    presencePenalty: [-2, 2],
    frequencyPenalty: [-2, 2],
  });
  if (typeof bestOf === "number" && bestOf < (n ?? 1))
    refuse("input.bestOf", `must be at least n (${n ?? 1}); got ${bestOf}.`);
  return createRequest<CompletionRequest>(
    {
      model: input.model,
      prompt: prompt.length === 1 ? (prompt[0] ?? "") : prompt,
      suffix: input.suffix,
      max_tokens: input.maxTokens,
      temperature: input.temperature,
      top_p: input.topP,
      n,
      best_of: bestOf,
      echo: input.echo,
      logprobs: input.logprobs,
      stop: input.stop,
      presence_penalty: input.presencePenalty,
      frequency_penalty: input.frequencyPenalty,
      logit_bias: input.logitBias,
      seed: input.seed,
      user: input.user,
    },
    input.extraBody,
  );
}
