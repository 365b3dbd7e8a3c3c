// Mutation.imageVariations: POST /images/variations, or POST /images/edits instead.
import { createImageVariation, type ImageVariationRequest } from "../../openai/images/variations.ts";
import { fileSource } from "../files/file-source.ts";
import { builder } from "../shared/builder.ts";
import { checkModelName, checkRanges, MODEL_NAME } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import { given } from "../shared/wire-body.ts";
import { ImagesResponse } from "./images-response.ts";
import { ImageResponseFormat } from "./options.ts";

const ImageVariationsInput = builder.inputType("ImageVariationsInput", {
  description:
    "A request for variations of an image. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    image: t.field({
      type: "Upload",
      required: true,
      description:
        "The image. OpenAI's dall-e-2 takes square PNGs of less than 4 MB. The upstream checks format and shape.",
    }),
    model: t.string({
      description: `${MODEL_NAME} Null leaves the choice to the operator or the upstream.`,
    }),
    n: t.int({ description: "How many variations, 1 to 10. Each one is billed." }),
    size: t.string({ description: "The images' size in pixels, such as `256x256`, `512x512` or `1024x1024`." }),
    responseFormat: t.field({
      type: ImageResponseFormat,
      description: "How the images are returned. Null leaves the choice to the upstream.",
    }),
    user: t.string({ description: "An id of the end user, for the upstream's abuse detection." }),
  }),
});

builder.mutationField("imageVariations", (t) =>
  t.field({
    type: ImagesResponse,
    description:
      "Uploads an image and makes variations of it.\n\nREST: `POST /images/variations`, or `POST /images/edits` if the operator configures it.",
    args: { input: t.arg({ type: ImageVariationsInput, required: true, description: "The request." }) },
    resolve: async (_, { input }, context) => {
      const { openai, signal, imageVariations } = context;
      try {
        const request = createVariationRequest(input, context);
        return await createImageVariation(openai, request, imageVariations, signal);
      } finally {
        input.image.discard();
      }
    },
  }),
);

/** Builds the wire fields; the image is read later. Throws coded errors for input that is refused here. */
function createVariationRequest(
  { image: received, model, n, size, responseFormat, user }: typeof ImageVariationsInput.$inferInput,
  context: Context,
): ImageVariationRequest {
  if (typeof model === "string") checkModelName("input.model", model);
  checkRanges({ n }, { n: [1, Math.min(10, context.requestLimits.maxN)] });
  const image = fileSource(received, "input.image", context);
  return given<ImageVariationRequest>({ image, model, n, size, response_format: responseFormat, user });
}
