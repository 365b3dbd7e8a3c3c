// Mutation.imageGenerations and Subscription.imageGenerations: POST /images/generations, whole and with stream: true.
import { createImages, type ImageGenerationRequest, streamCreatedImages } from "../../openai/images/generations.ts";
import { builder } from "../shared/builder.ts";
import { MODEL_NAME } from "../shared/checks.ts";
import type { RequestLimits } from "../shared/context.ts";
import { createRequest } from "../shared/wire-body.ts";
import { ImageEvent } from "./event.ts";
import { ImagesResponse } from "./images-response.ts";
import {
  ABOUT,
  checkImageOptions,
  createImageOptions,
  ImageBackground,
  ImageComplexity,
  ImageModeration,
  ImageOutputFormat,
  ImageQuality,
  ImageResponseFormat,
} from "./options.ts";

const ImageGenerationsInput = builder.inputType("ImageGenerationsInput", {
  description:
    "A request for images. Fields that are null or absent are not sent, so the upstream's own defaults apply.",
  fields: (t) => ({
    prompt: t.string({ required: true, description: "What the images show, 1 to 32,000 characters." }),
    model: t.string({ description: `${MODEL_NAME} ${ABOUT.model}` }),
    n: t.int({ description: ABOUT.n }),
    size: t.string({ description: ABOUT.size }),
    quality: t.field({ type: ImageQuality, description: ABOUT.quality }),
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
        "How the images come from the upstream. GPT image models refuse it; older and compatible models may need it.",
    }),
    style: t.string({ description: "`vivid` or `natural`, for older and compatible models." }),
    safetyIdentifier: t.string({ description: ABOUT.safetyIdentifier }),
    user: t.string({ description: ABOUT.user }),
    extraBody: t.field({
      type: "JSONObject",
      description:
        "Further fields of the request, for what the upstream supports and this schema does not, in the upstream's spelling, at most 256. Fields that this schema has are refused, and so is `svg`, which names another model. In production the operator allows it, or some names, by `EXTRA_BODY` or for a caller.",
    }),
  }),
});

builder.mutationField("imageGenerations", (t) =>
  t.field({
    type: ImagesResponse,
    description: "Makes images from a prompt.\n\nREST: `POST /images/generations`",
    args: { input: t.arg({ type: ImageGenerationsInput, required: true, description: "The request." }) },
    resolve: (_, { input }, { openai, signal, requestLimits }) =>
      createImages(openai, createGenerationRequest(input, requestLimits, false), signal),
  }),
);

builder.subscriptionField("imageGenerations", (t) =>
  t.field({
    type: ImageEvent,
    nullable: false,
    description:
      "Makes images from a prompt and returns each as soon as it is finished, after up to 3 unfinished ones. The stream completes only if all images that have begun are finished; otherwise it ends with an error.\n\nREST: `POST /images/generations` with `stream: true`",
    args: { input: t.arg({ type: ImageGenerationsInput, required: true, description: "The request." }) },
    subscribe: (_, { input }, { openai, signal, requestLimits }) =>
      streamCreatedImages(openai, createGenerationRequest(input, requestLimits, true), signal),
    resolve: (event) => event,
  }),
);

/** Builds the wire body. Throws BAD_USER_INPUT for input that is refused before any upstream call. */
function createGenerationRequest(
  input: typeof ImageGenerationsInput.$inferInput,
  limits: RequestLimits,
  isStream: boolean,
): ImageGenerationRequest {
  checkImageOptions(input, limits, isStream);
  return createRequest<ImageGenerationRequest>(
    {
      ...createImageOptions(input),
      style: input.style,
    },
    input.extraBody,
    limits,
  );
}
