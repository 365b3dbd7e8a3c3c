// The adapter of image variations: POST /images/variations, or POST /images/edits if the upstream has retired it.
// https://platform.openai.com/docs/api-reference/images/createVariation
// https://platform.openai.com/docs/api-reference/images/createEdit
import type { ImageCreateVariationParams, ImageEditParamsBase } from "openai/resources/images";
import type { OpenAIClient } from "../client/client.ts";
import { defineEndpoint } from "../client/endpoint.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import { StreamedFile, type UploadSource } from "../client/uploads/streamed-file.ts";
import { createImageParts, estimateImages, expectImages, type ImagesResponse } from "./answer.ts";
import { IMAGE_EDITS } from "./edits.ts";

/** Which endpoint serves image variations. `edits` needs a model and a prompt; a variation has neither. */
export type ImageVariationsRoute = { via: "variations" } | { via: "edits"; model: string; prompt: string };

/** The wire fields of a variation. One of OpenAI's that is missing does not compile where the request is built. */
export type ImageVariationRequest = {
  [Key in keyof ImageCreateVariationParams]: Key extends "image"
    ? UploadSource
    : Key extends "size" | "model"
      ? string
      : ImageCreateVariationParams[Key];
};

/** OpenAI's fields of an edit that a variation does not have, each with its reason. */
interface LeftOutOfEdits {
  background: "the upstream's default: as close to the original as the model makes it";
  input_fidelity: "as background";
  mask: "a variation has no mask";
  output_compression: "as background";
  output_format: "as background";
  partial_images: "not streamed";
  quality: "as background";
  response_format: "GPT image models answer base64 only and refuse it";
  stream: "not streamed";
}

/** The wire fields of an edit in place of a variation. One of OpenAI's that is in neither list does not compile. */
type ImageEditFields = {
  [Key in Exclude<keyof ImageEditParamsBase, keyof LeftOutOfEdits>]-?: string | StreamedFile | undefined;
};

/** The models that make variations are not billed by tokens. */
export const IMAGE_VARIATIONS = defineEndpoint({
  method: "POST",
  path: "/images/variations",
  modelIn: "body",
  isPaid: true,
  operationName: "image_variation",
  ...createImageParts("image_generation"),
  estimate: (request) => ({ ...estimateImages(request), output: 0 }),
});

const RETIRED =
  "OpenAI retired POST /images/variations (dall-e-2) on 2026-05-12. Set IMAGE_VARIATIONS_VIA=edits on this server to serve imageVariations by POST /images/edits with a GPT image model, or point OPENAI_BASE_URL at a server that has the endpoint.";

/**
 * Uploads the image and asks for variations of it. Not repeated once bytes of the image have left, unless it is whole in memory.
 * Throws OpenAIError, or what the image's own stream threw.
 */
export async function createImageVariation(
  client: OpenAIClient,
  request: ImageVariationRequest,
  route: ImageVariationsRoute,
  signal: AbortSignal,
): Promise<ImagesResponse> {
  const { image, model, n, size, response_format, user } = request;
  const common = { n: n?.toString(), size, user };
  // The file part comes last: an upstream that checks the fields first can refuse before the bytes come.
  const file = new StreamedFile(image);
  if (route.via === "edits") {
    const multipart: ImageEditFields = { model: model ?? route.model, prompt: route.prompt, ...common, image: file };
    const body = await client.request({ endpoint: IMAGE_EDITS, multipart }, signal);
    return expectImages(body, IMAGE_EDITS);
  }
  const multipart: { [Key in keyof Required<ImageVariationRequest>]: string | StreamedFile | undefined } = {
    model,
    ...common,
    response_format: response_format ?? undefined,
    image: file,
  };
  try {
    const body = await client.request({ endpoint: IMAGE_VARIATIONS, multipart }, signal);
    return expectImages(body, IMAGE_VARIATIONS);
  } catch (error) {
    if (!(error instanceof OpenAIError) || error.details.status !== 404) throw error;
    throw new OpenAIError("status", `${error.message} ${RETIRED}`, error.details, error);
  }
}
