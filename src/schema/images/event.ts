// ImageEvent: a picture of a stream.
import type { Image as OpenAIImage, ImagesUsage as OpenAIImagesUsage } from "../../openai/images/answer.ts";
import type { ImageEvent as OpenAIImageEvent } from "../../openai/images/events.ts";
import { builder } from "../shared/builder.ts";
import { readInt, readObject, readString, readTime } from "../shared/lenient.ts";
import { Image } from "./image.ts";
import { ImagesUsage } from "./images-response.ts";

export const ImageEvent = builder.objectRef<OpenAIImageEvent>("ImageEvent").implement({
  description: "An image of a stream, unfinished or finished. A field is null if the upstream leaves it out.",
  fields: (t) => ({
    type: t.exposeString("type", {
      nullable: false,
      description: "The upstream's name of the event, such as `image_generation.partial_image`.",
    }),
    image: t.field({
      type: Image,
      nullable: false,
      description: "The image.",
      resolve: ({ image, fields }): OpenAIImage & { output_format?: unknown } => ({
        ...image,
        output_format: fields.output_format,
      }),
    }),
    isPartial: t.exposeBoolean("isPartial", {
      nullable: false,
      description: "Whether the image is unfinished, so that a better one follows.",
    }),
    partialImageIndex: t.int({
      description: "The number of an unfinished image, from 0. Null if the image is finished.",
      resolve: ({ isPartial, fields }) => (isPartial ? readInt(fields.partial_image_index) : null),
    }),
    createdAt: t.field({
      type: "DateTime",
      description: "When the image was made.",
      resolve: ({ fields }) => readTime(fields.created_at ?? fields.created),
    }),
    size: t.string({
      description: "The image's size in pixels, such as `1024x1024`.",
      resolve: ({ fields }) => readString(fields.size),
    }),
    quality: t.string({
      description: "The image's quality, in the upstream's words.",
      resolve: ({ fields }) => readString(fields.quality),
    }),
    background: t.string({
      description: "The image's background, such as `transparent` or `opaque`.",
      resolve: ({ fields }) => readString(fields.background),
    }),
    outputFormat: t.string({
      description: "The image's file format, such as `png`.",
      resolve: ({ fields }) => readString(fields.output_format),
    }),
    usage: t.field({
      type: ImagesUsage,
      description: "The tokens used, with a finished image. Null if the model is not billed by tokens.",
      resolve: ({ fields }) => readObject<OpenAIImagesUsage>(fields.usage),
    }),
  }),
});
