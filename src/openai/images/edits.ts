// The adapter of image edits: POST /images/edits.
// https://platform.openai.com/docs/api-reference/images/createEdit
import type { ImageEditParamsBase } from "openai/resources/images";
import type { ChunkStream } from "../chunk-stream.ts";
import type { OpenAIClient } from "../client/client.ts";
import { defineEndpoint } from "../client/endpoint.ts";
import type { UploadSource } from "../client/uploads/streamed-file.ts";
import { createForm } from "../form.ts";
import { createImageParts, expectImages, type ImagesResponse } from "./answer.ts";
import { type ImageEvent, streamImages } from "./events.ts";

/** OpenAI's request fields that callers cannot set here, each with its reason. */
interface LeftOut {
  stream: "the server decides: a mutation asks for the whole answer, a subscription for the stream";
  svg: "it names a second model, which would escape the limits of models";
}

/** Fields that are typed here by hand: files, and what is newer than the `openai` package for Node 20. */
interface ByHand {
  background: string;
  complexity: string;
  frame_count: number;
  frame_duration_ms: number;
  image: readonly UploadSource[];
  input_fidelity: string;
  markup: UploadSource;
  mask: UploadSource;
  model: string;
  moderation: string;
  output_format: string;
  quality: string;
  response_format: string;
  safety_identifier: string;
  size: string;
}

type Params = Omit<ImageEditParamsBase, keyof LeftOut>;

/** The wire fields. One of OpenAI's that is neither here nor in LeftOut does not compile where they are built. */
export type ImageEditRequest = Omit<Params, keyof ByHand> & Pick<ByHand, "image"> & Partial<Omit<ByHand, "image">>;

export const IMAGE_EDITS = defineEndpoint({
  method: "POST",
  path: "/images/edits",
  modelIn: "body",
  isPaid: true,
  operationName: "image_edit",
  ...createImageParts("image_edit"),
});

/**
 * Uploads the images, one after another, and asks for changed ones. Not repeated once bytes of an image have left that is not
 * whole in memory. Throws OpenAIError, also if a 2xx holds no image, or what an image's own stream threw.
 */
export async function editImages(
  client: OpenAIClient,
  request: ImageEditRequest,
  signal: AbortSignal,
): Promise<ImagesResponse> {
  const body = await client.request({ endpoint: IMAGE_EDITS, multipart: createForm(request) }, signal);
  return expectImages(body, IMAGE_EDITS);
}

/** The same, with the images as they are made: see streamImages. */
export function streamEditedImages(
  client: OpenAIClient,
  request: ImageEditRequest,
  callerSignal: AbortSignal,
  onEnd: () => void,
): ChunkStream<ImageEvent> {
  const multipart = createForm({ ...request, stream: true });
  return streamImages(client, { endpoint: IMAGE_EDITS, multipart }, callerSignal, onEnd);
}
