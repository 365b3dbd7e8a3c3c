// The tokens of one caller, or of its team, in windows of one length. Reserves nothing by itself.
import { describeLimit } from "../schema/shared/caller-limits.ts";
import type { TokensUsed } from "../schema/shared/context.ts";
import type { CounterStore } from "./counting/counter-store.ts";
import type { NowOrLater, Taken } from "./counting/counters.ts";
import { type TokenWindow, tokenWindows } from "./counting/token-windows.ts";
import type { Spender } from "./spender.ts";

/** The tokens that this process' calls in progress hold, by window and key. */
export type OpenTokens = Readonly<Record<TokenWindow, Map<string, number>>>;

export function createOpenTokens(): OpenTokens {
  return { minute: new Map(), day: new Map(), week: new Map(), month: new Map() };
}

export interface BudgetOptions {
  store: CounterStore;
  open: OpenTokens;
  spender: Spender;
  window: TokenWindow;
}

interface Window {
  /** In the store, without the name of the window's length. */
  readonly key: string;
  /** When it was looked at first: before that, the clock has been put back. Both in milliseconds since 1970. */
  readonly beganAt: number;
  readonly endsAt: number;
}

/** Counts in the window of now; what has been taken in an earlier one is corrected there. */
export class TokenBudget {
  /** Undefined: none. */
  readonly limit: number | undefined;
  readonly window: TokenWindow;
  readonly #store: CounterStore;
  readonly #open: Map<string, number>;
  readonly #spender: Spender;
  readonly #storeKey: string;
  #window: Window = { key: "", beganAt: Number.POSITIVE_INFINITY, endsAt: 0 };

  constructor({ store, open, spender, window }: BudgetOptions) {
    this.limit = spender.limits[tokenWindows[window].limit];
    this.window = window;
    this.#store = store;
    this.#open = open[window];
    this.#spender = spender;
    this.#storeKey = store.keyOf(spender.key);
  }

  /** The window of now: none inherits from another. */
  windowAt(now: number): Window {
    const { beganAt, endsAt } = this.#window;
    if (now >= endsAt || now < beganAt) {
      const { numberAt, endOf } = tokenWindows[this.window];
      const number = numberAt(now);
      this.#window = { key: `${number}:${this.#storeKey}`, beganAt: now, endsAt: endOf(number) };
    }
    return this.#window;
  }

  /** Throws OVERLOADED while Redis is away. */
  take(key: string, tokens: number): NowOrLater<Taken | undefined> {
    return this.#store.use(true, (counters) => counters.tokens[this.window].take(key, tokens));
  }

  /** Counts what has been used, for a budget without a limit. */
  add(key: string, tokens: number): NowOrLater<void> {
    return this.#store.use(false, (counters) => counters.tokens[this.window].add(key, tokens));
  }

  /** The tokens that this process' calls in progress hold in that window. */
  openIn(key: string): number {
    return this.#open.get(key) ?? 0;
  }

  changeOpen(key: string, tokens: number): void {
    const left = this.openIn(key) + tokens;
    if (left > 0) this.#open.set(key, left);
    else this.#open.delete(key);
  }

  /** What has been used in the window of now, reservations included. Throws OVERLOADED while Redis is away if there is a limit. */
  async read(): Promise<TokensUsed> {
    const isLimited = this.limit !== undefined;
    const now = Date.now();
    const { key, endsAt } = this.windowAt(now);
    const count = await this.#store.use(isLimited, (counters) => counters.tokens[this.window].read(key));
    const uncounted = isLimited ? 0 : this.openIn(key);
    return { tokens: (count?.used ?? 0) + uncounted, resetMs: endsAt - now };
  }

  /** Who may use how much, as it begins a message. */
  describe(limit: number): string {
    return `${this.#spender.name} may use ${describeLimit(tokenWindows[this.window].limit, limit)}`;
  }
}
