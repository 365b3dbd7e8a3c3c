// Reserves tokens of a caller's day before a call, and corrects them after it. Knows no requests.
import type { Caller } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import { callerLimits, describeLimit } from "../schema/shared/caller-limits.ts";
import type { CounterStore } from "./counter-store.ts";
import { type NowOrLater, type Taken, whenThere } from "./counters.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

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

/** The tokens of all callers. */
export interface Reservations {
  /**
   * Takes tokens of the caller's day. Parallel calls, also of several processes on one Redis, never get more than
   * there are. Throws BUDGET_EXCEEDED, or OVERLOADED while Redis is away.
   */
  reserve(caller: Caller, estimate: Estimate): NowOrLater<Reservation>;
  /** The tokens of today, and when today ends, in milliseconds from now. Throws OVERLOADED while Redis is away. */
  read(caller: Caller): Promise<{ tokens: number; tokensResetMs: number }>;
}

export function createReservations(store: CounterStore): Reservations {
  /** The tokens that this process' calls in progress hold, by day and caller. */
  const open = new Map<string, number>();

  function changeOpen(key: string, tokens: number): void {
    const left = (open.get(key) ?? 0) + tokens;
    if (left > 0) open.set(key, left);
    else open.delete(key);
  }

  /** `correct` is given the difference between the tokens used and those counted. It never throws. */
  function createReservation(
    key: string,
    tokens: number,
    counted: number,
    correct: (tokens: number) => NowOrLater<void>,
  ): Reservation {
    let settled = false;
    return {
      tokens,
      settle(usedTokens) {
        if (settled) return undefined;
        settled = true;
        changeOpen(key, -tokens);
        const used = Number.isSafeInteger(usedTokens) && usedTokens >= 0 ? usedTokens : tokens;
        return used === counted ? undefined : correct(used - counted);
      },
    };
  }

  /** Without a limit nothing is taken beforehand: no call waits for the counter, and no unused key is stored. */
  function countLater(key: string, tokens: number): Reservation {
    changeOpen(key, tokens);
    return createReservation(key, tokens, 0, (used) => store.use(false, ({ tokens }) => tokens.add(key, used)));
  }

  function takeTokens(key: string, limit: number, { atLeast, atMost }: Estimate): NowOrLater<Reservation> {
    // What can never be granted is not taken, not even briefly: it would block other calls. Taking 0 reads the sum.
    const asked = atLeast > limit ? 0 : Math.min(atMost, limit, shareOf(limit, atLeast));
    const openBefore = open.get(key) ?? 0;
    changeOpen(key, asked);

    function grant(taken: Taken | undefined): Reservation {
      if (!taken) throw new TypeError("A limited caller is counted or refused.");
      // Each of several parallel calls sees what the earlier ones added, so that no two are granted the same tokens.
      const left = limit - Math.max(0, taken.used - asked);
      const tokens = left >= atLeast ? Math.min(asked, left, shareOf(left, atLeast)) : 0;
      void taken.undo(asked - tokens);
      changeOpen(key, tokens - asked);
      if (left >= atLeast) return createReservation(key, tokens, tokens, (difference) => taken.add(difference));
      const reserved = Math.min(open.get(key) ?? 0, limit);
      const retryAfterMs = left + openBefore >= atLeast ? OPEN_RETRY_MS : untilMidnight();
      throw budgetExceeded({ limit, left, reserved, needed: atLeast, retryAfterMs });
    }

    const taking = store.use(true, ({ tokens }) => tokens.take(key, asked));
    return whenThere(taking, grant, (error) => {
      changeOpen(key, -asked);
      throw error;
    });
  }

  return {
    reserve(caller, estimate) {
      const { tokensPerDay } = caller.limits;
      const key = dayKeyOf(store.keyOf(caller));
      return tokensPerDay === undefined ? countLater(key, estimate.atMost) : takeTokens(key, tokensPerDay, estimate);
    },
    async read(caller) {
      const isLimited = caller.limits.tokensPerDay !== undefined;
      const key = dayKeyOf(store.keyOf(caller));
      const count = await store.use(isLimited, ({ tokens }) => tokens.read(key));
      const uncounted = isLimited ? 0 : (open.get(key) ?? 0);
      return { tokens: (count?.used ?? 0) + uncounted, tokensResetMs: untilMidnight() };
    },
  };
}

/** The most that one call takes of what is left. */
function shareOf(left: number, atLeast: number): number {
  return Math.max(atLeast, LEAST_SHARE, Math.floor(left * SHARE));
}

/** The day is part of the key: a call is settled in the day it began in, and no day inherits from another. */
function dayKeyOf(key: string): string {
  return `${Math.floor(Date.now() / DAY_MS)}:${key}`;
}

/** Until the next midnight of UTC, in milliseconds. */
function untilMidnight(): number {
  return DAY_MS - (Date.now() % DAY_MS);
}

interface Shortage {
  limit: number;
  left: number;
  /** By the caller's calls under way in this process. */
  reserved: number;
  needed: number;
  retryAfterMs: number;
}

function budgetExceeded({ limit, left, reserved, needed, retryAfterMs }: Shortage): Error {
  const most = describeLimit("tokensPerDay", limit);
  const held = reserved > 0 ? ` Calls under way have reserved ${reserved}.` : "";
  const room = left > 0 || reserved === 0 ? `${Math.max(0, left)} are left` : "its other calls hold all that is left";
  const message = `This caller may use ${most}; ${room}, this call needs ${needed}.${held}`;
  return codedError(callerLimits.tokensPerDay.code, message, { retryAfterMs });
}
