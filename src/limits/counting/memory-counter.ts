// A counter in this process's memory: nothing waits for a promise, and no window has a timer.
import { type Count, type Counter, type Taken, WINDOW_END_MS } from "./counters.ts";

/** What one key has used. */
interface Window {
  used: number;
  /** By the wall clock, in milliseconds. */
  readonly endsAt: number;
}

const NOTHING: Count = { used: 0, resetMs: 0 };

/** Never throws. */
export class MemoryCounter implements Counter {
  readonly #windowMs: number;
  #windows = new Map<string, Window>();
  /** Those begun before the last turn. At the next one all of them have ended, and are dropped together. */
  #older = new Map<string, Window>();
  #turnsAt = Number.NEGATIVE_INFINITY;

  constructor(windowSeconds: number) {
    this.#windowMs = windowSeconds * 1000;
  }

  take(key: string, points: number): Taken {
    const now = Date.now();
    const window = this.#find(key, now) ?? this.#begin(key, now);
    window.used += points;
    return new TakenHere(window, now);
  }

  add(key: string, points: number): void {
    this.take(key, points);
  }

  read(key: string): Count {
    const now = Date.now();
    const window = this.#find(key, now);
    return window ? new TakenHere(window, now) : NOTHING;
  }

  #find(key: string, now: number): Window | undefined {
    const window = this.#windows.get(key) ?? this.#older.get(key);
    return window && this.#isAhead(window.endsAt, now) ? window : undefined;
  }

  #begin(key: string, now: number): Window {
    if (!this.#isAhead(this.#turnsAt, now)) {
      this.#older = this.#windows;
      this.#windows = new Map();
      this.#turnsAt = now + this.#windowMs;
    }
    const window = { used: 0, endsAt: now + this.#windowMs };
    this.#windows.set(key, window);
    return window;
  }

  /** A moment further away than a window is long was set before the clock was put back: it has passed. */
  #isAhead(moment: number, now: number): boolean {
    return moment > now && moment - now <= this.#windowMs;
  }
}

/** The sum as it was, and its window. */
class TakenHere implements Taken {
  readonly used: number;
  readonly resetMs: number;
  readonly #window: Window;

  constructor(window: Window, now: number) {
    this.used = window.used;
    this.resetMs = window.endsAt - now;
    this.#window = window;
  }

  undo(points: number): void {
    if (this.resetMs > WINDOW_END_MS) this.#window.used -= points;
  }

  add(points: number): void {
    this.#window.used += points;
  }
}
