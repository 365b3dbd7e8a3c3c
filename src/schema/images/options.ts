// What the inputs that make and change images have in common: their enums, and the checks of their fields.
import { builder } from "../shared/builder.ts";
import { checkModelName, checkRanges, checkTextLength, refuse } from "../shared/checks.ts";
import type { RequestLimits } from "../shared/context.ts";

export const ImageQuality = builder.enumType("ImageQuality", {
  description: "How fine an image is. Models differ in what they have.",
  values: {
    AUTO: { value: "auto", description: "The model decides." },
    LOW: { value: "low", description: "A draft." },
    MEDIUM: { value: "medium", description: "Good." },
    HIGH: { value: "high", description: "Fine." },
    XHIGH: { value: "xhigh", description: "Finer. For the newest models." },
    MAX: { value: "max", description: "The finest. For the newest models." },
    STANDARD: { value: "standard", description: "For older models." },
    HD: { value: "hd", description: "Fine. For older models." },
  },
});

export const ImageBackground = builder.enumType("ImageBackground", {
  description: "What is behind the subject of an image.",
  values: {
    AUTO: { value: "auto", description: "The model decides." },
    OPAQUE: { value: "opaque", description: "A background." },
    TRANSPARENT: { value: "transparent", description: "Nothing. For PNG and WebP." },
  },
});

export const ImageOutputFormat = builder.enumType("ImageOutputFormat", {
  description: "The file format of an image.",
  values: {
    PNG: { value: "png", description: "PNG." },
    JPEG: { value: "jpeg", description: "JPEG." },
    WEBP: { value: "webp", description: "WebP." },
    GIF: { value: "gif", description: "An animated GIF. For the newest models." },
    SVG: { value: "svg", description: "SVG. For the newest models." },
  },
});

export const ImageModeration = builder.enumType("ImageModeration", {
  description: "How strictly the upstream filters what an image shows.",
  values: {
    AUTO: { value: "auto", description: "As usual." },
    LOW: { value: "low", description: "Less strictly." },
  },
});

export const ImageFidelity = builder.enumType("ImageFidelity", {
  description: "How closely an edit keeps to the given images.",
  values: {
    HIGH: { value: "high", description: "Faces and details stay." },
    LOW: { value: "low", description: "Roughly." },
  },
});

export const ImageComplexity = builder.enumType("ImageComplexity", {
  description: "How much the model plans before it draws.",
  values: {
    LOW: { value: "low", description: "Little." },
    MEDIUM: { value: "medium", description: "Some." },
    HIGH: { value: "high", description: "Much." },
  },
});

export const ImageResponseFormat = builder.enumType("ImageResponseFormat", {
  description: "How the images are returned.",
  values: {
    URL: { value: "url", description: "As URLs." },
    B64_JSON: { value: "b64_json", description: "As base64." },
  },
});

/** Descriptions of fields that several inputs have. */
export const ABOUT = {
  model: "Null leaves the choice to the upstream.",
  n: "How many images, 1 to 10. Each one is billed.",
  size: "The images' size in pixels, such as `1536x1024`, or `auto`.",
  quality: "How fine the images are.",
  background: "What is behind the images' subjects.",
  outputFormat: "The images' file format.",
  outputCompression: "How much a JPEG or WebP keeps of its quality, 0 to 100.",
  partialImages:
    "How many unfinished images to show before each finished one, 0 to 3. Each one is billed. For subscriptions only.",
  moderation: "How strictly the upstream filters the images.",
  complexity: "How much the model plans before it draws.",
  frameCount: "How many frames a GIF has, 2 to 16.",
  frameDurationMs: "How long each frame of a GIF stands, in milliseconds.",
  safetyIdentifier: "A stable id of the end user, hashed, for the upstream's abuse detection.",
  user: "An id of the end user. OpenAI replaces it by `safetyIdentifier`.",
} as const;

/** A GIF has 16 bits for a frame's duration, in hundredths of a second. */
const MAX_FRAME_MS = 655_350;

type Text = string | null | undefined;
type Count = number | null | undefined;

/** The fields that several inputs have. */
interface Options {
  readonly prompt: string;
  readonly model?: Text;
  readonly n?: Count;
  readonly size?: Text;
  readonly quality?: Text;
  readonly background?: Text;
  readonly outputFormat?: Text;
  readonly outputCompression?: Count;
  readonly partialImages?: Count;
  readonly moderation?: Text;
  readonly complexity?: Text;
  readonly frameCount?: Count;
  readonly frameDurationMs?: Count;
  readonly responseFormat?: Text;
  readonly safetyIdentifier?: Text;
  readonly user?: Text;
}

/** Throws BAD_USER_INPUT for a field that is out of its range, and for unfinished images of a call that does not stream. */
export function checkImageOptions(input: Options, { maxN }: RequestLimits, isStream: boolean): void {
  if (typeof input.model === "string") checkModelName("input.model", input.model);
  checkTextLength("input.prompt", input.prompt, [1, 32_000]);
  if (!isStream && typeof input.partialImages === "number") {
    refuse("input.partialImages", "must not be given in a mutation: only the subscription shows unfinished images.");
  }
  checkRanges(input, {
    n: [1, Math.min(10, maxN)],
    outputCompression: [0, 100],
    partialImages: [0, 3],
    frameCount: [2, 16],
    frameDurationMs: [0, MAX_FRAME_MS],
  });
}

/** Those fields as OpenAI spells them. */
export function createImageOptions(input: Options) {
  return {
    prompt: input.prompt,
    model: input.model,
    n: input.n,
    size: input.size,
    quality: input.quality,
    background: input.background,
    output_format: input.outputFormat,
    output_compression: input.outputCompression,
    partial_images: input.partialImages,
    moderation: input.moderation,
    complexity: input.complexity,
    frame_count: input.frameCount,
    frame_duration_ms: input.frameDurationMs,
    response_format: input.responseFormat,
    safety_identifier: input.safetyIdentifier,
    user: input.user,
  };
}
