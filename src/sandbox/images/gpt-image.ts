// Owns what the GPT image models have in common, whether they make or change a picture: names, sizes, tokens, the answer.
// https://platform.openai.com/docs/guides/image-generation
import { HttpError } from "../shared/http-error.ts";
import { unixSeconds } from "../shared/ids.ts";
import type { PictureSize } from "./unread-formats.ts";

export const gptModel = /^(?:gpt-image-|chatgpt-image-)/;
/** The model of a request that names none. */
export const defaultModel = "gpt-image-1";
export const gptQualities = ["auto", "low", "medium", "high"] as const;
export const backgrounds = ["auto", "opaque", "transparent"] as const;
/** Longest prompt, in characters. */
export const maxPromptLength = 32_000;

const fixedSizes = ["1024x1024", "1536x1024", "1024x1536"] as const;
type FixedSize = (typeof fixedSizes)[number];
/** Output tokens of one picture. https://platform.openai.com/docs/guides/image-generation#calculating-costs */
const outputTokens: Record<"low" | "medium" | "high", Record<FixedSize, number>> = {
  low: { "1024x1024": 272, "1024x1536": 408, "1536x1024": 400 },
  medium: { "1024x1024": 1056, "1024x1536": 1584, "1536x1024": 1568 },
  high: { "1024x1024": 4160, "1024x1536": 6240, "1536x1024": 6208 },
};
/** Output tokens of an unfinished picture. */
const partialImageTokens = 100;

/** What a GPT image model makes for one request. */
export interface GptPictures {
  /** `WIDTHxHEIGHT` */
  size: string;
  quality: "low" | "medium" | "high";
  background: "opaque" | "transparent";
  textTokens: number;
  imageTokens: number;
}

/** The size in pixels; `auto` is `automatic`. Throws 400 for one that the model does not have: gpt-image-2 has nearly all. */
export function readGptSize(model: string, size: string | undefined, automatic: FixedSize): string {
  if (size === undefined || size === "auto") return automatic;
  if (fixedSizes.some((fixed) => fixed === size)) return size;
  const [, width = 0, height = 0] = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/.exec(size)?.map(Number) ?? [];
  const longer = Math.max(width, height);
  const shorter = Math.min(width, height);
  const isEven = shorter > 0 && width % 16 === 0 && height % 16 === 0;
  const isFree = model.startsWith("gpt-image-2");
  if (isFree && isEven && longer <= shorter * 3 && longer <= 3_840 && shorter <= 2_160) return size;
  const rule = isFree
    ? "Width and height must be divisible by 16, at most 3840x2160, and at most three times each other."
    : "Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.";
  throw new HttpError(400, `Invalid value: '${size.slice(0, 200)}'. ${rule}`, {
    param: "size",
    code: "invalid_value",
  });
}

/** The fixed size whose shape is nearest. */
export function nearestSize({ width, height }: PictureSize): FixedSize {
  if (width > height * 1.2) return "1536x1024";
  return height > width * 1.2 ? "1024x1536" : "1024x1024";
}

/** Width and height of `WIDTHxHEIGHT`. */
export function dimensionsOf(size: string): PictureSize {
  const [width = 1024, height = 1024] = size.split("x").map(Number);
  return { width, height };
}

/** The sandbox encodes PNG alone. Throws 400 for any other format. */
export function refuseUnmade(format: string | null | undefined): void {
  if (format === undefined || format === null || format === "png") return;
  const message = "The sandbox makes PNG images only.";
  throw new HttpError(400, message, { param: "output_format", code: "invalid_value" });
}

/** The fields that tell what the pictures are. */
export function describePictures({ size, quality, background }: GptPictures) {
  return { background, output_format: "png", quality, size };
}

/** The whole answer. */
export function answerWith(images: readonly Buffer[], pictures: GptPictures): object {
  return {
    created: unixSeconds(),
    data: images.map((image) => ({ b64_json: image.toString("base64") })),
    ...describePictures(pictures),
    usage: {
      ...usageOf(pictures, images.length, 0),
      output_tokens_details: { image_tokens: tokensOfOne(pictures) * images.length, text_tokens: 0 },
    },
  };
}

/** The tokens of so many pictures. */
export function usageOf(pictures: GptPictures, count: number, partialCount: number) {
  const input = pictures.textTokens + pictures.imageTokens;
  const output = tokensOfOne(pictures) * count + partialImageTokens * partialCount;
  return {
    input_tokens: input,
    input_tokens_details: { image_tokens: pictures.imageTokens, text_tokens: pictures.textTokens },
    output_tokens: output,
    total_tokens: input + output,
  };
}

/** Those of a free size go by its pixels. */
function tokensOfOne({ size, quality }: GptPictures): number {
  const known = outputTokens[quality][size as FixedSize];
  const { width, height } = dimensionsOf(size);
  return known ?? Math.ceil((outputTokens[quality]["1024x1024"] * width * height) / 2 ** 20);
}
