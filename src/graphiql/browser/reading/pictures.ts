// Recognises pictures among the values of a result. Loads none.

/** The starts of pictures in base64. https://en.wikipedia.org/wiki/List_of_file_signatures */
const STARTS: readonly [start: string, type: string][] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["UklGR", "image/webp"],
  ["R0lGOD", "image/gif"],
];
/** Shorter texts that start like a picture are none. */
const SHORTEST_PICTURE = 64;
const PICTURE_DATA = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z\d+/=]/i;
const PICTURE_NAME = /\.(?:png|jpe?g|gif|webp|avif)$/i;

/** What a value says of itself: the names of its field and of the field above it. */
export interface ValueNames {
  name: string;
  parent: string;
}

/**
 * Yields the address of a picture, which is a `data:` URL, or an `http:` or `https:` URL, or undefined for any other value.
 * A field `url` is a picture's below `data` and `images`; elsewhere, such as in a citation, it has to end like one.
 */
export function readPicture(value: string, { name, parent }: ValueNames): string | undefined {
  if (PICTURE_DATA.test(value)) return value;
  const type = value.length >= SHORTEST_PICTURE && STARTS.find(([start]) => value.startsWith(start))?.[1];
  if (type && isBase64(value)) return `data:${type};base64,${value}`;
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const isNamed = name === "url" && (parent === "data" || parent === "images");
  return isNamed || PICTURE_NAME.test(new URL(value).pathname) ? value : undefined;
}

/** The end tells as much as the whole, which may have megabytes. */
function isBase64(value: string): boolean {
  return /^[A-Za-z\d+/]*={0,2}$/.test(value.slice(0, 64)) && /^[A-Za-z\d+/]*={0,2}$/.test(value.slice(-64));
}

/**
 * Whether the page may load the picture. Pictures of other hosts are offered as links: an answer that makes the page load a
 * foreign address could tell its host what the page holds. So is an address of this server with a query, which may be an
 * operation.
 */
export function isLoadable(address: string, pageUrl: string): boolean {
  if (/^data:/i.test(address)) return true;
  const { origin, search } = new URL(address);
  return origin === new URL(pageUrl).origin && search === "";
}
