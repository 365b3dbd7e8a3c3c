// Mutation.imageVariations: POST /images/variations, or POST /images/edits instead.
import {
  createImageVariation,
  type ImageVariationRequest,
  type Image as OpenAIImage,
  type ImagesResponse as OpenAIImagesResponse,
  type ImagesUsage as OpenAIImagesUsage,
  type ImageTokensDetails as OpenAIImageTokensDetails,
} from "../openai/images.ts";
import { fileSource } from "./files/file-source.ts";
import { dataUrlOf } from "./files/image-url.ts";
import { builder } from "./shared/builder.ts";
import { checkModelName, checkRanges, MODEL_NAME } from "./shared/checks.ts";
import type { Context } from "./shared/context.ts";
import { readInt, readObject, readObjects, readString, readTime } from "./shared/lenient.ts";
import { given } from "./shared/wire-body.ts";

const Image = builder.objectRef<OpenAIImage & { output_format?: unknown }>("Image").implement({
  description: "One image.",
  fields: (t) => ({
    url: t.string({
      description:
        "The image's URL. OpenAI's URLs expire after an hour. If the upstream sends base64 alone, it is a `data:` URL. Null if the upstream sends neither.",
      resolve: (image, _, context) => {
        const url = readString(image.url);
        if (url) return context.showImage?.(url, context) ?? url;
        return dataUrlOf(readString(image.b64_json), readString(image.output_format));
      },
    }),
    b64Json: t.string({
      description: "The image itself in base64. Null if the upstream sends a URL.",
      resolve: (image) => readString(image.b64_json),
    }),
    revisedPrompt: t.string({
      description: "The prompt as the model rewrote it. Null if it did not.",
      resolve: (image) => readString(image.revised_prompt),
    }),
  }),
});

const ImageTokensDetails = builder.objectRef<OpenAIImageTokensDetails>("ImageTokensDetails").implement({
  description: "Tokens by kind. A field is null if the upstream does not report it.",
  fields: (t) => ({
    imageTokens: t.int({ description: "Tokens of images.", resolve: (details) => readInt(details.image_tokens) }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
  }),
});

const ImagesUsage = builder.objectRef<OpenAIImagesUsage>("ImagesUsage").implement({
  description: "The tokens that GPT image models used.",
  fields: (t) => ({
    inputTokens: t.int({ description: "Tokens of the input.", resolve: (usage) => readInt(usage.input_tokens) }),
    outputTokens: t.int({ description: "Tokens of the images.", resolve: (usage) => readInt(usage.output_tokens) }),
    totalTokens: t.int({
      description: "Tokens of input and images together.",
      resolve: (usage) => readInt(usage.total_tokens),
    }),
    inputTokensDetails: t.field({
      type: ImageTokensDetails,
      description: "The input's tokens by kind.",
      resolve: (usage) => readObject<OpenAIImageTokensDetails>(usage.input_tokens_details),
    }),
    outputTokensDetails: t.field({
      type: ImageTokensDetails,
      description: "The images' tokens by kind.",
      resolve: (usage) => readObject<OpenAIImageTokensDetails>(usage.output_tokens_details),
    }),
  }),
});

const ImagesResponse = builder.objectRef<OpenAIImagesResponse>("ImagesResponse").implement({
  description: "Images made by the upstream. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    created: t.field({
      type: "DateTime",
      description: "When the images were created.",
      resolve: (images) => readTime(images.created),
    }),
    data: t.field({
      type: [Image],
      nullable: false,
      description: "The images, `n` of them.",
      resolve: ({ data, output_format }) =>
        (readObjects<OpenAIImage>(data) ?? []).map((image) => ({ ...image, output_format })),
    }),
    usage: t.field({
      type: ImagesUsage,
      description: "The tokens used. Null if the model is not billed by tokens.",
      resolve: (images) => readObject<OpenAIImagesUsage>(images.usage),
    }),
    size: t.string({
      description: "The images' size in pixels, such as `1024x1024`.",
      resolve: (images) => readString(images.size),
    }),
    quality: t.string({
      description: "The images' quality, in the upstream's words.",
      resolve: (images) => readString(images.quality),
    }),
    background: t.string({
      description: "The images' background: `transparent` or `opaque`.",
      resolve: (images) => readString(images.background),
    }),
    outputFormat: t.string({
      description: "The images' file format: `png`, `webp` or `jpeg`.",
      resolve: (images) => readString(images.output_format),
    }),
  }),
});

const ImageResponseFormat = builder.enumType("ImageResponseFormat", {
  description: "How the images are returned.",
  values: {
    URL: { value: "url", description: "As URLs." },
    B64_JSON: { value: "b64_json", description: "As base64." },
  },
});

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
