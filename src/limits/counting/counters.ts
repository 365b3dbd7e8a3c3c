// What counts callers' requests and tokens: a counter with a window for each key. In this process's memory everything is there
// at once, in Redis later. Knows no limits and no store.

import type { TokenWindow } from "./token-windows.ts";

/** Additions are taken back only this long before their window ends, in milliseconds: later they might lower the next one. */
export const WINDOW_END_MS = 1_000;

/** A value that is there at once if this process counts, and later if Redis does. */
export type NowOrLater<Value> = Value | Promise<Value>;

/** What a window holds. */
export interface Count {
  readonly used: number;
  /** Until the window ends, in milliseconds from now; 0 if none has begun. */
  readonly resetMs: number;
}

/** The sum after an addition, which can be changed in the same store. Neither function throws: on failure the sum stands. */
export interface Taken extends Count {
  /** Takes points of it back, unless the window is about to end: later they might lower the next one. */
  undo(points: number): NowOrLater<void>;
  /** Adds further points, or subtracts what is below zero. */
  add(points: number): NowOrLater<void>;
}

/** Counts by key; each key's window begins with its first addition. Points are whole, and no sum is below 0. */
export interface Counter {
  /** Adds and yields the sum. If Redis' answer comes too late it throws, and undoes the addition once it does come. */
  take(key: string, points: number): NowOrLater<Taken>;
  /** Adds, or subtracts what is below zero. */
  add(key: string, points: number): NowOrLater<void>;
  read(key: string): NowOrLater<Count>;
}

/** What callers use. */
export interface Counters {
  readonly requests: Counter;
  /** Counts by the window's length; the number of the window is part of the key. */
  readonly tokens: Readonly<Record<TokenWindow, Counter>>;
}

/** Goes on with a value, at once if it is there. `fail` is given what a promise rejects with. */
export function whenThere<Value, Result>(
  value: NowOrLater<Value>,
  use: (value: Value) => NowOrLater<Result>,
  fail?: (error: unknown) => never,
): NowOrLater<Result> {
  return value instanceof Promise ? value.then(use, fail) : use(value);
}
