// What the image endpoints have in common: their answer, what a call may cost, and what it did cost.
// https://platform.openai.com/docs/api-reference/images/object
import type { Image as OpenAIImage, ImagesResponse as OpenAIImagesResponse } from "openai/resources/images";
import { isRecord, type Unchecked } from "../../json/json.ts";
import { expectAnswer } from "../client/answer.ts";
import type { Endpoint, Normalise, PaidEndpoint, TokenEstimate, UpstreamRequest } from "../client/endpoint.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import { type ImageEventName, imageOf, isPartial, nameEvent, picturesIn } from "./events.ts";
import { GatheredImages, ImageProgress, ImagesEnd } from "./progress.ts";
import { createUsageSum, readUsageSoFar } from "./usage-sum.ts";

/** An answer with at least one image; every other field as the upstream sent it. */
export type ImagesResponse = Unchecked<OpenAIImagesResponse>;
/** One image as the upstream sent it. */
export type Image = Unchecked<OpenAIImage>;
export type ImagesUsage = Unchecked<OpenAIImagesResponse.Usage>;
/** The tokens of a request's images, or of its answer's, by kind. */
export type ImageTokensDetails = Unchecked<OpenAIImagesResponse.Usage.InputTokensDetails>;

/** The most expensive picture of a GPT image model, 1024 × 1536 at high quality, with its part of the input. */
const TOKENS_PER_IMAGE = 8_000;
/** https://platform.openai.com/docs/guides/image-generation#partial-images-cost */
const TOKENS_PER_PARTIAL_IMAGE = 100;

/** What the endpoints that make or change images have in common: see PaidEndpoint. Their events are called after `name`. */
export function createImageParts(name: ImageEventName) {
  return {
    estimate: estimateImages,
    createEventNormaliser: () => createEventNormaliser(name),
    normalise: putPictures,
    toEvent(answer) {
      if (!isRecord(answer) || picturesIn(answer).length === 0)
        throw new OpenAIError("invalid_response", "The upstream's answer holds no image.");
      nameEvent(answer, name);
      return answer;
    },
    gather: (normalise, request) => new GatheredImages(normalise, countImages(request)),
    followEnd: (request) => new ImagesEnd(countImages(request)),
    readUsage: readUsageSoFar,
    countOutput,
    hasOutput: (event) => picturesIn(event).length > 0,
    followStream: (images) => new ImageProgress(images),
    hidesOutput: true,
    hasLargeEvents: true,
  } satisfies Partial<PaidEndpoint>;
}

function createEventNormaliser(name: ImageEventName): Normalise {
  const addUp = createUsageSum();
  return (event) => {
    nameEvent(event, name);
    addUp(event);
  };
}

/** The answer of an image endpoint. Throws OpenAIError if it holds no image. */
export function expectImages(body: unknown, endpoint: Endpoint): ImagesResponse {
  return expectAnswer<OpenAIImagesResponse>(body, "data", endpoint);
}

/** Some servers answer as they end a stream: with the picture itself, or with one in place of a list. */
function putPictures(answer: Record<string, unknown>): void {
  if (Array.isArray(answer.data)) return;
  const pictures = picturesIn(answer);
  if (pictures.length > 0) answer.data = pictures.map(imageOf);
}

/** How many pictures a request asks for. */
function countImages({ json, multipart }: UpstreamRequest): number {
  return Math.max(1, readNumber(multipart ?? json, "n", 1));
}

/** What a call may cost that makes GPT image models work. */
export function estimateImages(request: UpstreamRequest): TokenEstimate {
  const choices = countImages(request);
  const partialImages = readNumber(request.multipart ?? request.json, "partial_images", 0);
  const output = choices * (TOKENS_PER_IMAGE + TOKENS_PER_PARTIAL_IMAGE * partialImages);
  return { prompt: 0, output, choices, isCapped: true };
}

/** A field of a JSON body or of a form, where numbers are text. */
function readNumber(body: unknown, name: string, otherwise: number): number {
  const value = isRecord(body) ? body[name] : undefined;
  const number = Number(value ?? otherwise);
  return Number.isFinite(number) ? number : otherwise;
}

/** In one event. Undefined: there is no picture in it, or it is a whole answer, which may lack pictures that were made. */
function countOutput(event: unknown): number | undefined {
  const pictures = isRecord(event) && typeof event.type === "string" ? picturesIn(event) : [];
  if (pictures.length === 0) return undefined;
  return pictures.length * (isPartial(event) ? TOKENS_PER_PARTIAL_IMAGE : TOKENS_PER_IMAGE);
}
