// One budget's part in the reservation of a call's tokens, and what is said if there is no room. Decides nothing.
import { codedError } from "../errors/codes.ts";
import { callerLimits } from "../schema/shared/caller-limits.ts";
import type { Taken } from "./counting/counters.ts";
import { tokenWindows } from "./counting/token-windows.ts";
import type { TokenBudget } from "./token-budget.ts";

/** The wait if calls in progress hold the tokens: they may give some back at any time. */
const OPEN_RETRY_MS = 1000;

/** One budget's part in a reservation. */
export class Part {
  readonly budget: TokenBudget;
  /** The key of the window that the reservation began in, and when that ends, in milliseconds since 1970. */
  readonly key: string;
  readonly endsAt: number;
  /** What calls in progress held before. */
  readonly openBefore: number;
  readonly limit: number;
  /** What the limit has left, without what this call has asked for. */
  left = 0;
  taken: Taken | undefined = undefined;

  /** Holds so many tokens from now on. */
  constructor(budget: TokenBudget, now: number, tokens: number) {
    const { key, endsAt } = budget.windowAt(now);
    this.budget = budget;
    this.key = key;
    this.endsAt = endsAt;
    this.limit = budget.limit ?? 0;
    this.openBefore = budget.openIn(key);
    budget.changeOpen(key, tokens);
  }

  /** Each of several parallel calls sees what the earlier ones added, so that no two are granted the same tokens. */
  count(taken: Taken | undefined, asked: number): void {
    if (!taken) throw new TypeError("A limited caller is counted or refused.");
    this.taken = taken;
    this.left = this.limit - Math.max(0, taken.used - asked);
  }

  /** Holds so many tokens less. */
  giveBack(tokens: number): void {
    if (tokens === 0) return;
    void this.taken?.undo(tokens);
    this.budget.changeOpen(this.key, -tokens);
  }
}

/** The part that has least left; of those that have the same, the one whose window is the longest. */
export function tightest(parts: readonly Part[]): Part {
  const [first, ...others] = parts;
  if (!first) throw new TypeError("Without limits nothing is tight.");
  let tightest = first;
  for (const part of others) {
    if (part.left < tightest.left || (part.left === tightest.left && part.endsAt > tightest.endsAt)) tightest = part;
  }
  return tightest;
}

/** The error for a call that at least one budget has no room for: it names the one that takes longest to have it. */
export function refuse(parts: readonly Part[], needed: number, now: number): Error {
  const waitFor = ({ left, openBefore, endsAt }: Part) => (left + openBefore >= needed ? OPEN_RETRY_MS : endsAt - now);
  const full = parts.filter(({ left }) => left < needed);
  const longest = full.reduce((one, other) => (waitFor(other) > waitFor(one) ? other : one));
  const { budget, key, limit, left } = longest;
  // By the calls under way in this process.
  const reserved = Math.min(budget.openIn(key), limit);
  const held = reserved > 0 ? ` Calls under way have reserved ${reserved}.` : "";
  const room = left > 0 || reserved === 0 ? `${Math.max(0, left)} are left` : "its other calls hold all that is left";
  const message = `${budget.describe(limit)}; ${room}, this call needs ${needed}.${held}`;
  const { code } = callerLimits[tokenWindows[budget.window].limit];
  return codedError(code, message, { retryAfterMs: waitFor(longest) });
}
