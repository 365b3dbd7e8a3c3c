// The soak's figures: what it counts, and how it prints them.
import type { Usage } from "./server.ts";

/** All that is counted. */
export class Tally {
  operations = 0;
  served = 0;
  aborted = 0;
  /** Errors by code, all of them what the upstream's fault comes to. */
  readonly errors = new Map<string, number>();
  /** No answer at all. */
  lost = 0;
  /** Upstream requests that no fault explains. */
  doubled = 0;
  /** Answers that hold another request's nonce, or another outcome than the upstream's. */
  wrong = 0;
  /** The first few of the three, in words. */
  readonly problems: string[] = [];

  addError(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  addProblem(kind: "lost" | "doubled" | "wrong", words: string): void {
    this[kind]++;
    if (this.problems.length < 20) this.problems.push(`${kind}: ${words}`);
  }
}

/** The memory at one moment, in minutes since the start and MB. */
export interface Sample {
  minute: number;
  rss: number;
  heap: number;
}

/** The mean of each quarter of the time, in MB: whether a slope is growth or the collector's ups and downs. */
export function quartersOf(samples: readonly Sample[]): number[] {
  return [0, 1, 2, 3].map((quarter) => {
    const [from, to] = [quarter, quarter + 1].map((place) => Math.round((place * samples.length) / 4));
    return mean(samples.slice(from, to).map(({ rss }) => rss));
  });
}

/** By least squares, in MB a minute. */
export function slopeOf(samples: readonly Sample[], read: (sample: Sample) => number): number {
  const minute = mean(samples.map((sample) => sample.minute));
  const level = mean(samples.map(read));
  const spread = samples.reduce((sum, sample) => sum + (sample.minute - minute) ** 2, 0);
  return samples.reduce((sum, sample) => sum + (sample.minute - minute) * (read(sample) - level), 0) / spread;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One line of the figures so far. */
export function describe(tally: Tally, usage: Usage, upstreamRequests: number): string {
  const errors = [...tally.errors].sort().map(([code, count]) => `${code} ${count}`);
  const handles = Object.entries(usage.handles).map(([kind, count]) => `${kind} ${count}`);
  return [
    `${tally.operations} operations: ${tally.served} served, ${tally.aborted} aborted, ${errors.join(", ") || "no errors"}`,
    `${upstreamRequests} upstream requests`,
    `lost ${tally.lost}, doubled ${tally.doubled}, wrong ${tally.wrong}`,
    `RSS ${usage.rss.toFixed(1)} MB, heap ${usage.heap.toFixed(1)} MB`,
    `${usage.descriptors ?? "unknown"} descriptors`,
    `handles: ${handles.join(", ")}`,
  ].join("; ");
}
