// The cap on an answer's length: the names that requests give it, and which of them the upstream is known to obey. Servers of
// this API ignore fields that they do not know, so a cap under a name that is not known to be obeyed limits nothing.

/** The fields of a request that cap each choice's length, in tokens. */
export const CAP_FIELDS = ["max_tokens", "max_completion_tokens"] as const;

type CapField = (typeof CAP_FIELDS)[number];

/** The fields that the upstream is known to obey. One of two that are given together is obeyed by every server. */
export type ObeyedCaps = ReadonlySet<string>;

/** What an operator says about the upstream. `both`: it obeys one of the two, and gets each cap under both names. */
export type OutputCapField = CapField | "both" | undefined;

/** What OpenAI's own models do: they obey each of the two, or refuse it. */
export const ALL_CAPS: ObeyedCaps = new Set(CAP_FIELDS);

const COMPLETION_CAPS: ObeyedCaps = new Set<CapField>(["max_tokens"]);

/** Completions have only the one field: a server that obeys any cap obeys it there, whatever its chats obey. */
export function completionCapsOf(obeyedCaps: ObeyedCaps): ObeyedCaps {
  return obeyedCaps.size > 0 ? COMPLETION_CAPS : obeyedCaps;
}

/**
 * The fields that the upstream is known to obey: what the operator says; or else both if `isOpenAI`, or none. To trust a cap
 * by default would be cheaper to run and dear to be wrong about: calls side by side could spend any multiple of a budget.
 */
export function obeyedCapsOf(field: OutputCapField, isOpenAI: boolean): ObeyedCaps {
  if (field === undefined) return isOpenAI ? ALL_CAPS : new Set();
  return field === "both" ? ALL_CAPS : new Set([field]);
}

/** Whether a URL is that of OpenAI itself, in any of its regions. */
export function isOpenAIHost({ hostname }: URL): boolean {
  return hostname === "api.openai.com" || hostname.endsWith(".api.openai.com");
}
