// Who is calling, and what the operator lets them do. Knows neither HTTP nor how callers prove who they are.

import type { ViewerLimits } from "../schema/shared/context.ts";

/** What a caller may use up. */
export type CallerLimits = ViewerLimits;

/** One caller. */
export interface Caller {
  /** What the operator and the caller know it by. */
  readonly id: string;
  /** Unique among all ways to be known: a JWT's `sub` may be some client key's id. Counters go by it. */
  readonly key: string;
  readonly limits: CallerLimits;
  /** The caller's own upstream key, where the server passes it through. */
  readonly apiKey?: string | undefined;
}

/** Everybody, where callers are not told apart. */
export const ANYBODY: Caller = { id: "anonymous", key: "anonymous", limits: {} };

/** Whether the caller may use the model. Where none is named, only who may use any model may. */
export function isModelAllowed({ limits }: Caller, model: string | undefined): boolean {
  return !limits.models || compile(limits.models, "su").test(model ?? "");
}

/**
 * Whether the caller may select a root field. An entry of its list is a field (`chat`), a type (`Query`) or both
 * (`Subscription.chat`), in upper or lower case.
 */
export function isOperationAllowed({ limits }: Caller, type: string, field: string): boolean {
  if (!limits.operations) return true;
  const allowed = compile(limits.operations, "isu");
  return [field, type, `${type}.${field}`].some((name) => allowed.test(name));
}

/** Callers are known for long: each of their lists is compiled once. */
const compiled = new WeakMap<readonly string[], RegExp>();

/** One expression for a list of names in which `*` stands for any run of characters. */
function compile(patterns: readonly string[], flags: string): RegExp {
  const known = compiled.get(patterns);
  if (known) return known;
  const sources = patterns.map((pattern) => pattern.split("*").map(escapeExpression).join(".*"));
  // An empty list allows nothing, not the empty name.
  const expression = new RegExp(patterns.length > 0 ? `^(?:${sources.join("|")})$` : "(?!)", flags);
  compiled.set(patterns, expression);
  return expression;
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}/]/g, "\\$&");
}
