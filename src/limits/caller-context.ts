// The part of the resolvers' context that depends on the caller: its upstream client, and its viewer.
import { type Caller, createNameTest, isModelAllowed } from "../callers/caller.ts";
import type { OpenAIConnection } from "../openai/client/client.ts";
import type { RequestLimits, ServerContext, Viewer } from "../schema/shared/context.ts";
import type { Gate } from "./admission.ts";
import { createGuardedClient, type GuardedClient } from "./guarded-client.ts";
import type { ReadCache } from "./read-cache.ts";

/** The part of the context that all operations of a caller share. */
export interface CallerContext extends ServerContext {
  readonly caller: Caller;
  readonly openai: GuardedClient;
  readonly viewer: Viewer;
  /** Whether answers report how far the caller's limits are used up. */
  readonly isRated: boolean;
}

/** Builds the contexts, one for each caller object. */
export function createCallerContexts(
  openai: OpenAIConnection,
  gate: Gate,
  readCache: ReadCache,
  serverContext: ServerContext,
): (caller: Caller) => CallerContext {
  const contexts = new WeakMap<Caller, CallerContext>();
  return (caller) => {
    let context = contexts.get(caller);
    if (!context) {
      const requestLimits = limitsOf(caller, serverContext);
      context = { ...serverContext, ...create(caller, openai, gate, readCache), requestLimits };
      contexts.set(caller, context);
    }
    return context;
  };
}

/** The limits of the caller's requests: the server's, or the caller's own in their place. */
function limitsOf({ limits }: Caller, { requestLimits }: ServerContext): RequestLimits {
  return limits.extraBody ? { ...requestLimits, isExtraFieldAllowed: createNameTest(limits.extraBody) } : requestLimits;
}

function create(
  caller: Caller,
  openai: OpenAIConnection,
  gate: Gate,
  readCache: ReadCache,
): Omit<CallerContext, keyof ServerContext> {
  const client = caller.apiKey === undefined ? openai : openai.withApiKey(caller.apiKey);
  const account = gate.limits.of(caller);
  const { team } = caller;
  return {
    caller,
    openai: createGuardedClient(client, caller, { ...gate, account }, readCache),
    isRated: account.isLimited,
    viewer: {
      id: caller.id,
      limits: { ...caller.limits, maxConcurrent: gate.slots.limitOf(caller) },
      mayUseModel: (id) => isModelAllowed(caller, id),
      readUsage: account.read,
      expiresAt: caller.expiresAt,
      team: team && { id: team.id, limits: team.limits, readUsage: account.readTeam },
    },
  };
}
