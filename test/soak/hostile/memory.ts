// The resident memory of the server's process, as the system counts it.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 100;

export interface MemoryWatch {
  /** The most so far in MB, of 2^20 bytes, and after how many seconds it was reached; no more than 0 without /proc. */
  peak(): Promise<{ rss: number; second: number }>;
  stop(): void;
}

/** Begins to watch. */
export function watchMemory(pid: number): MemoryWatch {
  const startedAt = performance.now();
  let isOver = false;
  let seen = 0;
  let second = 0;
  void (async () => {
    while (!isOver) {
      const rss = await read(pid, "VmRSS");
      if (rss > seen) second = (performance.now() - startedAt) / 1_000;
      seen = Math.max(seen, rss);
      await sleep(EVERY_MS, undefined, { ref: false });
    }
  })();
  return {
    // Between two looks it may have been more: the system keeps the highest.
    peak: async () => ({ rss: Math.max(seen, await read(pid, "VmHWM")), second }),
    stop() {
      isOver = true;
    },
  };
}

async function read(pid: number, name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1_024;
}
