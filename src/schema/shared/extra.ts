// What an upstream sends and the schema has no place for: readable as `extra`, and taken back where an answer can be.
import { isRecord } from "../../json/json.ts";
import type { JSONObject } from "./builder.ts";
import { refuse } from "./checks.ts";
import { foldName } from "./wire-body.ts";

/** Most fields of an input's `extra`. */
const MAX_FIELDS = 64;

export const EXTRA =
  "The fields that the upstream sends beyond those of this type, in its spelling. Null if there are none.";

/** Yields a reader of an object's fields other than those in `known`. Null if there are none, or nothing in them. */
export function createReadExtra(known: Iterable<string>): (value: unknown) => JSONObject | null {
  const names = new Set(known);
  return (value) => {
    if (!isRecord(value)) return null;
    let extra: Record<string, unknown> | null = null;
    for (const name in value) {
      if (names.has(name) || value[name] === null || value[name] === undefined) continue;
      extra ??= Object.create(null) as Record<string, unknown>;
      extra[name] = value[name];
    }
    return extra;
  };
}

/**
 * The fields of an input's `extra`, as they go out beside those of `known`. Throws BAD_USER_INPUT, naming `field`, for one that
 * the schema has a place for and for too many.
 */
export function readExtraInput(
  field: string,
  extra: JSONObject | null | undefined,
  known: Iterable<string>,
): Record<string, unknown> {
  if (!extra) return {};
  const names = Object.keys(extra);
  if (names.length > MAX_FIELDS) refuse(field, `must hold at most ${MAX_FIELDS} fields; got ${names.length}.`);
  const taken = new Set([...known].map(foldName));
  const wrong = names.find((name) => taken.has(foldName(name)));
  if (wrong !== undefined) refuse(field, `must not hold "${wrong.slice(0, 64)}", which has its own place in this API.`);
  return extra;
}
