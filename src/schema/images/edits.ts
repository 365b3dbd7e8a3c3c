// Mutation.imageEdits and Subscription.imageEdits: POST /images/edits, whole and with stream=true.
import { editImages, type ImageEditRequest, streamEditedImages } from "../../openai/images/edits.ts";
import { fileSource } from "../files/file-source.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, MODEL_NAME, refuse } from "../shared/checks.ts";
import type { Context } from "../shared/context.ts";
import { checkFormFields } from "../shared/form-fields.ts";
import { createRequest } from "../shared/wire-body.ts";
import { ImageEvent } from "./event.ts";
import { ImagesResponse } from "./images-response.ts";
import {
  ABOUT,
  checkImageOptions,
  createImageOptions,
  ImageBackground,
  ImageComplexity,
  ImageFidelity,
  ImageModeration,
  ImageOutputFormat,
  ImageQuality,
  ImageResponseFormat,
} from "./options.ts";

const ImageEditsInput = builder.inputType("ImageEditsInput", {
  description:
    "A request to change images. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    images: t.field({
      type: ["Upload"],
      required: true,
      description:
        "The images, 1 to 16, in the order in which they are sent. OpenAI takes PNG, WebP and JPEG of less than 50 MB each.",
    }),
    mask: t.field({
      type: "Upload",
      description: "Where to change the first image: where this PNG of the same size is transparent.",
    }),
    markup: t.field({
      type: "Upload",
      description:
        "Hints drawn over the first image, as a transparent PNG of the same size. Cannot be combined with `mask`.",
    }),
    prompt: t.string({ required: true, description: "What is to change, 1 to 32,000 characters." }),
    model: t.string({ description: `${MODEL_NAME} ${ABOUT.model}` }),
    n: t.int({ description: ABOUT.n }),
    size: t.string({ description: ABOUT.size }),
    quality: t.field({ type: ImageQuality, description: ABOUT.quality }),
    inputFidelity: t.field({ type: ImageFidelity, description: "How closely the edit keeps to the given images." }),
    background: t.field({ type: ImageBackground, description: ABOUT.background }),
    outputFormat: t.field({ type: ImageOutputFormat, description: ABOUT.outputFormat }),
    outputCompression: t.int({ description: ABOUT.outputCompression }),
    partialImages: t.int({ description: ABOUT.partialImages }),
    moderation: t.field({ type: ImageModeration, description: ABOUT.moderation }),
    complexity: t.field({ type: ImageComplexity, description: ABOUT.complexity }),
    frameCount: t.int({ description: ABOUT.frameCount }),
    frameDurationMs: t.int({ description: ABOUT.frameDurationMs }),
    responseFormat: t.field({
      type: ImageResponseFormat,
      description:
        "How the images come from the upstream, for older and compatible models. GPT image models refuse it.",
    }),
    safetyIdentifier: t.string({ description: ABOUT.safetyIdentifier }),
    user: t.string({ description: ABOUT.user }),
    extraBody: t.field({
      type: "JSONObject",
      description:
        "Further fields of the form, for what the upstream supports and this schema does not, in the upstream's spelling, at most 256: text, numbers, true and false. Fields that this schema has are refused, and so is `svg`, which names another model. In production the operator allows it, or some names, by `EXTRA_BODY` or for a caller.",
    }),
  }),
});

type Input = typeof ImageEditsInput.$inferInput;

builder.mutationField("imageEdits", (t) =>
  t.field({
    type: ImagesResponse,
    description: "Uploads images and changes them by a prompt.\n\nREST: `POST /images/edits`",
    args: { input: t.arg({ type: ImageEditsInput, required: true, description: "The request." }) },
    resolve: async (_, { input }, context) => {
      try {
        return await editImages(context.openai, createEditRequest(input, context, false), context.signal);
      } finally {
        discardFiles(input);
      }
    },
  }),
);

builder.subscriptionField("imageEdits", (t) =>
  t.field({
    type: ImageEvent,
    nullable: false,
    description:
      "Uploads images, changes them by a prompt, and returns each new one as soon as it is finished, after up to 3 unfinished ones. The stream completes only if all images that have begun are finished; otherwise it ends with an error.\n\nREST: `POST /images/edits` with `stream=true`",
    args: { input: t.arg({ type: ImageEditsInput, required: true, description: "The request." }) },
    subscribe: (_, { input }, context) => {
      try {
        const request = createEditRequest(input, context, true);
        return streamEditedImages(context.openai, request, context.signal, () => discardFiles(input));
      } catch (error) {
        discardFiles(input);
        throw error;
      }
    },
    resolve: (event) => event,
  }),
);

function discardFiles({ images, mask, markup }: Input): void {
  for (const file of [...images, mask, markup]) file?.discard();
}

/** Builds the wire fields; the files are read later. Throws coded errors for input that is refused here. */
function createEditRequest(input: Input, context: Context, isStream: boolean): ImageEditRequest {
  const { images, mask, markup } = input;
  checkImageOptions(input, context.requestLimits, isStream);
  checkLength("input.images", images, [1, 16]);
  checkFormFields("input.extraBody", input.extraBody);
  if (mask && markup) refuse("input.markup", "must not be given together with input.mask.");
  return createRequest<ImageEditRequest>(
    {
      ...createImageOptions(input),
      input_fidelity: input.inputFidelity,
      image: images.map((image, place) => fileSource(image, `input.images[${place}]`, context)),
      mask: mask && fileSource(mask, "input.mask", context),
      markup: markup && fileSource(markup, "input.markup", context),
    },
    input.extraBody,
    context.requestLimits,
  );
}
