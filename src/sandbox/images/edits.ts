// Owns POST /images/edits: the first uploaded picture, changed in a way that depends on the prompt. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/images/createEdit
import { HttpError } from "../shared/http-error.ts";
import { hashText, unixSeconds } from "../shared/ids.ts";
import type { Pace } from "../shared/pace.ts";
import { loadTokenizer } from "../shared/tokens.ts";
import { checkFieldNames, readChoice, readFiles, readImageCount, readInteger, readText } from "./form.ts";
import {
  answerWith,
  backgrounds,
  defaultModel,
  dimensionsOf,
  gptModel,
  gptQualities,
  maxPromptLength,
  nearestSize,
  readGptSize,
  refuseUnmade,
} from "./gpt-image.ts";
import { decodePng, encodePictures, invalidImage, type Pixels, readPngSize } from "./png.ts";
import { keepMasked, resize } from "./png-variation.ts";
import { streamPictures } from "./stream.ts";
import { type PictureSize, paint, readUnreadSize } from "./unread-formats.ts";
import { checkSquarePng, type ImageContext, imageEntry, makeVariations } from "./variations.ts";

const commonFields = ["image", "image[]", "mask", "prompt", "model", "n", "size", "quality", "user"];
const gptFields = [
  ...["markup", "background", "output_format", "output_compression", "input_fidelity", "moderation", "complexity"],
  ...["safety_identifier", "stream", "partial_images"],
];
const maxImages = 16;

/** One request to change a picture. */
interface Edit {
  image: Buffer;
  /** `WIDTHxHEIGHT` */
  size: string;
  prompt: string;
  count: number;
}

/** The edited pictures, or their events. Throws 400 in OpenAI's words, and the abort reason if the client leaves. */
export async function createImageEdits(
  form: FormData,
  context: ImageContext & Pace,
): Promise<object | AsyncIterable<{ type: string }>> {
  const model = readText(form, "model") ?? defaultModel;
  if (model === "dall-e-2") return editWithDallE(form, context);
  if (gptModel.test(model)) return editWithGptImage(model, form, context);
  const message = `Invalid value: '${model.slice(0, 200)}'. Value must be one of 'gpt-image-1' or 'dall-e-2'.`;
  throw new HttpError(400, message, { param: "model", code: "invalid_value" });
}

async function editWithDallE(form: FormData, context: ImageContext): Promise<object> {
  checkFieldNames(form, [...commonFields, "response_format"]);
  const prompt = readPrompt(form, 1_000);
  const size = readChoice(form, "size", ["1024x1024", "512x512", "256x256"]);
  const format = readChoice(form, "response_format", ["url", "b64_json"]);
  const count = readImageCount(form);
  const [image = Buffer.alloc(0)] = await readFiles(form, ["image", "image[]"]);
  checkSquarePng(image, "use a GPT image model, which takes JPEG, WebP and any shape");
  const edits = await encodePictures(await makeEdits(form, { image, size, prompt, count }, context.signal));
  return { created: unixSeconds(), data: edits.map((made) => imageEntry(made, format, context)) };
}

async function editWithGptImage(
  model: string,
  form: FormData,
  context: ImageContext & Pace,
): Promise<object | AsyncIterable<{ type: string }>> {
  checkFieldNames(form, [...commonFields, ...gptFields]);
  const prompt = readPrompt(form, maxPromptLength);
  const count = readImageCount(form);
  const quality = readChoice(form, "quality", gptQualities);
  const background = readChoice(form, "background", backgrounds);
  readChoice(form, "input_fidelity", ["low", "high"]);
  readChoice(form, "moderation", ["auto", "low"]);
  readChoice(form, "complexity", ["medium", "low", "high"]);
  readInteger(form, "output_compression", 0, 100);
  refuseUnmade(readChoice(form, "output_format", ["png", "jpeg", "webp"]));
  const isStream = readChoice(form, "stream", ["false", "true"]) === "true";
  const partialCount = readInteger(form, "partial_images", 0, 3) ?? 0;
  if (partialCount > 0 && !isStream) throw refuse("partial_images", "Only allowed when 'stream' is enabled.");
  if (form.has("mask") && form.has("markup")) throw refuse("markup", "'markup' cannot be combined with 'mask'.");
  const files = await readFiles(form, ["image", "image[]"]);
  if (files.length > maxImages) throw refuse("image", `Expected at most ${maxImages} images, got ${files.length}.`);
  const [image = Buffer.alloc(0)] = files;
  const dimensions = readSize(image);
  if (dimensions === null) throw invalidImage("Uploaded image must be a PNG, JPEG or WebP.", "image");
  const size = readGptSize(model, readText(form, "size"), nearestSize(dimensions));
  const edits = await makeEdits(form, { image, size, prompt, count }, context.signal);
  const made = {
    size,
    quality: quality === "auto" ? ("medium" as const) : quality,
    background: background === "transparent" ? ("transparent" as const) : ("opaque" as const),
    textTokens: (await loadTokenizer()).count(prompt),
    imageTokens: files.reduce((sum, file) => sum + inputTokens(readSize(file) ?? dimensions), 0),
  };
  if (isStream) return streamPictures("image_edit", edits, partialCount, made, context);
  return answerWith(await encodePictures(edits), made);
}

/** The first picture in the asked size, changed outside the mask's opaque parts. */
async function makeEdits(form: FormData, edit: Edit, signal: AbortSignal): Promise<AsyncIterable<Pixels>> {
  const { width, height } = dimensionsOf(edit.size);
  const unread = readUnreadSize(edit.image);
  const picture = unread === null ? await decodePng(edit.image, "image") : paint(edit.image, unread);
  const source = resize(picture, width, height);
  if (form.has("markup")) await readDrawing(form, "markup", width, height);
  const mask = form.has("mask") ? await readDrawing(form, "mask", width, height) : undefined;
  const finish = mask === undefined ? undefined : (varied: Pixels) => keepMasked(source, varied, mask);
  return makeVariations(source, edit.count, hashText(edit.prompt) % 10, signal, finish);
}

function readSize(image: Buffer): PictureSize | null {
  return readPngSize(image) ?? readUnreadSize(image);
}

async function readDrawing(form: FormData, name: string, width: number, height: number): Promise<Pixels> {
  const [drawing = Buffer.alloc(0)] = await readFiles(form, [name]);
  return resize(await decodePng(drawing, name), width, height);
}

function readPrompt(form: FormData, maxLength: number): string {
  const prompt = readText(form, "prompt");
  if (prompt === undefined) {
    const message = "Missing required parameter: 'prompt'.";
    throw new HttpError(400, message, { param: "prompt", code: "missing_required_parameter" });
  }
  if (prompt.length <= maxLength) return prompt;
  const message = `Invalid 'prompt': string too long. Expected a string with maximum length ${maxLength}, but got a string with length ${prompt.length} instead.`;
  throw new HttpError(400, message, { param: "prompt", code: "string_above_max_length" });
}

function refuse(param: string, message: string): HttpError {
  return new HttpError(400, message, { param, code: "invalid_value" });
}

/** 65 tokens, and 129 for each tile of 512 pixels after the shorter side is scaled to 512 pixels. */
function inputTokens({ width, height }: PictureSize): number {
  const shorter = Math.max(Math.min(width, height), 1);
  return 65 + 129 * Math.ceil(width / shorter) * Math.ceil(height / shorter);
}
