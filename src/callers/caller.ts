// Who is calling, and which models and root fields the operator lets them use. Knows neither HTTP nor how callers prove
// who they are.
import type { CallerLimits } from "../schema/shared/caller-limits.ts";

/** One caller. */
export interface Caller {
  /** The name that the operator and the caller know. */
  readonly id: string;
  /** Unique over all kinds of credentials: a JWT's `sub` can equal a client key's id. Counters use it. */
  readonly key: string;
  readonly limits: CallerLimits;
  /** The caller's own upstream key, if the server passes it through. */
  readonly apiKey?: string | undefined;
}

/** Every caller of a server that does not tell callers apart. */
export const ANYBODY: Caller = { id: "anonymous", key: "anonymous", limits: {} };

/** Whether the caller may use the model. If none is named, only a caller that may use every model may go on. */
export function isModelAllowed({ limits }: Caller, model: string | undefined): boolean {
  return !limits.models || compile(limits.models, "su").test(model ?? "");
}

/**
 * Whether the caller may select a root field. An entry of its list is a field (`chat`), a type (`Query`) or both
 * (`Subscription.chat`), in any case.
 */
export function isOperationAllowed({ limits }: Caller, type: string, field: string): boolean {
  if (!limits.operations) return true;
  const allowed = compile(limits.operations, "isu");
  return [field, type, `${type}.${field}`].some((name) => allowed.test(name));
}

/** Yields a test of names against a list in which `*` stands for any run of characters. */
export function createNameTest(patterns: readonly string[]): (name: string) => boolean {
  const expression = compile(patterns, "su");
  return (name) => expression.test(name);
}

/** Callers live long, so each of their lists is compiled once. */
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
