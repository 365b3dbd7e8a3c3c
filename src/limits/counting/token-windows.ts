// The windows in which tokens are counted: minutes, days, weeks and months of UTC's calendar, each with a number. Counts nothing.
import type { TokenLimit } from "../../schema/shared/caller-limits.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** 1 January 1970 was a Thursday, three days after a Monday. */
const DAYS_AFTER_MONDAY = 3;

/** A length of windows. */
export type TokenWindow = "minute" | "day" | "week" | "month";

interface Row {
  readonly limit: TokenLimit;
  /** How long a window's sum is kept, in seconds: longer than the window, because calls may end after it. */
  readonly keepSeconds: number;
  /** The number of the window at this time, in milliseconds since 1970. */
  numberAt(now: number): number;
  /** When the window of this number ends, in milliseconds since 1970. */
  endOf(number: number): number;
}

/** Every length, the shortest first. */
export const tokenWindows: Readonly<Record<TokenWindow, Row>> = {
  minute: {
    limit: "tokensPerMinute",
    keepSeconds: 2 * 60,
    numberAt: (now) => Math.floor(now / MINUTE_MS),
    endOf: (number) => (number + 1) * MINUTE_MS,
  },
  day: {
    limit: "tokensPerDay",
    keepSeconds: 25 * 60 * 60,
    numberAt: dayOf,
    endOf: (number) => (number + 1) * DAY_MS,
  },
  week: {
    limit: "tokensPerWeek",
    keepSeconds: 8 * 24 * 60 * 60,
    numberAt: (now) => Math.floor((dayOf(now) + DAYS_AFTER_MONDAY) / 7),
    endOf: (number) => (7 * (number + 1) - DAYS_AFTER_MONDAY) * DAY_MS,
  },
  month: {
    limit: "tokensPerMonth",
    keepSeconds: 32 * 24 * 60 * 60,
    numberAt(now) {
      const date = new Date(now);
      return 12 * date.getUTCFullYear() + date.getUTCMonth();
    },
    endOf: (number) => Date.UTC(Math.floor(number / 12), (number % 12) + 1),
  },
};

export const TOKEN_WINDOWS = Object.keys(tokenWindows) as readonly TokenWindow[];

function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}
