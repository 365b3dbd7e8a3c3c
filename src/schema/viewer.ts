// Query.viewer: the caller as the server knows it, its limits, and what it has used of them. Calls no upstream.
import { builder } from "./shared/builder.ts";
import { type CallerLimits, type CountLimit, callerLimits, type NamesLimit } from "./shared/caller-limits.ts";
import type { TokensUsed, Viewer as ViewerContext, ViewerTeam, ViewerUsage } from "./shared/context.ts";

const ViewerLimitsRef = builder.objectRef<CallerLimits>("ViewerLimits").implement({
  description: "What the operator lets the caller use. Null: no limit; `extraBody` is then as the server allows it.",
  fields: (t) =>
    Object.fromEntries(
      Object.entries(callerLimits).map(([name, { kind, description }]) => [
        name,
        kind === "count"
          ? t.field({ type: "SafeInt", description, resolve: (limits) => limits[name as CountLimit] })
          : t.stringList({ description, resolve: (limits) => limits[name as NamesLimit] }),
      ]),
    ),
});

const TokensUsedRef = builder.objectRef<TokensUsed>("TokensUsed").implement({
  description: "The tokens of one window.",
  fields: (t) => ({
    tokens: t.field({
      type: "SafeInt",
      nullable: false,
      description: "Tokens in the window, including those reserved by calls in progress.",
      resolve: ({ tokens }) => tokens,
    }),
    resetAt: t.field({
      type: "DateTime",
      nullable: false,
      description: "When the window ends.",
      resolve: ({ resetMs }) => new Date(Date.now() + resetMs),
    }),
  }),
});

const ViewerUsageRef = builder.objectRef<ViewerUsage>("ViewerUsage").implement({
  description: "What the caller has used up of its limits.",
  fields: (t) => ({
    requests: t.field({
      type: "SafeInt",
      nullable: false,
      description: "Upstream calls in the current minute.",
      resolve: ({ requests }) => requests,
    }),
    requestsResetAt: t.field({
      type: "DateTime",
      nullable: false,
      description: "When that minute ends.",
      resolve: ({ requestsResetMs }) => new Date(Date.now() + requestsResetMs),
    }),
    tokens: t.field({
      type: "SafeInt",
      nullable: false,
      description: "Tokens today, including those reserved by calls in progress.",
      resolve: ({ tokens }) => tokens,
    }),
    tokensResetAt: t.field({
      type: "DateTime",
      nullable: false,
      description: "When the day ends: the next midnight UTC.",
      resolve: ({ tokensResetMs }) => new Date(Date.now() + tokensResetMs),
    }),
    thisMinute: t.field({
      type: TokensUsedRef,
      description: "The tokens of this minute. Null: not counted, as there is no `tokensPerMinute`.",
      resolve: ({ thisMinute }) => thisMinute,
    }),
    thisWeek: t.field({
      type: TokensUsedRef,
      description: "The tokens of this week (UTC). Null: not counted, as there is no `tokensPerWeek`.",
      resolve: ({ thisWeek }) => thisWeek,
    }),
    thisMonth: t.field({
      type: TokensUsedRef,
      description: "The tokens of this month (UTC). Null: not counted, as there is no `tokensPerMonth`.",
      resolve: ({ thisMonth }) => thisMonth,
    }),
  }),
});

const ViewerTeamRef = builder.objectRef<ViewerTeam>("ViewerTeam").implement({
  description: "The keys that have limits together with the caller's. Those of the caller hold as well.",
  fields: (t) => ({
    id: t.exposeID("id", { nullable: false, description: "The team's name, as the operator configured it." }),
    limits: t.field({
      type: ViewerLimitsRef,
      nullable: false,
      description: "What the team may use: requests and tokens; the other limits are each caller's own.",
      resolve: ({ limits }) => limits,
    }),
    used: t.field({
      type: ViewerUsageRef,
      description: "What all its keys have used. Null, with an error, if the counters cannot be read at the moment.",
      resolve: (team) => team.readUsage(),
    }),
  }),
});

const Viewer = builder.objectRef<ViewerContext>("Viewer").implement({
  description: "The caller, as the server knows it.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description:
        "The caller's id: a client key's, or a JWT's `sub`. `anonymous` if the server does not tell callers apart.",
    }),
    limits: t.field({
      type: ViewerLimitsRef,
      nullable: false,
      description: "What the caller may use.",
      resolve: ({ limits }) => limits,
    }),
    used: t.field({
      type: ViewerUsageRef,
      description: "What the caller has used. Null, with an error, if the counters cannot be read at the moment.",
      resolve: (viewer) => viewer.readUsage(),
    }),
    team: t.field({
      type: ViewerTeamRef,
      description: "The team that the caller's key is in. Null if it is in none.",
      resolve: ({ team }) => team,
    }),
    expiresAt: t.field({
      type: "DateTime",
      description: "When the caller's client key is good no more. Null: never, or the caller has none.",
      resolve: ({ expiresAt }) => (expiresAt === undefined ? null : new Date(expiresAt)),
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: Viewer,
    description: "The caller, its limits, and what it has used of them. Calls no upstream and costs nothing.",
    resolve: (_, _arguments, { viewer }) => viewer,
  }),
);
