// EmbedInput: the fields of a request for vectors, their checks, and the wire body built from them.
import type { EmbeddingRequest } from "../../openai/embeddings/embeddings.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, checkModelName, checkRanges, MODEL_NAME, refuse } from "../shared/checks.ts";
import type { RequestLimits } from "../shared/context.ts";
import { createRequest, EXTRA_BODY } from "../shared/wire-body.ts";

const EmbeddingEncodingFormat = builder.enumType("EmbeddingEncodingFormat", {
  description: "How vectors travel from the upstream to this server.",
  values: {
    FLOAT: { value: "float", description: "As numbers, which every upstream can send." },
    BASE64: { value: "base64", description: "As base64 of 32-bit floats: a fraction of the bytes, and quick to read." },
  } as const,
});

/** The fields of a request for vectors. */
export const EmbedInput = builder.inputType("EmbedInput", {
  description: "A request for vectors. Fields that are null or absent are not sent.",
  fields: (t) => ({
    model: t.string({ required: true, description: MODEL_NAME }),
    input: t.stringList({
      required: true,
      description:
        "The texts, at least one and none of them empty; OpenAI takes 2048 at most. A single one travels as a string.",
    }),
    dimensions: t.int({ description: "Length of the vectors, at least 1, if the model can shorten them." }),
    encodingFormat: t.field({
      type: EmbeddingEncodingFormat,
      description:
        "How the vectors travel from the upstream. What you get does not depend on it. `BASE64` is best for many texts: their numbers can be larger than `MAX_UPSTREAM_BYTES` allows.",
    }),
    user: t.string({ description: "An id of the end user, for the upstream's abuse detection." }),
    extraBody: t.field({
      type: "JSONObject",
      description: EXTRA_BODY,
    }),
  }),
});

/** Builds the wire body. Throws BAD_USER_INPUT for input that is refused before any upstream call. */
export function createEmbeddingRequest(input: typeof EmbedInput.$inferInput, limits: RequestLimits): EmbeddingRequest {
  const { input: texts } = input;
  checkModelName("input.model", input.model);
  checkLength("input.input", texts, [1, limits.maxInputs]);
  const empty = texts.indexOf("");
  if (empty >= 0) refuse(`input.input[${empty}]`, "must not be empty; got 0 characters.");
  checkRanges(input, { dimensions: [1, Number.POSITIVE_INFINITY] });
  return createRequest<EmbeddingRequest>(
    {
      model: input.model,
      input: texts.length === 1 ? (texts[0] ?? "") : texts,
      dimensions: input.dimensions,
      encoding_format: input.encodingFormat,
      user: input.user,
    },
    input.extraBody,
    limits,
  );
}
