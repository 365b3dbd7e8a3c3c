// JSON of unknown shape, as it comes from an upstream.

/** The JSON value, or undefined if the text is not JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object (not null, not a list). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Any upstream object: each field of `Shape` may be there or not and hold anything. */
export type Unchecked<Shape> = { readonly [Key in keyof Shape]?: unknown };
