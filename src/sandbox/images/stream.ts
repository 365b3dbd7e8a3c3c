// Owns the events of a streamed image: the picture in coarse squares, then in finer ones, then as it is. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/images-streaming
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { unixSeconds } from "../shared/ids.ts";
import type { Pace } from "../shared/pace.ts";
import { describePictures, type GptPictures, usageOf } from "./gpt-image.ts";
import { encodePng, type Pixels } from "./png.ts";

/** Squares along the shorter side of the first unfinished picture; each further one has twice as many. */
const firstSquares = 8;
/** An unfinished picture takes as long as this many words. */
const wordsPerPicture = 10;

/** The events as text, each with its type as its name; OpenAI sends no `[DONE]` after them. */
export async function* imageEventPieces(events: AsyncIterable<{ type: string }>): AsyncGenerator<string> {
  for await (const event of events) yield `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The name by which the events go. */
export type ImageEventName = "image_generation" | "image_edit";

/**
 * The events of all pictures, one picture after another, each with its own usage, that of the input with the first. Throws the
 * abort reason if the client leaves.
 */
export async function* streamPictures(
  name: ImageEventName,
  pictures: AsyncIterable<Pixels>,
  partialCount: number,
  made: GptPictures,
  pace: Pace,
): AsyncGenerator<{ type: string }> {
  const pause = () => sleep(pace.delayMs * wordsPerPicture, undefined, { signal: pace.signal });
  let input: Pick<GptPictures, "textTokens" | "imageTokens"> = made;
  for await (const picture of pictures) {
    for (let index = 0; index < partialCount; index += 1) {
      await pause();
      const image = await encodePng(await inSquares(picture, firstSquares << index));
      const type = `${name}.partial_image`;
      yield { ...imageEvent(type, image, made), partial_image_index: index } as { type: string };
    }
    await pause();
    const usage = usageOf({ ...made, ...input }, 1, partialCount);
    yield { ...imageEvent(`${name}.completed`, await encodePng(picture), made), usage } as { type: string };
    input = { textTokens: 0, imageTokens: 0 };
  }
}

function imageEvent(type: string, image: Buffer, made: GptPictures) {
  return { type, b64_json: image.toString("base64"), created_at: unixSeconds(), ...describePictures(made) };
}

/** The picture in squares of one colour each, `count` of them along its shorter side. */
async function inSquares({ width, height, data }: Pixels, count: number): Promise<Pixels> {
  await setImmediate();
  const side = Math.max(Math.floor(Math.min(width, height) / count), 1);
  const source = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const squares = new Uint32Array(width * height);
  for (let top = 0; top < height; top += side) {
    const middle = Math.min(top + (side >> 1), height - 1) * width;
    const row = squares.subarray(top * width, (top + 1) * width);
    for (let left = 0; left < width; left += side) {
      row.fill(source[middle + Math.min(left + (side >> 1), width - 1)] ?? 0, left, left + side);
    }
    for (let next = top + 1; next < Math.min(top + side, height); next += 1) squares.set(row, next * width);
  }
  return { width, height, data: new Uint8Array(squares.buffer) };
}
