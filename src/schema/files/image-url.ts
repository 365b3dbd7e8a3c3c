// Where a picture that an upstream has made can be seen: at its URL, or in a `data:` URL made of its base64.
import { contentTypeOf } from "../../openai/client/uploads/media-types.ts";
import { isDataUrl } from "./data-url.ts";

/** How images begin in base64, by their content types. */
const BEGINNINGS: readonly [string, string][] = [
  ["image/png", "iVBORw0KGgo"],
  ["image/jpeg", "/9j/"],
  ["image/webp", "UklGR"],
  ["image/gif", "R0lGOD"],
];
const FORMAT = /^[a-z\d.+-]{1,32}$/;

/** The content type of a picture in base64. `format` is what it is said to be, such as `webp`; its beginning knows better. */
export function imageTypeOf(base64: string, format: string | null): string {
  const [found] = BEGINNINGS.find(([, beginning]) => base64.startsWith(beginning)) ?? [];
  if (found !== undefined) return found;
  const name = format?.toLowerCase() ?? "png";
  return contentTypeOf(name) ?? `image/${FORMAT.test(name) ? name : "png"}`;
}

/** The `data:` URL of a picture in base64: see imageTypeOf. */
export function dataUrlOf(base64: string | null, format: string | null): string | null {
  // Some servers send the whole URL in place of its base64.
  if (base64 === null || isDataUrl(base64)) return base64;
  return `data:${imageTypeOf(base64, format)};base64,${base64}`;
}
