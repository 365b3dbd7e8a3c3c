// Who is calling, and which models and root fields the operator lets them use. Knows neither HTTP nor how callers prove
// who they are.
import { rememberByValue } from "../http/by-value.ts";
import type { CallerLimits, TeamLimits } from "../schema/shared/caller-limits.ts";

/** Several client keys that have limits together, beside each one's own. */
export interface Team {
  /** The name that the operator and the callers know. */
  readonly id: string;
  /** Unique among callers and teams. Counters use it. */
  readonly key: string;
  readonly limits: TeamLimits;
}

/** One caller. */
export interface Caller {
  /** The name that the operator and the caller know. */
  readonly id: string;
  /** Unique over all kinds of credentials: a JWT's `sub` can equal a client key's id. Counters use it. */
  readonly key: string;
  readonly limits: CallerLimits;
  /** The caller's own upstream key, if the server passes it through. */
  readonly apiKey?: string | undefined;
  /** Undefined: in none. */
  readonly team?: Team | undefined;
  /** When its client key is good no more, in milliseconds since 1970. Undefined: never, or it is no client key's. */
  readonly expiresAt?: number | undefined;
}

/** Every caller of a server that does not tell callers apart. */
export const ANYBODY: Caller = { id: "anonymous", key: "anonymous", limits: {} };

/**
 * The caller as metrics name it: by the id of a client key, which the operator has chosen; others by their kind (`jwt`,
 * `passthrough`, `anonymous`), as there may be any number of them.
 */
export function groupOf({ id, key }: Caller): string {
  const [kind = ""] = key.split(":", 1);
  return kind === "key" ? id : kind;
}

/** Whether the caller may use the model. If none is named, only a caller that may use every model may go on. */
export function isModelAllowed({ limits }: Caller, model: string | undefined): boolean {
  return !limits.models || limits.models.some((pattern) => matches(pattern, model ?? ""));
}

/**
 * Whether the caller may select a root field. An entry of its list is a field (`chat`), a type (`Query`) or both
 * (`Subscription.chat`), in any case.
 */
export function isOperationAllowed({ limits }: Caller, type: string, field: string): boolean {
  if (!limits.operations) return true;
  const names = [field, type, `${type}.${field}`].map((name) => name.toLowerCase());
  return limits.operations.some((pattern) => names.some((name) => matches(pattern.toLowerCase(), name)));
}

/** Yields a test of names against a list in which `*` stands for any run of characters. */
export function createNameTest(patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map(createTest);
  return (name) => tests.some((test) => test(name));
}

function matches(pattern: string, name: string): boolean {
  return testOf(pattern)(name);
}

/** Patterns are the operator's. */
const testOf = rememberByValue(createTest);

/**
 * Whether a name is that of the pattern, in which `*` stands for any run of characters. Callers choose the names: with an
 * expression of several `.*` a long name would take as many times as long as it is long.
 */
function createTest(pattern: string): (name: string) => boolean {
  const [start = "", ...pieces] = pattern.split("*");
  const end = pieces.pop();
  if (end === undefined) return (name) => name === pattern;
  if (pieces.length === 0)
    return (name) => name.startsWith(start) && name.endsWith(end) && start.length + end.length <= name.length;
  return (name) => {
    if (!name.startsWith(start)) return false;
    let place = start.length;
    // The first place that fits leaves the most for the pieces behind.
    for (const piece of pieces) {
      const found = name.indexOf(piece, place);
      if (found < 0) return false;
      place = found + piece.length;
    }
    return name.endsWith(end) && place + end.length <= name.length;
  };
}
