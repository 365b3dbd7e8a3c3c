// CompleteInput: the fields of a completion request, their checks, and the wire body built from them.
import type { CompletionRequest } from "../../openai/completions.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, checkModelName, checkOutputCap, checkRanges, MODEL_NAME, refuse } from "../shared/checks.ts";
import type { RequestLimits } from "../shared/context.ts";
import { createRequest, EXTRA_BODY } from "../shared/wire-body.ts";

/** The fields of a completion request. */
export const CompleteInput = builder.inputType("CompleteInput", {
  description:
    "A request to continue a text. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    model: t.string({ required: true, description: MODEL_NAME }),
    prompt: t.stringList({ required: true, description: "The text to continue, or a list of at least one text." }),
    suffix: t.string({ description: "Text that comes after the continuation." }),
    maxTokens: t.int({ description: "Most tokens to generate, at least 1." }),
    temperature: t.float({ description: "Sampling temperature, 0 to 2: higher is more random." }),
    topP: t.float({
      description:
        "Nucleus sampling, 0 to 1: the model considers only the likeliest tokens that together have this probability.",
    }),
    n: t.int({ description: "How many continuations for each prompt, at least 1. Each one is billed." }),
    bestOf: t.int({
      description:
        "How many continuations to generate, of which the best `n` are returned; at least `n`. Each one is billed.",
    }),
    echo: t.boolean({ description: "Whether the text repeats the prompt before the continuation." }),
    logprobs: t.int({ description: "How many of the likeliest tokens to return for each position, 0 to 5." }),
    stop: t.stringList({ description: "Up to 4 texts at which the model stops. They do not appear in the answer." }),
    presencePenalty: t.float({ description: "-2 to 2. Values above 0 make new topics likelier." }),
    frequencyPenalty: t.float({ description: "-2 to 2. Values above 0 make repetition less likely." }),
    logitBias: t.field({
      type: "JSONObject",
      description: "Maps token ids to a bias from -100 to 100. Passed on unchanged.",
    }),
    seed: t.field({
      type: "SafeInt",
      description: "Asks the upstream to answer the same request in the same way, as far as it can.",
    }),
    user: t.string({ description: "An id of the end user, for the upstream's abuse detection." }),
    extraBody: t.field({
      type: "JSONObject",
      description: EXTRA_BODY,
    }),
  }),
});

/** Builds the wire body. Throws BAD_USER_INPUT for input that is refused before any upstream call. */
export function createCompletionRequest(
  input: typeof CompleteInput.$inferInput,
  limits: RequestLimits,
): CompletionRequest {
  const { prompt, n, bestOf } = input;
  checkModelName("input.model", input.model);
  checkOutputCap(limits, input, ["maxTokens"]);
  checkLength("input.prompt", prompt, [1, Number.POSITIVE_INFINITY]);
  checkLength("input.stop", input.stop, [0, 4]);
  checkRanges(input, {
    temperature: [0, 2],
    topP: [0, 1],
    n: [1, limits.maxN],
    bestOf: [1, limits.maxN],
    logprobs: [0, 5],
    presencePenalty: [-2, 2],
    frequencyPenalty: [-2, 2],
  });
  if (typeof bestOf === "number" && bestOf < (n ?? 1))
    refuse("input.bestOf", `must be at least n (${n ?? 1}); got ${bestOf}.`);
  const choices = prompt.length * Math.max(n ?? 1, bestOf ?? 1);
  if (choices > limits.maxN)
    refuse("input.prompt", `must ask for at most ${limits.maxN} choices, all prompts together; got ${choices}.`);
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
    limits,
  );
}
