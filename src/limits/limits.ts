// Counts callers against their limits of requests and tokens, and against their teams'. Knows neither the calls nor the store.
import { ANYBODY, type Caller } from "../callers/caller.ts";
import { teamLimits } from "../schema/shared/caller-limits.ts";
import type { ViewerUsage } from "../schema/shared/context.ts";
import { type CounterStore, type CounterStoreOptions, createCounterStore } from "./counting/counter-store.ts";
import { type NowOrLater, whenThere } from "./counting/counters.ts";
import { TOKEN_WINDOWS, tokenWindows } from "./counting/token-windows.ts";
import type { Rates } from "./rates.ts";
import { createRequestCount, type RequestCount } from "./request-count.ts";
import { createReserve, type Reserve } from "./reservations.ts";
import { type Spender, spendersOf } from "./spender.ts";
import { createOpenTokens, type OpenTokens, TokenBudget } from "./token-budget.ts";

/**
 * Counts callers, also those without limits, unless the server does not distinguish them. Without Redis everything is
 * there at once, and what is thrown is thrown at once; with Redis within a second. While Redis is away, callers with the
 * limit in question are refused with OVERLOADED, or counted in memory; callers without it are served.
 */
export interface Limits {
  /** What one caller has used and may use. To be asked for once for a caller object. */
  of(caller: Caller): Account;
  /** Ends the connection to Redis, after commands in progress. */
  close(): Promise<void>;
}

/** One caller's counts. `rates` learns how far limits are used up. */
export interface Account {
  /** Whether the caller, or its team, has a limit of requests or tokens. */
  readonly isLimited: boolean;
  /**
   * Counts one upstream call, and returns a function that takes it back if the call is not made. Throws RATE_LIMITED
   * with `retryAfterMs` when the minute is used up. A caller without that limit does not wait for the counter.
   */
  takeRequest(rates?: Rates): NowOrLater<() => void>;
  /**
   * Takes tokens of every window with a limit before they are spent. Throws BUDGET_EXCEEDED with `retryAfterMs` if fewer
   * than `atLeast` are left in one of them.
   */
  readonly reserveTokens: Reserve;
  /** What the caller has used. If that cannot be read it throws OVERLOADED, or yields 0 for what has no limit. */
  read(): Promise<ViewerUsage>;
  /** The same for its team. */
  readTeam(): Promise<ViewerUsage>;
}

/** Begins to connect if there is a Redis; `report` is called for its failures, at most once a minute. */
export function createLimits(options: CounterStoreOptions, report: (fault: unknown) => void): Limits {
  const store = createCounterStore(options, report);
  const open = createOpenTokens();
  return {
    of: (caller) => (caller.key === ANYBODY.key ? UNCOUNTED : createAccount(caller, store, open)),
    close: () => store.close(),
  };
}

const NOTHING_USED: ViewerUsage = { requests: 0, requestsResetMs: 0, tokens: 0, tokensResetMs: 0 };

/** Of callers that are not told apart. */
const UNCOUNTED: Account = {
  isLimited: false,
  takeRequest: () => () => {},
  reserveTokens: ({ atMost }) => ({ tokens: atMost, settle() {} }),
  read: async () => NOTHING_USED,
  readTeam: async () => NOTHING_USED,
};

function createAccount(caller: Caller, store: CounterStore, open: OpenTokens): Account {
  const spenders = spendersOf(caller);
  const counts = spenders.map((spender) => createRequestCount(store, spender));
  const budgets = spenders.map((spender) => createBudgets(spender, store, open));
  const isLimited = spenders.some(({ limits }) => teamLimits.some((name) => limits[name] !== undefined));
  return {
    isLimited,
    takeRequest: createTakeRequest(counts),
    reserveTokens: createReserve(budgets),
    read: () => readUsage(counts[0], budgets[0]),
    readTeam: () => readUsage(counts[1], budgets[1]),
  };
}

/** The days are counted in any case: other windows only if there is a limit. */
function createBudgets(spender: Spender, store: CounterStore, open: OpenTokens): readonly TokenBudget[] {
  return TOKEN_WINDOWS.filter(
    (window) => window === "day" || spender.limits[tokenWindows[window].limit] !== undefined,
  ).map((window) => new TokenBudget({ store, open, spender, window }));
}

/** Counts one after the other: what one of them refuses is not counted by any. */
function createTakeRequest([own, team]: readonly RequestCount[]): Account["takeRequest"] {
  if (!own) return () => () => {};
  return (rates) => {
    rates?.beginRequests();
    if (!team) return own.take(rates);
    return whenThere(own.take(rates), (undoOwn) => {
      const giveBack = (error: unknown): never => {
        undoOwn();
        throw error;
      };
      let taking: NowOrLater<() => void>;
      try {
        taking = team.take(rates);
      } catch (error) {
        return giveBack(error);
      }
      const undoBoth = (undoTeam: () => void) => () => {
        undoOwn();
        undoTeam();
      };
      return whenThere(taking, undoBoth, giveBack);
    });
  };
}

async function readUsage(
  count: RequestCount | undefined,
  budgets: readonly TokenBudget[] | undefined,
): Promise<ViewerUsage> {
  if (!count || !budgets) return NOTHING_USED;
  const [requests, ...tokens] = await Promise.all([count.read(), ...budgets.map((budget) => budget.read())]);
  const byWindow = new Map(budgets.map(({ window }, place) => [window, tokens[place]]));
  const day = byWindow.get("day");
  return {
    ...requests,
    tokens: day?.tokens ?? 0,
    tokensResetMs: day?.resetMs ?? 0,
    thisMinute: byWindow.get("minute"),
    thisWeek: byWindow.get("week"),
    thisMonth: byWindow.get("month"),
  };
}
