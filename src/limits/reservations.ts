// Reserves tokens before a call, in every window that has a limit, and corrects them after it. Knows no requests.
import type { NowOrLater, Taken } from "./counting/counters.ts";
import type { Rates } from "./rates.ts";
import { Part, refuse, tightest } from "./reservation-part.ts";
import type { TokenBudget } from "./token-budget.ts";

/** A call that may cost less than it reserves takes at most this part of what is left, so that there is room beside it. */
const SHARE = 1 / 4;
/** But this many in any case: a smaller share would not hold one long answer. */
const LEAST_SHARE = 16_384;

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

/**
 * `groups` are the caller's budgets, then its team's: what the caller's refuse is not asked of the team's. Budgets without a
 * limit count what a call has used, once it has ended: no call waits for them.
 */
export function createReserve(groups: readonly (readonly TokenBudget[])[]): Reserve {
  const isLimited = ({ limit }: TokenBudget) => limit !== undefined;
  const limited = groups.map((budgets) => budgets.filter(isLimited)).filter((budgets) => budgets.length > 0);
  const unlimited = groups.flat().filter((budget) => !isLimited(budget));
  const least = Math.min(...limited.flat().map(({ limit = Number.POSITIVE_INFINITY }) => limit));

  const countLater = (now: number, tokens: number) => unlimited.map((budget) => new Part(budget, now, tokens));

  return ({ atLeast, atMost }, rates) => {
    const now = Date.now();
    if (limited.length === 0) return createReservation(atMost, NO_PARTS, countLater(now, atMost), rates);
    // What can never be granted is not taken, not even briefly: it would block other calls. Taking 0 reads the sum.
    const asked = atLeast > least ? 0 : Math.min(atMost, least, shareOf(least, atLeast));
    const parts: Part[] = [];

    function takeFrom(place: number): NowOrLater<Reservation> {
      const takings: NowOrLater<Taken | undefined>[] = [];
      const begun = parts.length;
      let isLater = false;
      for (const budget of limited[place] ?? []) {
        const part = new Part(budget, now, asked);
        parts.push(part);
        const taking = budget.take(part.key, asked);
        isLater ||= taking instanceof Promise;
        takings.push(taking);
      }
      const goOn = (taken: readonly (Taken | undefined)[]) => {
        for (let index = 0; index < taken.length; index++) parts[begun + index]?.count(taken[index], asked);
        return place + 1 < limited.length && tightest(parts).left >= atLeast ? takeFrom(place + 1) : grant();
      };
      return isLater ? Promise.allSettled(takings).then(settled(goOn)) : goOn(takings as Taken[]);
    }

    /** Goes on once all have been taken; if one could not be, gives the others back. */
    function settled(goOn: (taken: readonly (Taken | undefined)[]) => NowOrLater<Reservation>) {
      return (results: readonly PromiseSettledResult<Taken | undefined>[]) => {
        const begun = parts.length - results.length;
        const failure = results.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
        if (!failure) return goOn(results.map((result) => (result.status === "fulfilled" ? result.value : undefined)));
        results.forEach((result, index) => {
          if (result.status === "fulfilled") parts[begun + index]?.count(result.value, asked);
        });
        for (const part of parts) part.giveBack(asked);
        throw failure.reason;
      };
    }

    function grant(): Reservation {
      const { limit, left, endsAt } = tightest(parts);
      const tokens = left >= atLeast ? Math.min(asked, left, shareOf(left, atLeast)) : 0;
      for (const part of parts) part.giveBack(asked - tokens);
      rates?.noteTokens({ limit, remaining: left - tokens, resetAt: endsAt });
      if (left < atLeast) throw refuse(parts, atLeast, now);
      return createReservation(tokens, parts, countLater(now, tokens), rates);
    }

    return takeFrom(0);
  };
}

const NO_PARTS: readonly Part[] = [];

/** In `counted` the tokens have been taken; `uncounted` are to count what is used. */
function createReservation(
  tokens: number,
  counted: readonly Part[],
  uncounted: readonly Part[],
  rates: Rates | undefined,
): Reservation {
  let settled = false;
  return {
    tokens,
    settle(usedTokens) {
      if (settled) return undefined;
      settled = true;
      const used = Number.isSafeInteger(usedTokens) && usedTokens >= 0 ? usedTokens : tokens;
      rates?.settle(used - tokens);
      const corrections: NowOrLater<void>[] = [];
      for (const { budget, key, taken } of counted) {
        budget.changeOpen(key, -tokens);
        if (used !== tokens) corrections.push(taken?.add(used - tokens));
      }
      for (const { budget, key } of uncounted) {
        budget.changeOpen(key, -tokens);
        if (used > 0) corrections.push(budget.add(key, used));
      }
      const isLater = corrections.some((correction) => correction instanceof Promise);
      return isLater ? Promise.all(corrections).then(() => undefined) : undefined;
    },
  };
}

/** The most that one call takes of what is left. */
function shareOf(left: number, atLeast: number): number {
  return Math.max(atLeast, LEAST_SHARE, Math.floor(left * SHARE));
}
