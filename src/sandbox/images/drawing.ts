// Owns drawing a picture for a prompt: discs before a gradient, in the colours that the prompt names. Knows no file format.
import { setImmediate } from "node:timers/promises";
import { hashText } from "../shared/ids.ts";
import type { Pixels } from "./png.ts";
import type { PictureSize } from "./unread-formats.ts";

type Color = readonly [red: number, green: number, blue: number];

const colors: Readonly<Record<string, Color>> = {
  black: [24, 24, 27],
  blue: [37, 99, 235],
  brown: [133, 77, 14],
  cyan: [6, 182, 212],
  gold: [234, 179, 8],
  gray: [113, 113, 122],
  green: [22, 163, 74],
  grey: [113, 113, 122],
  lime: [132, 204, 22],
  magenta: [217, 70, 239],
  navy: [30, 58, 138],
  orange: [249, 115, 22],
  pink: [244, 114, 182],
  purple: [147, 51, 234],
  red: [220, 38, 38],
  silver: [190, 190, 200],
  teal: [13, 148, 136],
  turquoise: [45, 212, 191],
  violet: [124, 58, 237],
  white: [250, 250, 250],
  yellow: [250, 204, 21],
};
const palette = Object.values(colors);
const mostNamed = 8;
/** So many rows are drawn before other requests have their turn. */
const rowsPerTurn = 256;

/**
 * The picture of a prompt; the same prompt has the same one, and each `index` another. Without a background it is transparent
 * between the discs. Lets other requests run in between. Throws the abort reason.
 */
export async function drawPicture(
  prompt: string,
  index: number,
  { width, height }: PictureSize,
  hasBackground: boolean,
  signal: AbortSignal,
): Promise<Pixels> {
  const chance = createChance(hashText(`${index} ${prompt}`));
  const chosen = chooseColors(prompt, chance);
  const [top = palette[0] as Color, ...others] = chosen;
  const bottom = others.at(-1) ?? top;
  const pixels = new Uint32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    if (row % rowsPerTurn === 0) await setImmediate(undefined, { signal });
    const color = hasBackground ? mix(top, bottom, row / height) : 0;
    pixels.fill(color, row * width, (row + 1) * width);
  }
  const discCount = 4 + Math.floor(chance() * 5);
  const shorter = Math.min(width, height);
  for (let disc = 0; disc < discCount; disc += 1) {
    await setImmediate(undefined, { signal });
    // The colours that the prompt names first show in front.
    const color = chosen[(discCount - 1 - disc) % chosen.length] ?? top;
    const radius = shorter * (0.08 + chance() * 0.22);
    const shade = 0.75 + chance() * 0.5;
    fillDisc(
      pixels,
      width,
      height,
      chance() * width,
      chance() * height,
      radius,
      mix(color, shadeOf(color, shade), 0.5),
    );
  }
  return { width, height, data: new Uint8Array(pixels.buffer) };
}

/** Those that the prompt names, in its order; at least two. */
function chooseColors(prompt: string, chance: () => number): Color[] {
  const words = prompt
    .slice(0, 4_000)
    .toLowerCase()
    .split(/[^a-z]+/);
  const named = [...new Set(words)].flatMap((word) => (Object.hasOwn(colors, word) ? [colors[word] as Color] : []));
  const chosen = named.slice(0, mostNamed);
  while (chosen.length < 2) {
    const color = palette[Math.floor(chance() * palette.length)] as Color;
    // A colour that the prompt does not name is only a shade of what it does.
    chosen.push(named.length > 0 ? shadeOf(named[0] as Color, 0.6) : color);
  }
  return chosen;
}

function fillDisc(
  pixels: Uint32Array,
  width: number,
  height: number,
  centerX: number,
  centerY: number,
  radius: number,
  color: number,
): void {
  for (let row = Math.max(0, Math.ceil(centerY - radius)); row < Math.min(height, centerY + radius); row += 1) {
    const half = Math.sqrt(Math.max(0, radius ** 2 - (row - centerY) ** 2));
    const from = Math.max(0, Math.round(centerX - half));
    const to = Math.min(width, Math.round(centerX + half));
    if (to > from) pixels.fill(color, row * width + from, row * width + to);
  }
}

function shadeOf(color: Color, factor: number): Color {
  const [red, green, blue] = color.map((part) => Math.min(Math.round(part * factor), 255));
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** The opaque colour between two, as the bytes of a pixel. */
function mix(first: Color, second: Color, share: number): number {
  const [red = 0, green = 0, blue = 0] = first.map((part, place) =>
    Math.round(part + ((second[place] ?? 0) - part) * share),
  );
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Numbers from 0 to 1, the same for the same seed. https://www.jstatsoft.org/article/view/v008i14 */
function createChance(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
