// ImagesResponse: a whole answer with images.
import type {
  Image as OpenAIImage,
  ImagesResponse as OpenAIImagesResponse,
  ImagesUsage as OpenAIImagesUsage,
  ImageTokensDetails as OpenAIImageTokensDetails,
} from "../../openai/images/answer.ts";
import { builder } from "../shared/builder.ts";
import { readInt, readObject, readObjects, readString, readTime } from "../shared/lenient.ts";
import { Image } from "./image.ts";

const ImageTokensDetails = builder.objectRef<OpenAIImageTokensDetails>("ImageTokensDetails").implement({
  description: "Tokens by kind. A field is null if the upstream does not report it.",
  fields: (t) => ({
    imageTokens: t.int({ description: "Tokens of images.", resolve: (details) => readInt(details.image_tokens) }),
    textTokens: t.int({ description: "Tokens of text.", resolve: (details) => readInt(details.text_tokens) }),
  }),
});

export const ImagesUsage = builder.objectRef<OpenAIImagesUsage>("ImagesUsage").implement({
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

export const ImagesResponse = builder.objectRef<OpenAIImagesResponse>("ImagesResponse").implement({
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
