// The table of a caller's limits: one row each with all that operators, clients and the server need to know about it.
// It stands here, low, because the schema's Viewer and everything above it (callers, limits, config) read it. It counts
// nothing and refuses nothing.
import type { ErrorCode } from "../../errors/codes.ts";

/** The value of a limit of each kind. */
interface Values {
  /** A whole number, at least 0. */
  count: number;
  /** Names; in each of them `*` stands for any run of characters. An empty list allows nothing. */
  names: readonly string[];
  /** The same; an operator may also write true for every name and false for none. */
  switch: readonly string[];
}

interface LimitRow {
  readonly kind: keyof Values;
  /** One of what is counted or named. */
  readonly unit: string;
  /** The time over which a count adds up; absent for names. */
  readonly window?: "a minute" | "a day (UTC)" | "a week (UTC)" | "a month (UTC)" | "at once";
  /** What a caller without the limit may use, in Markdown. */
  readonly absent: string;
  /** What is checked against the limit. */
  readonly appliesTo: "each upstream call" | "each operation";
  /** The code of the refusal. */
  readonly code: ErrorCode;
  /** In Markdown, for the schema and docs/security.md. */
  readonly description: string;
}

/** Every limit, by its name in client keys, in `JWT_LIMITS` and in the schema. */
export const callerLimits = {
  requestsPerMinute: {
    kind: "count",
    unit: "request",
    window: "a minute",
    absent: "no limit",
    appliesTo: "each upstream call",
    code: "RATE_LIMITED",
    description: "Upstream calls in a minute; each root field that needs the upstream is one.",
  },
  tokensPerMinute: {
    kind: "count",
    unit: "token",
    window: "a minute",
    absent: "no limit",
    appliesTo: "each upstream call",
    code: "BUDGET_EXCEEDED",
    description: "Tokens in a minute of the clock, prompts and answers together.",
  },
  tokensPerDay: {
    kind: "count",
    unit: "token",
    window: "a day (UTC)",
    absent: "no limit",
    appliesTo: "each upstream call",
    code: "BUDGET_EXCEEDED",
    description: "Tokens in a day of UTC, prompts and answers together.",
  },
  tokensPerWeek: {
    kind: "count",
    unit: "token",
    window: "a week (UTC)",
    absent: "no limit",
    appliesTo: "each upstream call",
    code: "BUDGET_EXCEEDED",
    description: "Tokens in a week, from Monday 00:00 UTC; counted from the time on at which the limit is set.",
  },
  tokensPerMonth: {
    kind: "count",
    unit: "token",
    window: "a month (UTC)",
    absent: "no limit",
    appliesTo: "each upstream call",
    code: "BUDGET_EXCEEDED",
    description: "Tokens in a month, from the 1st at 00:00 UTC; counted from the time on at which the limit is set.",
  },
  maxConcurrent: {
    kind: "count",
    unit: "upstream call",
    window: "at once",
    absent: "half of `MAX_CONCURRENT`",
    appliesTo: "each upstream call",
    code: "RATE_LIMITED",
    description: "Upstream calls under way at once, streams included, counted by each process.",
  },
  models: {
    kind: "names",
    unit: "model",
    absent: "every model",
    appliesTo: "each upstream call",
    code: "FORBIDDEN",
    description: "The models that may be named; `*` stands for any run of characters.",
  },
  operations: {
    kind: "names",
    unit: "root field",
    absent: "every root field",
    appliesTo: "each operation",
    code: "FORBIDDEN",
    description:
      "The root fields that may be selected, such as `chat`, `Query`, `Subscription.chat` or `model*`; `*` stands for any run of characters.",
  },
  extraBody: {
    kind: "switch",
    unit: "field",
    absent: "what `EXTRA_BODY` allows",
    appliesTo: "each upstream call",
    code: "FORBIDDEN",
    description:
      "The fields that `extraBody` may hold, in place of those that `EXTRA_BODY` allows; `*` stands for any run of characters.",
  },
} as const satisfies Readonly<Record<string, LimitRow>>;

type Table = typeof callerLimits;

/** The name of a limit. */
export type CallerLimit = keyof Table;

/** What one caller may use; absent: no limit. */
export type CallerLimits = { readonly [Name in CallerLimit]?: Values[Table[Name]["kind"]] | undefined };

type LimitOf<Kind> = { [Name in CallerLimit]: Table[Name]["kind"] extends Kind ? Name : never }[CallerLimit];

/** The limits that are whole numbers. */
export type CountLimit = LimitOf<"count">;

/** The limits that are lists of names. */
export type NamesLimit = LimitOf<"names" | "switch">;

/** The limits of tokens. */
export type TokenLimit = "tokensPerMinute" | "tokensPerDay" | "tokensPerWeek" | "tokensPerMonth";

/** The limits that a team may have: its keys use them up together. */
export const teamLimits = [
  "requestsPerMinute",
  "tokensPerMinute",
  "tokensPerDay",
  "tokensPerWeek",
  "tokensPerMonth",
] as const satisfies readonly CountLimit[];

/** What the keys of a team may use together; absent: no limit. */
export type TeamLimits = Pick<CallerLimits, (typeof teamLimits)[number]>;

/** A caller's limit in words, such as "at most 5 requests a minute". */
export function describeLimit(name: CountLimit, limit: number): string {
  const { unit, window } = callerLimits[name];
  return `at most ${limit} ${unit}${limit === 1 ? "" : "s"} ${window}`;
}
