// From GraphQL input to wire body: null is left out, unknown fields come from `extraBody`. Knows no endpoint.
import type { JSONObject } from "./builder.ts";
import { refuse } from "./checks.ts";

/** Every field of a wire type, named; null and undefined mean: not given. */
export type Given<Wire> = { readonly [Key in keyof Required<Wire>]: Wire[Key] | null | undefined };

/** Drops what was not given, at this level only: nulls inside opaque JSON are the caller's. */
export function given<Wire extends object>(fields: Given<Wire>): Wire {
  const wire: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== null && value !== undefined) wire[key] = value;
  return wire as Wire;
}

/** What the server alone decides about an answer's form. */
const RESERVED = new Set(["stream", "stream_options"]);

/**
 * Builds a wire body from `fields`, which name every field the schema knows, and the caller's `extraBody`, which may
 * hold only others. Throws BAD_USER_INPUT otherwise.
 */
export function createRequest<Wire extends object>(
  fields: Given<Wire>,
  extraBody: JSONObject | null | undefined,
): Wire {
  for (const key of Object.keys(extraBody ?? {})) {
    if (Object.hasOwn(fields, key) || RESERVED.has(key)) {
      refuse("input.extraBody", `must not hold "${key}", which has its own place in this API.`);
    }
  }
  return { ...given<Wire>(fields), ...extraBody };
}
