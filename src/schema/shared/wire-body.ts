// Builds a wire body from GraphQL input: leaves null out and adds the fields of `extraBody`. Knows no endpoint.
import { codedError } from "../../errors/codes.ts";
import type { JSONObject } from "./builder.ts";
import { callerLimits } from "./caller-limits.ts";
import { refuse } from "./checks.ts";
import type { RequestLimits } from "./context.ts";

/** All fields of a wire type by name; null and undefined mean "not given". */
export type Given<Wire> = { readonly [Key in keyof Required<Wire>]: Wire[Key] | null | undefined };

/** The fields that were given. Nulls inside opaque JSON belong to the caller and stay. */
export function given<Wire extends object>(fields: Given<Wire>): Wire {
  const wire: Record<string, unknown> = {};
  for (const key in fields) {
    const value: unknown = fields[key];
    if (value !== null && value !== undefined) wire[key] = value;
  }
  return wire as Wire;
}

/** What `extraBody` is, in words. */
export const EXTRA_BODY =
  "Further fields of the request, for what the upstream supports and this schema does not, in the upstream's spelling, at most 256. Fields that this schema has are refused. In production the operator allows it, or some names, by `EXTRA_BODY` or for a caller.";

/** Most fields of `extraBody`. */
const MAX_EXTRA_FIELDS = 256;

/** The form of a field's name. */
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Fields that servers of this API accept besides those of the schema, and that callers must not set by `extraBody`. */
const RESERVED = [
  // This server decides whether an answer is streamed.
  /^stream/,
  // Other names for fields with limits: how much is generated, and by which model.
  /^(n|ncmpl|bestof|numreturnsequences|usebeamsearch|candidatecount|(num)?retries|(num)?predict|npredict)$/,
  /^((num|n|max)(images|outputs|samples)(per(prompt|image))?|batch(size|count)|niter)$/,
  /^max(new|completion|output|gen)?(tokens|length)/,
  // A picture as SVG is written by a model that `svg` names.
  /^svg/,
  /^(models?|model(list|id|name)|engine|preset|deployment.*|.*fallback.*)$/,
  // Bodies inside the body.
  /^(extra(body|query|headers)|headers|.*config)$/,
  // Names by which a body, copied by a server in JavaScript, could set its own prototype, and so inherit other fields.
  /^(proto|constructor|prototype)$/,
  // Fields that tell proxies where to send the request, and with which credentials.
  /^(api|base|aws|azure|vertex|custom)(base|key|token|type|version|url|region|endpoint|llmprovider|.*endpoint)/,
];

/**
 * The name in lower case, without signs between words: some servers ignore case, some accept other signs. Letters whose capital is
 * ASCII become ASCII, as in Go's JSON decoder, which takes `ſ` for `s` and the Kelvin sign for `k`.
 */
export function foldName(name: string): string {
  return name.toUpperCase().toLowerCase().replace(/[_.-]/g, "");
}

/**
 * Builds a wire body from `fields`, which name every field that the schema knows, and the caller's `extraBody`, which may
 * only contain others. Throws BAD_USER_INPUT if it contains one of them, a reserved name or too many; FORBIDDEN if it
 * contains a name that the operator does not allow. Reserved names are not complete: no list of what all servers know is.
 */
export function createRequest<Wire extends object>(
  fields: Given<Wire>,
  extraBody: JSONObject | null | undefined,
  limits: RequestLimits,
): Wire {
  const names = Object.keys(extraBody ?? {});
  if (names.length > MAX_EXTRA_FIELDS)
    refuse("input.extraBody", `must hold at most ${MAX_EXTRA_FIELDS} fields; got ${names.length}.`);
  const known = names.length > 0 ? new Set(Object.keys(fields).map(foldName)) : undefined;
  for (const name of names) {
    // ASCII only: Go's JSON decoder folds some other letters into ASCII ones.
    if (!NAME.test(name)) refuse("input.extraBody", "must hold names of at most 64 letters, digits, _, . and - alone.");
    if (known?.has(foldName(name)) || RESERVED.some((pattern) => pattern.test(foldName(name)))) {
      refuse("input.extraBody", `must not hold "${name}", which has its own place in this API.`);
    }
    if (!limits.isExtraFieldAllowed(name)) {
      const problem = `input.extraBody must not hold "${name}": neither EXTRA_BODY nor the caller's own limits allow it.`;
      throw codedError(callerLimits.extraBody.code, problem, { field: "input.extraBody" });
    }
  }
  const wire = given<Wire>(fields);
  return names.length > 0 ? { ...wire, ...extraBody } : wire;
}
