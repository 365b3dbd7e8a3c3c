// The guarded client without GraphQL in front of it: one caller's calls, what they cost, and what is reported of them.
import { onTestFinished } from "vitest";
import { createHashEndUser } from "../../src/callers/end-user.ts";
import { createGuardedClient } from "../../src/limits/guarded-client.ts";
import { createReadCache } from "../../src/limits/read-cache.ts";
import { createSlots } from "../../src/limits/slots.ts";
import type { OpenAIClientOptions } from "../../src/openai/client/attempt.ts";
import { createOpenAIClient, type OpenAIClient } from "../../src/openai/client/client.ts";
import { createLogger, createLogObserver } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { OperationRecord } from "../../src/telemetry/operation-record.ts";
import { createCaller, startLimits } from "./limits.ts";
import { readScrape } from "./metrics.ts";

/**
 * Opens the upstream at `upstreamUrl` for one caller, with these options of the client's; it is closed with the test. Answers are
 * kept for a minute.
 */
export function openGuarded(
  upstreamUrl: string,
  callerLimits: { tokensPerDay?: number; models?: string[] } = {},
  options: Partial<OpenAIClientOptions> = {},
) {
  const { plain: limits } = startLimits();
  const caller = createCaller(callerLimits);
  const openai = createOpenAIClient({
    baseUrl: new URL(upstreamUrl),
    apiKey: undefined,
    organization: undefined,
    project: undefined,
    headersTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    totalTimeoutMs: 10_000,
    maxRetries: 0,
    maxUpstreamBytes: 100_000,
    maxUpstreamValues: 1_000_000,
    ...options,
  });
  onTestFinished(() => openai.close());
  const metrics = createMetrics(() => openai.stats());
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogObserver(createLogger("info", destination), destination);
  const client = createGuardedClient(
    openai,
    caller,
    {
      slots: createSlots(10, 10),
      account: limits.of(caller),
      hashEndUser: createHashEndUser(),
      obeyedCaps: new Set<string>(),
    },
    createReadCache(60_000),
  );

  return {
    /** Makes calls as those of one operation, which has ended when this resolves. */
    async operate<Result>(call: (client: OpenAIClient) => Promise<Result>): Promise<Result> {
      const operation = new OperationRecord({ requestId: "r", transport: "http" }, [metrics.observer, log]);
      try {
        return await call(client.within({ observer: operation.beginField("field", "field") }));
      } finally {
        operation.end(false);
      }
    },
    /** The tokens that the caller has used, those of calls under way included. */
    readTokens: async () => (await limits.of(caller).read()).tokens,
    readMetrics: async () => readScrape(String((await metrics.read()).text)),
    /** The upstream calls in the log. */
    loggedCalls: () => lines.flatMap((line) => JSON.parse(line).upstream ?? []),
  };
}

export const signal = () => new AbortController().signal;
