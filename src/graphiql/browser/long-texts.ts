// Shortens what nobody reads in the editor, such as a picture's base64: to colour megabytes takes the page seconds.

/** A text up to this length stays whole. */
const LONGEST = 50_000;
/** What is shown of a longer one. */
const SHOWN = 500;

/** The value, with the beginning and the length of each long text in place of it. What holds none is the same object. */
export function shortenTexts<Value>(value: Value): Value;
export function shortenTexts(value: unknown): unknown {
  if (typeof value === "string") return value.length > LONGEST ? shorten(value) : value;
  if (typeof value !== "object" || value === null) return value;
  // Vectors have many numbers: no key is made for each.
  if (Array.isArray(value)) {
    const short = value.map((entry: unknown) => shortenTexts(entry));
    return short.some((entry, index) => entry !== value[index]) ? short : value;
  }
  const changed = Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
    const short = shortenTexts(entry);
    return short === entry ? [] : [[key, short]];
  });
  return changed.length > 0 ? { ...value, ...Object.fromEntries(changed) } : value;
}

function shorten(text: string): string {
  return `${text.slice(0, SHOWN)}… (${text.length.toLocaleString("en")} characters)`;
}
