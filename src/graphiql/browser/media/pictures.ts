// Recognises pictures among the values of a result. Loads none.
import { isAddress, isBase64, pathOf } from "./addresses.ts";

/** The starts of pictures in base64. https://en.wikipedia.org/wiki/List_of_file_signatures */
const STARTS: readonly [start: RegExp, type: string][] = [
  [/^iVBORw0KGgo/, "image/png"],
  [/^\/9j\//, "image/jpeg"],
  [/^UklGR.{7}RUJQ/, "image/webp"],
  [/^R0lGOD/, "image/gif"],
];
/** Shorter texts that start like a picture are none. */
const SHORTEST_PICTURE = 64;
const PICTURE_DATA = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z\d+/=]/i;
const PICTURE_NAME = /\.(?:png|jpe?g|gif|webp|avif)$/i;
/** The objects whose `url` is a picture's, however it ends. */
const PICTURES = new Set(["data", "images", "image"]);

/** What a value says of itself: the names of its field and of the field above it. */
export interface ValueNames {
  name: string;
  parent: string;
}

/**
 * Yields the address of a picture, which is a `data:` URL, an `http:` or `https:` URL, or a path, or undefined for any other
 * value. A field `url` is a picture's below `data`, `images` and `image`; elsewhere, such as in a citation, it has to end like
 * one.
 */
export function readPicture(value: string, { name, parent }: ValueNames): string | undefined {
  if (PICTURE_DATA.test(value)) return value;
  const type = value.length >= SHORTEST_PICTURE && STARTS.find(([start]) => start.test(value))?.[1];
  if (type && isBase64(value)) return `data:${type};base64,${value}`;
  if (!isAddress(value)) return undefined;
  const isNamed = name === "url" && PICTURES.has(parent);
  return isNamed || PICTURE_NAME.test(pathOf(value)) ? value : undefined;
}
