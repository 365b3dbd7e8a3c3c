// Owns POST /images/edits: the first uploaded picture, changed in a way that depends on the prompt. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/images/createEdit
import { HttpError } from "../shared/http-error.ts";
import { hashText, unixSeconds } from "../shared/ids.ts";
import { loadTokenizer } from "../shared/tokens.ts";
import { checkFieldNames, readChoice, readFiles, readImageCount, readText } from "./form.ts";
import { decodePng, invalidImage, type Pixels, readPngSize } from "./png.ts";
import { keepMasked, resize } from "./png-variation.ts";
import { type PictureSize, paint, readUnreadSize } from "./unread-formats.ts";
import { checkSquarePng, type ImageContext, imageEntry, makeVariations } from "./variations.ts";

const commonFields = ["image", "image[]", "mask", "prompt", "model", "n", "size", "quality", "user"];
const gptFields = ["background", "output_format", "output_compression", "input_fidelity", "stream", "partial_images"];
const gptSizes = ["auto", "1024x1024", "1536x1024", "1024x1536"] as const;
/** Output tokens of one picture. https://platform.openai.com/docs/guides/image-generation#calculating-costs */
const outputTokens = {
  low: { "1024x1024": 272, "1024x1536": 408, "1536x1024": 400 },
  medium: { "1024x1024": 1056, "1024x1536": 1584, "1536x1024": 1568 },
  high: { "1024x1024": 4160, "1024x1536": 6240, "1536x1024": 6208 },
};

/** The edited pictures. Throws 400 in OpenAI's words, and the abort reason if the client leaves. */
export async function createImageEdits(form: FormData, context: ImageContext): Promise<object> {
  const model = readText(form, "model") ?? "gpt-image-1";
  if (model === "dall-e-2") return editWithDallE(form, context);
  if (/^(gpt-image-|chatgpt-image-)/.test(model)) return editWithGptImage(form, context);
  const message = `Invalid value: '${model.slice(0, 200)}'. Value must be one of 'gpt-image-1' or 'dall-e-2'.`;
  throw new HttpError(400, message, { param: "model", code: "invalid_value" });
}

async function editWithDallE(form: FormData, context: ImageContext): Promise<object> {
  checkFieldNames(form, [...commonFields, "response_format"]);
  const prompt = readPrompt(form);
  const size = readChoice(form, "size", ["1024x1024", "512x512", "256x256"]);
  const format = readChoice(form, "response_format", ["url", "b64_json"]);
  const count = readImageCount(form);
  const [image = Buffer.alloc(0)] = await readFiles(form, ["image", "image[]"]);
  checkSquarePng(image, "use a GPT image model, which takes JPEG, WebP and any shape");
  const edits = await makeEdits(form, { image, size, prompt, count }, context);
  return { created: unixSeconds(), data: edits.map((made) => imageEntry(made, format, context)) };
}

async function editWithGptImage(form: FormData, context: ImageContext): Promise<object> {
  checkFieldNames(form, [...commonFields, ...gptFields]);
  const prompt = readPrompt(form);
  const count = readImageCount(form);
  const wantedSize = readChoice(form, "size", gptSizes);
  const wantedQuality = readChoice(form, "quality", ["auto", "low", "medium", "high"]);
  const background = readChoice(form, "background", ["auto", "opaque", "transparent"]);
  refuseUnmade(form);
  const files = await readFiles(form, ["image", "image[]"]);
  const [image = Buffer.alloc(0)] = files;
  const dimensions = readSize(image);
  if (dimensions === null) throw invalidImage("Uploaded image must be a PNG, JPEG or WebP.", "image");
  const size = wantedSize === "auto" ? nearestSize(dimensions) : wantedSize;
  const quality = wantedQuality === "auto" ? "medium" : wantedQuality;
  const edits = await makeEdits(form, { image, size, prompt, count }, context);
  const textTokens = (await loadTokenizer()).count(prompt);
  const imageTokens = files.reduce((sum, file) => sum + inputTokens(readSize(file) ?? dimensions), 0);
  const total = outputTokens[quality][size] * count;
  return {
    created: unixSeconds(),
    background: background === "auto" ? "opaque" : background,
    data: edits.map((made) => imageEntry(made, "b64_json", context)),
    output_format: "png",
    quality,
    size,
    usage: {
      input_tokens: textTokens + imageTokens,
      input_tokens_details: { image_tokens: imageTokens, text_tokens: textTokens },
      output_tokens: total,
      total_tokens: textTokens + imageTokens + total,
    },
  };
}

async function makeEdits(
  form: FormData,
  edit: { image: Buffer; size: string; prompt: string; count: number },
  context: ImageContext,
): Promise<Buffer[]> {
  const [width = 1024, height = 1024] = edit.size.split("x").map(Number);
  const unread = readUnreadSize(edit.image);
  const picture = unread === null ? await decodePng(edit.image, "image") : paint(edit.image, unread);
  const source = resize(picture, width, height);
  const mask = form.has("mask") ? await readMask(form, width, height) : undefined;
  const finish = mask === undefined ? undefined : (varied: Pixels) => keepMasked(source, varied, mask);
  return makeVariations(source, edit.count, hashText(edit.prompt) % 10, context.signal, finish);
}

function readSize(image: Buffer): PictureSize | null {
  return readPngSize(image) ?? readUnreadSize(image);
}

async function readMask(form: FormData, width: number, height: number): Promise<Pixels> {
  const [mask = Buffer.alloc(0)] = await readFiles(form, ["mask"]);
  return resize(await decodePng(mask, "mask"), width, height);
}

function readPrompt(form: FormData): string {
  const prompt = readText(form, "prompt");
  if (prompt !== undefined) return prompt.slice(0, 32_000);
  const message = "Missing required parameter: 'prompt'.";
  throw new HttpError(400, message, { param: "prompt", code: "missing_required_parameter" });
}

function refuseUnmade(form: FormData): void {
  const refuse = (param: string, message: string) => new HttpError(400, message, { param, code: "invalid_value" });
  if (readChoice(form, "output_format", ["png", "jpeg", "webp"]) !== "png") {
    throw refuse("output_format", "The sandbox makes PNG images only.");
  }
  if (readChoice(form, "stream", ["false", "true"]) === "true") {
    throw refuse("stream", "The sandbox does not stream images.");
  }
}

function nearestSize({ width, height }: PictureSize): "1024x1024" | "1536x1024" | "1024x1536" {
  if (width > height * 1.2) return "1536x1024";
  return height > width * 1.2 ? "1024x1536" : "1024x1024";
}

/** 65 tokens, and 129 for each tile of 512 pixels after the shorter side is scaled to 512 pixels. */
function inputTokens({ width, height }: PictureSize): number {
  const shorter = Math.max(Math.min(width, height), 1);
  return 65 + 129 * Math.ceil(width / shorter) * Math.ceil(height / shorter);
}
