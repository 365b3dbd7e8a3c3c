// The resident memory and the processor time of the server's process, as the system counts them.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 100;

/** What the process has used since the watch began; zeros without /proc. */
export interface PeakUsage {
  /** The most memory, in MB of 2^20 bytes. */
  rss: number;
  /** After how many seconds it was reached. */
  second: number;
  /** What part of the time its main thread ran, and what part it waited for a processor that others used. */
  ran: number;
  waited: number;
}

/** Begins to watch; the function that it yields ends the watch. */
export async function watchUsage(pid: number): Promise<() => Promise<PeakUsage>> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const before = await readSchedule(pid);
  let isOver = false;
  let seen = 0;
  let second = 0;
  void (async () => {
    while (!isOver) {
      const rss = await readMemory(pid, "VmRSS");
      if (rss > seen) second = seconds();
      seen = Math.max(seen, rss);
      await sleep(EVERY_MS, undefined, { ref: false });
    }
  })();
  return async () => {
    isOver = true;
    const after = await readSchedule(pid);
    const [ran, waited] = [after.ran - before.ran, after.waited - before.waited].map((spent) => spent / seconds());
    // Between two looks it may have been more: the system keeps the highest.
    return { rss: Math.max(seen, await readMemory(pid, "VmHWM")), second, ran: ran ?? 0, waited: waited ?? 0 };
  };
}

async function readMemory(pid: number, name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1_024;
}

/** In seconds. https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat */
async function readSchedule(pid: number): Promise<{ ran: number; waited: number }> {
  const stat = await readFile(`/proc/${pid}/task/${pid}/schedstat`, "utf8").catch(() => "0 0");
  const [ran = 0, waited = 0] = stat.split(" ").map((nanoseconds) => Number(nanoseconds) / 1e9);
  return { ran, waited };
}
