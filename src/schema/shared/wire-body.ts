// From GraphQL input to wire body: null is left out, unknown fields come from `extraBody`. Knows no endpoint.
import type { JSONObject } from "./builder.ts";
import { refuse } from "./checks.ts";

/** Every field of a wire type, named; null and undefined mean: not given. */
export type Given<Wire> = { readonly [Key in keyof Required<Wire>]: Wire[Key] | null | undefined };

/** Drops what was not given, at this level only: nulls inside opaque JSON are the caller's. */
export function given<Wire extends object>(fields: Given<Wire>): Wire {
  const wire: Record<string, unknown> = {};
  for (const key in fields) {
    const value: unknown = fields[key];
    if (value !== null && value !== undefined) wire[key] = value;
  }
  return wire as Wire;
}

/** Names as servers of this API take them: some in any case, some with other signs between words. */
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** What servers of this API take beside the fields that the schema knows, and callers must not reach by the back door. */
const RESERVED = [
  // An answer's form is the server's to decide.
  /^stream/,
  // Other names of limits: how much is generated, and by which model.
  /^(n|ncmpl|bestof|numreturnsequences|usebeamsearch|candidatecount|(num)?retries|(num)?predict|npredict)$/,
  /^max(new|completion|output|gen)?(tokens|length)/,
  /^(models?|modellist|modelid|engine|preset|deployment.*|.*fallback.*)$/,
  // Bodies inside the body.
  /^(extra(body|query|headers)|headers|.*config)$/,
  // Where a server in JavaScript, copying the body, would inherit any of these from.
  /^(proto|constructor|prototype)$/,
  // Where proxies send the request on to, and in whose name.
  /^(api|base|aws|azure|vertex|custom)(base|key|token|type|version|url|region|endpoint|llmprovider|.*endpoint)/,
];

/** The name without case and signs between words. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[_.-]/g, "");
}

/**
 * Builds a wire body from `fields`, which name every field the schema knows, and the caller's `extraBody`, which may
 * hold only others. Throws BAD_USER_INPUT otherwise.
 */
export function createRequest<Wire extends object>(
  fields: Given<Wire>,
  extraBody: JSONObject | null | undefined,
): Wire {
  const names = Object.keys(extraBody ?? {});
  const known = names.length > 0 ? new Set(Object.keys(fields).map(fold)) : undefined;
  for (const name of names) {
    // Go's JSON folds letters that look like none of ASCII into it.
    if (!NAME.test(name)) refuse("input.extraBody", "must hold names of at most 64 letters, digits, _, . and - alone.");
    if (known?.has(fold(name)) || RESERVED.some((pattern) => pattern.test(fold(name)))) {
      refuse("input.extraBody", `must not hold "${name}", which has its own place in this API.`);
    }
  }
  const wire = given<Wire>(fields);
  return names.length > 0 ? { ...wire, ...extraBody } : wire;
}
