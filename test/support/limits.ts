// Sets up callers and their limits for tests, and sums up how parallel calls ended.
import { onTestFinished } from "vitest";
import type { Caller } from "../../src/callers/caller.ts";
import { createLimits } from "../../src/limits/limits.ts";
import type { Rates } from "../../src/limits/rates.ts";
import type { Estimate } from "../../src/limits/reservations.ts";
import type { CallerLimits } from "../../src/schema/shared/caller-limits.ts";

export function createCaller(limits: CallerLimits = {}, id = "team"): Caller {
  return { id, key: `key:${id}`, limits };
}

/** Limits that end with the test, and what they reported. `limits` always answers by promises, `plain` as it does. */
export function startLimits(redisUrl?: string, redisDown: "refuse" | "serve" = "refuse") {
  const faults: unknown[] = [];
  const plain = createLimits({ redisUrl, redisDown }, (fault) => faults.push(fault));
  onTestFinished(() => plain.close());
  const limits = {
    takeRequest: async (caller: Caller, rates?: Rates) => plain.of(caller).takeRequest(rates),
    reserveTokens: async (caller: Caller, estimate: Estimate, rates?: Rates) =>
      plain.of(caller).reserveTokens(estimate, rates),
    read: (caller: Caller) => plain.of(caller).read(),
    readTeam: (caller: Caller) => plain.of(caller).readTeam(),
    close: plain.close,
  };
  return { limits, plain, faults };
}

/** How often each outcome came: "done", or the error's code. */
export async function countOutcomes(calls: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of await Promise.allSettled(calls)) {
    const outcome = result.status === "fulfilled" ? "done" : String(result.reason.extensions?.code ?? result.reason);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** `count` calls at once. */
export function inParallel<Result>(count: number, call: () => Promise<Result>): Promise<Result>[] {
  return Array.from({ length: count }, call);
}

/** How long `call` took, however it ended, in milliseconds. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call().catch(() => {});
  return performance.now() - startedAt;
}

/** What `call` throws; fails where it throws nothing. */
export async function failure(
  call: Promise<unknown>,
): Promise<{ message: string; extensions: Record<string, unknown> }> {
  return call.then(
    () => Promise.reject(new Error("Nothing was thrown.")),
    (error) => error,
  );
}
