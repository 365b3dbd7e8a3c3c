// Reserves tokens before a call, in every window that has a limit, and corrects them after it. Knows no requests.
import { codedError } from "../errors/codes.ts";
import { callerLimits } from "../schema/shared/caller-limits.ts";
import type { NowOrLater, Taken } from "./counting/counters.ts";
import { tokenWindows } from "./counting/token-windows.ts";
import type { Rates, Standing } from "./rates.ts";
import type { TokenBudget } from "./token-budget.ts";

/** A call that may cost less than it reserves takes at most this part of what is left, so that there is room beside it. */
const SHARE = 1 / 4;
/** But this many in any case: a smaller share would not hold one long answer. */
const LEAST_SHARE = 16_384;

/** The wait if calls in progress hold the tokens: they may give some back at any time. */
const OPEN_RETRY_MS = 1000;

/** How many tokens a call may cost: whole numbers. */
export interface Estimate {
  /** If fewer are left, the call is refused. */
  readonly atLeast: number;
  /** This many are taken, or as many as are left. If that is a guess, above `atLeast`, no more than a share of what is left. */
  readonly atMost: number;
}

/** Tokens that are set aside for a call. */
export interface Reservation {
  readonly tokens: number;
  /**
   * Replaces the reserved tokens with those really used, which may be more. To be called once the call has ended,
   * however it ended; only the first time counts. Never throws; on failure, and if `usedTokens` is not a count, the
   * reservation stands.
   */
  settle(usedTokens: number): NowOrLater<void>;
}

/**
 * Takes tokens. Parallel calls, also of several processes on one Redis, never get more than there are in any window.
 * Throws BUDGET_EXCEEDED, or OVERLOADED while Redis is away; then nothing is taken. `rates` learns what is left.
 */
export type Reserve = (estimate: Estimate, rates?: Rates) => NowOrLater<Reservation>;

/** One budget's part in a reservation: the key of the window that it began in. */
interface Part {
  readonly budget: TokenBudget;
  readonly key: string;
  /** What calls in progress held before. */
  readonly openBefore: number;
}

/** The part of a budget that has a limit. */
interface TakenPart extends Part {
  readonly taken: Taken;
  readonly limit: number;
  /** Without what the call itself has asked for. */
  readonly left: number;
}

/**
 * `groups` are the caller's budgets, then its team's: what the caller's refuse is not asked of the team's. Budgets without a
 * limit count what a call has used, once it has ended: no call waits for them.
 */
export function createReserve(groups: readonly (readonly TokenBudget[])[]): Reserve {
  const isLimited = ({ limit }: TokenBudget) => limit !== undefined;
  const limited = groups.map((budgets) => budgets.filter(isLimited)).filter((budgets) => budgets.length > 0);
  const unlimited = groups.flat().filter((budget) => !isLimited(budget));
  const least = Math.min(...limited.flat().map(({ limit = Number.POSITIVE_INFINITY }) => limit));

  return ({ atLeast, atMost }, rates) => {
    const now = Date.now();
    if (limited.length === 0)
      return createReservation(atMost, { counted: [], uncounted: enter(unlimited, now, atMost) });
    // What can never be granted is not taken, not even briefly: it would block other calls. Taking 0 reads the sum.
    const asked = atLeast > least ? 0 : Math.min(atMost, least, shareOf(least, atLeast));
    const parts: TakenPart[] = [];

    /** Each of several parallel calls sees what the earlier ones added, so that no two are granted the same tokens. */
    function add(part: Part, taken: Taken | undefined): void {
      if (!taken) throw new TypeError("A limited caller is counted or refused.");
      const { limit = 0 } = part.budget;
      parts.push({ ...part, taken, limit, left: limit - Math.max(0, taken.used - asked) });
    }

    function takeFrom(place: number): NowOrLater<Reservation> {
      const entered = enter(limited[place] ?? [], now, asked);
      const takings = entered.map(({ budget, key }) => budget.take(key, asked));
      const goOn = (taken: readonly (Taken | undefined)[]) => {
        entered.forEach((part, index) => void add(part, taken[index]));
        return place + 1 < limited.length && leftIn(parts) >= atLeast ? takeFrom(place + 1) : grant();
      };
      if (!takings.some((taking) => taking instanceof Promise)) return goOn(takings as Taken[]);
      return Promise.allSettled(takings).then((results) => {
        const failure = results.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
        const taken = results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
        if (!failure) return goOn(taken);
        for (const one of [...taken, ...parts.map((part) => part.taken)]) void one?.undo(asked);
        for (const { budget, key } of [...entered, ...parts]) budget.changeOpen(key, -asked);
        throw failure.reason;
      });
    }

    function grant(): Reservation {
      const left = leftIn(parts);
      const tokens = left >= atLeast ? Math.min(asked, left, shareOf(left, atLeast)) : 0;
      for (const { budget, key, taken } of parts) {
        void taken.undo(asked - tokens);
        budget.changeOpen(key, tokens - asked);
      }
      rates?.noteTokens(parts.map((part) => standingOf(part, tokens, now)));
      if (left < atLeast) throw refuse(parts, atLeast, now);
      return createReservation(tokens, { counted: parts, uncounted: enter(unlimited, now, tokens), rates });
    }

    return takeFrom(0);
  };
}

function enter(budgets: readonly TokenBudget[], now: number, tokens: number): readonly Part[] {
  return budgets.map((budget) => {
    const key = budget.enter(now);
    const openBefore = budget.openIn(key);
    budget.changeOpen(key, tokens);
    return { budget, key, openBefore };
  });
}

function leftIn(parts: readonly TakenPart[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { left } of parts) least = Math.min(least, left);
  return least;
}

function standingOf({ budget, limit, left }: TakenPart, tokens: number, now: number): Standing {
  return { limit, remaining: left - tokens, resetAt: budget.endAfter(now) };
}

interface Parts {
  /** In these budgets the tokens have been taken. */
  readonly counted: readonly TakenPart[];
  /** These are to count what is used. */
  readonly uncounted: readonly Part[];
  readonly rates?: Rates | undefined;
}

function createReservation(tokens: number, { counted, uncounted, rates }: Parts): Reservation {
  let settled = false;
  return {
    tokens,
    settle(usedTokens) {
      if (settled) return undefined;
      settled = true;
      const used = Number.isSafeInteger(usedTokens) && usedTokens >= 0 ? usedTokens : tokens;
      for (const { budget, key } of counted) budget.changeOpen(key, -tokens);
      for (const { budget, key } of uncounted) budget.changeOpen(key, -tokens);
      rates?.settle(used - tokens);
      const corrections = used === tokens ? [] : counted.map(({ taken }) => taken.add(used - tokens));
      if (used > 0) for (const { budget, key } of uncounted) corrections.push(budget.add(key, used));
      return corrections.some((correction) => correction instanceof Promise)
        ? Promise.all(corrections).then(() => undefined)
        : undefined;
    },
  };
}

/** The most that one call takes of what is left. */
function shareOf(left: number, atLeast: number): number {
  return Math.max(atLeast, LEAST_SHARE, Math.floor(left * SHARE));
}

/** The error for a call that at least one budget has no room for: it names the one that takes longest to have it. */
function refuse(parts: readonly TakenPart[], needed: number, now: number): Error {
  const waits = parts
    .filter(({ left }) => left < needed)
    .map((part) => {
      const { budget, left, openBefore } = part;
      return { ...part, retryAfterMs: left + openBefore >= needed ? OPEN_RETRY_MS : budget.endAfter(now) - now };
    });
  const longest = waits.reduce((one, other) => (other.retryAfterMs > one.retryAfterMs ? other : one));
  const { budget, key, limit, left, retryAfterMs } = longest;
  // By the calls under way in this process.
  const reserved = Math.min(budget.openIn(key), limit);
  const held = reserved > 0 ? ` Calls under way have reserved ${reserved}.` : "";
  const room = left > 0 || reserved === 0 ? `${Math.max(0, left)} are left` : "its other calls hold all that is left";
  const message = `${budget.describe(limit)}; ${room}, this call needs ${needed}.${held}`;
  return codedError(callerLimits[tokenWindows[budget.window].limit].code, message, { retryAfterMs });
}
