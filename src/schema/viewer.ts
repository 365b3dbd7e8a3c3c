// Query.viewer: who the server takes the caller for, and what is left to it. Calls no upstream.
import { builder } from "./shared/builder.ts";
import type { Viewer as ViewerContext, ViewerLimits, ViewerUsage } from "./shared/context.ts";

const ViewerLimitsRef = builder.objectRef<ViewerLimits>("ViewerLimits").implement({
  description: "What the operator lets the caller use. Null: no limit.",
  fields: (t) => ({
    requestsPerMinute: t.field({
      type: "SafeInt",
      description: "Upstream calls in a minute; each root field that needs the upstream is one.",
      resolve: ({ requestsPerMinute }) => requestsPerMinute,
    }),
    tokensPerDay: t.field({
      type: "SafeInt",
      description: "Tokens in a day of UTC, prompts and answers together.",
      resolve: ({ tokensPerDay }) => tokensPerDay,
    }),
    models: t.stringList({
      description: "The models that may be named; `*` stands for any run of characters.",
      resolve: ({ models }) => models,
    }),
    operations: t.stringList({
      description:
        "The root fields that may be selected, such as `models`, `Query` or `Subscription.chat`, `*` as above.",
      resolve: ({ operations }) => operations,
    }),
  }),
});

const ViewerUsageRef = builder.objectRef<ViewerUsage>("ViewerUsage").implement({
  description: "What the caller has used up of its limits.",
  fields: (t) => ({
    requests: t.field({
      type: "SafeInt",
      nullable: false,
      description: "Upstream calls in the minute that runs.",
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
      description: "Tokens today, those included that calls under way have reserved.",
      resolve: ({ tokens }) => tokens,
    }),
    tokensResetAt: t.field({
      type: "DateTime",
      nullable: false,
      description: "When the day ends: the next midnight UTC.",
      resolve: ({ tokensResetMs }) => new Date(Date.now() + tokensResetMs),
    }),
  }),
});

const Viewer = builder.objectRef<ViewerContext>("Viewer").implement({
  description: "The caller, as the server knows it.",
  fields: (t) => ({
    id: t.exposeID("id", {
      nullable: false,
      description: "The caller's id: a client key's, or a JWT's `sub`. `anonymous` where callers are not told apart.",
    }),
    limits: t.field({
      type: ViewerLimitsRef,
      nullable: false,
      description: "What the caller may use.",
      resolve: ({ limits }) => limits,
    }),
    used: t.field({
      type: ViewerUsageRef,
      description: "What the caller has used. Null, with an error: the counters cannot be read at the moment.",
      resolve: (viewer) => viewer.readUsage(),
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: Viewer,
    description: "The caller, its limits and what is left of them. Calls no upstream and costs nothing.",
    resolve: (_, _arguments, { viewer }) => viewer,
  }),
);
