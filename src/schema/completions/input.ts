// CompleteInput: the fields of a completion request, their checks, and the wire body built from them.
import type { CompletionRequest } from "../../openai/completions.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, checkModelName, checkOutputCap, checkRanges, refuse } from "../shared/checks.ts";
import type { RequestLimits } from "../shared/context.ts";
import { createRequest } from "../shared/wire-body.ts";

/** The fields of a completion request. */
export const CompleteInput = builder.inputType("CompleteInput", {
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

/** Builds the wire body. Throws BAD_USER_INPUT for what is refused at the door. */
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
  );
}
