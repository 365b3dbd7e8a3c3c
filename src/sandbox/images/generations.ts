// Owns POST /images/generations: pictures drawn by the prompt, whole or streamed. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/images/create
import * as zod from "zod";
import { HttpError } from "../shared/http-error.ts";
import { unixSeconds } from "../shared/ids.ts";
import type { Pace } from "../shared/pace.ts";
import { integer, parseRequest } from "../shared/request-schema.ts";
import { loadTokenizer } from "../shared/tokens.ts";
import { drawPicture } from "./drawing.ts";
import {
  answerWith,
  backgrounds,
  defaultModel,
  dimensionsOf,
  gptModel,
  gptQualities,
  maxPromptLength,
  readGptSize,
  refuseUnmade,
} from "./gpt-image.ts";
import { encodePictures, type Pixels } from "./png.ts";
import { streamPictures } from "./stream.ts";
import { type ImageContext, imageEntry } from "./variations.ts";

const common = { model: zod.string().nullish(), user: zod.string().nullish(), n: integer(1, 10) };

const gptRequest = zod.strictObject({
  ...common,
  prompt: zod.string().min(1).max(maxPromptLength),
  size: zod.string().nullish(),
  quality: zod.enum(gptQualities).nullish(),
  background: zod.enum(backgrounds).nullish(),
  output_format: zod.enum(["png", "jpeg", "webp"]).nullish(),
  output_compression: integer(0, 100),
  moderation: zod.enum(["auto", "low"]).nullish(),
  complexity: zod.enum(["low", "medium", "high"]).nullish(),
  safety_identifier: zod.string().max(64).nullish(),
  stream: zod.boolean().nullish(),
  partial_images: integer(0, 3),
});

const dallE = {
  "dall-e-2": zod.strictObject({
    ...common,
    prompt: zod.string().min(1).max(1_000),
    size: zod.enum(["1024x1024", "512x512", "256x256"]).nullish(),
    quality: zod.enum(["standard"]).nullish(),
    response_format: zod.enum(["url", "b64_json"]).nullish(),
  }),
  "dall-e-3": zod.strictObject({
    ...common,
    n: integer(1, 1),
    prompt: zod.string().min(1).max(4_000),
    size: zod.enum(["1024x1024", "1792x1024", "1024x1792"]).nullish(),
    quality: zod.enum(["standard", "hd"]).nullish(),
    style: zod.enum(["vivid", "natural"]).nullish(),
    response_format: zod.enum(["url", "b64_json"]).nullish(),
  }),
};

/** The pictures, or their events. Throws 400 in OpenAI's words, and the abort reason if the client leaves. */
export async function createImages(
  body: Record<string, unknown>,
  context: ImageContext & Pace,
): Promise<object | AsyncIterable<{ type: string }>> {
  const model = body.model ?? defaultModel;
  if (model === "dall-e-2" || model === "dall-e-3") return createWithDallE(model, body, context);
  if (typeof model === "string" && !gptModel.test(model)) {
    const message = `Invalid value: '${model.slice(0, 200)}'. Value must be one of 'gpt-image-1', 'gpt-image-1-mini', 'gpt-image-2', 'dall-e-2' or 'dall-e-3'.`;
    throw new HttpError(400, message, { param: "model", code: "invalid_value" });
  }
  const request = parseRequest(gptRequest, body);
  refuseUnmade(request.output_format);
  const size = readGptSize(String(model), request.size ?? undefined, "1024x1024");
  const quality = request.quality ?? "auto";
  const made = {
    size,
    quality: quality === "auto" ? ("medium" as const) : quality,
    background: request.background === "transparent" ? ("transparent" as const) : ("opaque" as const),
    textTokens: (await loadTokenizer()).count(request.prompt),
    imageTokens: 0,
  };
  const pictures = draw(request.prompt, request.n ?? 1, size, made.background === "opaque", context.signal);
  if (request.stream === true) {
    return streamPictures("image_generation", pictures, request.partial_images ?? 0, made, context);
  }
  if (request.partial_images) {
    const message = "The 'partial_images' parameter is only allowed when 'stream' is enabled.";
    throw new HttpError(400, message, { param: "partial_images", code: "invalid_value" });
  }
  return answerWith(await encodePictures(pictures), made);
}

async function createWithDallE(
  model: keyof typeof dallE,
  body: Record<string, unknown>,
  context: ImageContext,
): Promise<object> {
  const { prompt, n, size, response_format } = parseRequest(dallE[model], body);
  const images = await encodePictures(draw(prompt, n ?? 1, size ?? "1024x1024", true, context.signal));
  const revised = model === "dall-e-3" ? { revised_prompt: `${prompt}, as the sandbox draws it` } : {};
  const data = images.map((image) => ({ ...revised, ...imageEntry(image, response_format ?? "url", context) }));
  return { created: unixSeconds(), data };
}

async function* draw(
  prompt: string,
  count: number,
  size: string,
  hasBackground: boolean,
  signal: AbortSignal,
): AsyncGenerator<Pixels> {
  for (let index = 0; index < count; index += 1) {
    yield await drawPicture(prompt, index, dimensionsOf(size), hasBackground, signal);
  }
}
