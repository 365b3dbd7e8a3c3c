// How long operations took: by kind for the whole run, and of all kinds in the worst ten seconds.

const WINDOW_MS = 10_000;

export class Latencies {
  readonly #byKind = new Map<string, number[]>();
  readonly #byWindow: number[][] = [];
  readonly #startedAt = performance.now();

  /** `dueAt` is when the operation was to begin: one that had to wait for others was late for its user, too. */
  add(kind: string, dueAt: number): void {
    const now = performance.now();
    const window = Math.floor((dueAt - this.#startedAt) / WINDOW_MS);
    const times = this.#byKind.get(kind) ?? [];
    times.push(now - dueAt);
    this.#byKind.set(kind, times);
    this.#byWindow[window] ??= [];
    this.#byWindow[window].push(now - dueAt);
  }

  /** The largest 99th percentile of any kind, and of any ten seconds, in milliseconds. */
  worst(): { kind: number; window: number; windowStart: number } {
    const windows = this.#byWindow.map((times) => percentile(times, 0.99));
    const window = Math.max(...windows.filter((time) => time !== undefined));
    return {
      kind: Math.max(...[...this.#byKind.values()].map((times) => percentile(times, 0.99))),
      window,
      windowStart: (windows.indexOf(window) * WINDOW_MS) / 1_000,
    };
  }

  /** One line for each kind. */
  lines(): string[] {
    return [...this.#byKind].map(([kind, times]) => {
      const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map((part) => percentile(times, part).toFixed(0));
      return `${kind}: ${times.length} times, p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, max ${max} ms`;
    });
  }
}

function percentile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
