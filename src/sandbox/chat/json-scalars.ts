// Owns the numbers and strings that satisfy a JSON schema. Knows no objects, arrays or references.

type Schema = Record<string, unknown>;

const maxStringLength = 1_000;

/** A number within the bounds, 1 if they allow it; an integer if `whole` is set. */
export function makeNumber(schema: Schema, whole: boolean): number {
  const step = readNumber(schema, "multipleOf") ?? (whole ? 1 : 0);
  const above = readNumber(schema, "exclusiveMinimum");
  const below = readNumber(schema, "exclusiveMaximum");
  const small = step > 0 ? step : 0.5;
  const lowest = Math.max(readNumber(schema, "minimum") ?? -Infinity, above === undefined ? -Infinity : above + small);
  const highest = Math.min(readNumber(schema, "maximum") ?? Infinity, below === undefined ? Infinity : below - small);
  if (lowest > highest && above !== undefined && below !== undefined) return (above + below) / 2;
  const wished = Math.min(Math.max(1, lowest), highest);
  if (step <= 0) return wished;
  const up = Math.ceil(wished / step) * step;
  return up <= highest ? up : Math.floor(highest / step) * step;
}

/** A string in the format, or about the topic and within the length bounds. */
export function makeString(schema: Schema, topic: string, name: string): string {
  const formats: Record<string, string> = {
    "date-time": "2025-01-01T12:00:00Z",
    date: "2025-01-01",
    time: "12:00:00Z",
    duration: "PT1H",
    email: "sandbox@example.com",
    hostname: "example.com",
    ipv4: "127.0.0.1",
    ipv6: "::1",
    uri: "https://example.com/",
    uuid: "00000000-0000-4000-8000-000000000000",
  };
  const format = schema.format;
  if (typeof format === "string" && Object.hasOwn(formats, format)) return formats[format] ?? "";
  const text = topic === "" ? `sandbox ${name}` : `${name}: ${topic}`;
  const shortest = Math.min(readNumber(schema, "minLength") ?? 0, maxStringLength);
  const longest = readNumber(schema, "maxLength") ?? maxStringLength;
  return Array.from(text.padEnd(shortest, ".")).slice(0, Math.max(longest, 0)).join("");
}

/** A finite number under the key; undefined for anything else. */
export function readNumber(schema: Schema, key: string): number | undefined {
  const value = schema[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
