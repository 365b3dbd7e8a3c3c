// Where a picture that an upstream has made can be seen: at its URL, or in a `data:` URL made of its base64.

/** How images begin in base64, by their formats. */
const BEGINNINGS = { png: "iVBORw0KGgo", jpeg: "/9j/", webp: "UklGR", gif: "R0lGOD" };

/** The `data:` URL of a picture in base64. `format` is what it is said to be, such as `webp`; its beginning knows better. */
export function dataUrlOf(base64: string | null, format: string | null): string | null {
  // Some servers send the whole URL in place of its base64.
  if (base64 === null || base64.startsWith("data:")) return base64;
  const [found] = Object.entries(BEGINNINGS).find(([, beginning]) => base64.startsWith(beginning)) ?? [];
  return `data:image/${found ?? format ?? "png"};base64,${base64}`;
}
