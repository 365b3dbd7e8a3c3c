// Owns POST /images/variations: n copies of the uploaded picture, each visibly changed. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/images/createVariation
import { setImmediate } from "node:timers/promises";
import { unixSeconds } from "../shared/ids.ts";
import { checkFieldNames, readChoice, readFiles, readImageCount } from "./form.ts";
import { decodePng, encodePictures, invalidImage, type Pixels, readPngSize } from "./png.ts";
import { resize, vary } from "./png-variation.ts";

const maxImageBytes = 4 * 1024 * 1024;

/** What an image endpoint needs from the server. */
export interface ImageContext {
  /** Keeps an image and yields its URL. */
  publish(image: Buffer): string;
  /** Aborted when the client has left. */
  signal: AbortSignal;
}

/** The variations as URLs or base64. Throws 400 in OpenAI's words, and the abort reason if the client leaves. */
export async function createImageVariations(form: FormData, context: ImageContext): Promise<object> {
  checkFieldNames(form, ["image", "model", "n", "response_format", "size", "user"]);
  readChoice(form, "model", ["dall-e-2"]);
  const size = Number.parseInt(readChoice(form, "size", ["1024x1024", "512x512", "256x256"]), 10);
  const format = readChoice(form, "response_format", ["url", "b64_json"]);
  const count = readImageCount(form);
  const [image = Buffer.alloc(0)] = await readFiles(form, ["image"]);
  checkSquarePng(
    image,
    "set IMAGE_VARIATIONS_VIA=edits on the server in front, which then takes JPEG, WebP and any shape",
  );
  const source = resize(await decodePng(image, "image"), size, size);
  const images = await encodePictures(makeVariations(source, count, 0, context.signal));
  return { created: unixSeconds(), data: images.map((made) => imageEntry(made, format, context)) };
}

/** Throws OpenAI's 400 unless the bytes are a square PNG below 4 MB. `otherwise` is what helps for any other picture. */
export function checkSquarePng(image: Buffer, otherwise: string): void {
  const size = readPngSize(image);
  const remedy = `Upload a square PNG of less than 4 MB, or ${otherwise}.`;
  if (size === null || image.length >= maxImageBytes) {
    throw invalidImage(`Uploaded image must be a PNG and less than 4 MB. ${remedy}`, "image");
  }
  if (size.width !== size.height) throw invalidImage(`Uploaded image must be square. ${remedy}`, "image");
}

/** The picture so many times, each changed in the next way. Lets other requests run in between. Throws the abort reason. */
export async function* makeVariations(
  source: Pixels,
  count: number,
  firstWay: number,
  signal: AbortSignal,
  finish: (varied: Pixels) => Pixels = (varied) => varied,
): AsyncGenerator<Pixels> {
  for (let index = 0; index < count; index += 1) {
    await setImmediate(undefined, { signal });
    const varied = finish(vary(source, firstWay + index));
    await setImmediate(undefined, { signal });
    yield varied;
  }
}

/** One entry of `data`, as a URL of the sandbox or as base64. */
export function imageEntry(image: Buffer, format: "url" | "b64_json", context: ImageContext): object {
  return format === "url" ? { url: context.publish(image) } : { b64_json: image.toString("base64") };
}
