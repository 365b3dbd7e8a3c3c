// Owns changing a picture: scaling it, and ten ways to make it visibly different. Knows no file format.
import type { Pixels } from "./png.ts";

/** Rows of red, green, blue factors and an offset: what each channel of the result is made of. */
type ColorMatrix = readonly (readonly [red: number, green: number, blue: number, offset: number])[];

const variationCount = 10;
/** The tint's share of the result: enough to show on a picture of a single colour. */
const tintShare = 0.3;

/** The picture at another size, bilinear; if the shape differs, the edges are cut off and the middle is kept. */
export function resize(source: Pixels, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 4);
  const scale = Math.min(source.width / width, source.height / height);
  const left = (source.width - width * scale) / 2;
  const top = (source.height - height * scale) / 2;
  const columns = Array.from({ length: width }, (_slot, column) => sample(left + (column + 0.5) * scale, source.width));
  for (let row = 0; row < height; row += 1) {
    const vertical = sample(top + (row + 0.5) * scale, source.height);
    const upper = vertical.near * source.width;
    const lower = vertical.far * source.width;
    for (let column = 0; column < width; column += 1) {
      const horizontal = columns[column] ?? sample(0, 1);
      const target = (row * width + column) * 4;
      for (let channel = 0; channel < 4; channel += 1) {
        const first = mix(
          source.data[(upper + horizontal.near) * 4 + channel] ?? 0,
          source.data[(upper + horizontal.far) * 4 + channel] ?? 0,
          horizontal.share,
        );
        const second = mix(
          source.data[(lower + horizontal.near) * 4 + channel] ?? 0,
          source.data[(lower + horizontal.far) * 4 + channel] ?? 0,
          horizontal.share,
        );
        data[target + channel] = Math.round(mix(first, second, vertical.share));
      }
    }
  }
  return { width, height, data };
}

/** The picture changed in the way of this index: another hue, a tint, every second one mirrored. Repeats after ten. */
export function vary(source: Pixels, index: number): Pixels {
  const { width, height } = source;
  const data = new Uint8Array(source.data.length);
  const way = index % variationCount;
  const mirrored = way % 2 === 1;
  const flipped = way % 5 === 4;
  const [red, green, blue] = colorMatrix(way).map(([fromRed, fromGreen, fromBlue, offset]) => {
    return (place: number) =>
      clamp(
        fromRed * (source.data[place] ?? 0) +
          fromGreen * (source.data[place + 1] ?? 0) +
          fromBlue * (source.data[place + 2] ?? 0) +
          offset,
      );
  });
  if (red === undefined || green === undefined || blue === undefined) return source;
  for (let row = 0; row < height; row += 1) {
    const sourceRow = flipped ? height - 1 - row : row;
    for (let column = 0; column < width; column += 1) {
      const place = (sourceRow * width + (mirrored ? width - 1 - column : column)) * 4;
      const target = (row * width + column) * 4;
      data[target] = red(place);
      data[target + 1] = green(place);
      data[target + 2] = blue(place);
      data[target + 3] = source.data[place + 3] ?? 255;
    }
  }
  return { width, height, data };
}

/** The edited picture where the mask is transparent, the original elsewhere. All three have the same size. */
export function keepMasked(original: Pixels, edited: Pixels, mask: Pixels): Pixels {
  const data = Uint8Array.from(edited.data, (value, place) => {
    const maskAlpha = mask.data[place - (place % 4) + 3] ?? 0;
    return maskAlpha < 128 ? value : (original.data[place] ?? 0);
  });
  return { ...edited, data };
}

/** https://www.w3.org/TR/filter-effects-1/#feColorMatrixElement (hueRotate), then mixed with a tint of the same hue. */
function colorMatrix(way: number): ColorMatrix {
  const angle = ((way + 1) / (variationCount + 1)) * 2 * Math.PI;
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const hue = [
    [
      0.213 + cosine * 0.787 - sine * 0.213,
      0.715 - cosine * 0.715 - sine * 0.715,
      0.072 - cosine * 0.072 + sine * 0.928,
    ],
    [
      0.213 - cosine * 0.213 + sine * 0.143,
      0.715 + cosine * 0.285 + sine * 0.14,
      0.072 - cosine * 0.072 - sine * 0.283,
    ],
    [
      0.213 - cosine * 0.213 - sine * 0.787,
      0.715 - cosine * 0.715 + sine * 0.715,
      0.072 + cosine * 0.928 + sine * 0.072,
    ],
  ];
  const sign = way % 5 === 2 ? -1 : 1;
  return hue.map(([red = 0, green = 0, blue = 0], channel) => {
    const tint = 127.5 + 127.5 * Math.cos(angle - (channel * 2 * Math.PI) / 3);
    const share = (1 - tintShare) * sign;
    return [red * share, green * share, blue * share, tint * tintShare + (sign < 0 ? 255 * (1 - tintShare) : 0)];
  });
}

/** The two source lines around a position and the share of the farther one. */
function sample(position: number, length: number): { near: number; far: number; share: number } {
  const place = Math.min(Math.max(position - 0.5, 0), length - 1);
  const near = Math.floor(place);
  return { near, far: Math.min(near + 1, length - 1), share: place - near };
}

function mix(first: number, second: number, share: number): number {
  return first + (second - first) * share;
}

function clamp(value: number): number {
  return Math.min(Math.max(Math.round(value), 0), 255);
}
