// The adapter of image generation: POST /images/generations.
// https://platform.openai.com/docs/api-reference/images/create
import type { ImageGenerateParamsBase } from "openai/resources/images";
import type { ChunkStream } from "../chunk-stream.ts";
import type { OpenAIClient } from "../client/client.ts";
import { defineEndpoint } from "../client/endpoint.ts";
import { createImageParts, expectImages, type ImagesResponse } from "./answer.ts";
import { type ImageEvent, streamImages } from "./events.ts";

/** OpenAI's request fields that callers cannot set here, each with its reason. */
interface LeftOut {
  stream: "the server decides: a mutation asks for the whole answer, a subscription for the stream";
  svg: "it names a second model, which would escape the limits of models";
}

/** Fields that are typed here by hand: they, or their values, are newer than the `openai` package for Node 20. */
interface ByHand {
  background: string;
  complexity: string;
  frame_count: number;
  frame_duration_ms: number;
  model: string;
  moderation: string;
  output_format: string;
  quality: string;
  response_format: string;
  safety_identifier: string;
  size: string;
  style: string;
}

type Params = Omit<ImageGenerateParamsBase, keyof LeftOut>;

/** The wire body. A field of OpenAI's that is neither here nor in LeftOut does not compile where the body is built. */
export type ImageGenerationRequest = Omit<Params, keyof ByHand> & Partial<ByHand>;

export const IMAGE_GENERATIONS = defineEndpoint({
  method: "POST",
  path: "/images/generations",
  modelIn: "body",
  isPaid: true,
  operationName: "image_generation",
  ...createImageParts("image_generation"),
});

/** Asks for images. Throws OpenAIError, also if a 2xx holds no image. */
export async function createImages(
  client: OpenAIClient,
  request: ImageGenerationRequest,
  signal: AbortSignal,
): Promise<ImagesResponse> {
  const body = await client.request({ endpoint: IMAGE_GENERATIONS, json: request }, signal);
  return expectImages(body, IMAGE_GENERATIONS);
}

/** Asks for images as they are made: see streamImages. */
export function streamCreatedImages(
  client: OpenAIClient,
  request: ImageGenerationRequest,
  callerSignal: AbortSignal,
): ChunkStream<ImageEvent> {
  const json = { ...request, stream: true };
  return streamImages(client, { endpoint: IMAGE_GENERATIONS, json }, callerSignal);
}
