// The resident memory and the processor time of the server's process, as the system counts them.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 100;
/** What a second of processor time is in /proc: USER_HZ, which is 100 on every Linux. */
const TICKS = 100;

/** What the process has used since the watch began; zeros without /proc. */
export interface PeakUsage {
  /** The most memory, in MB of 2^20 bytes. */
  rss: number;
  /** After how many seconds it was reached. */
  second: number;
  /** Processor time, in parts of one core. */
  cpu: number;
}

/** Begins to watch; the function that it yields ends the watch. */
export async function watchUsage(pid: number): Promise<() => Promise<PeakUsage>> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const ticksBefore = await readTicks(pid);
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
    const cpu = ((await readTicks(pid)) - ticksBefore) / TICKS / seconds();
    // Between two looks it may have been more: the system keeps the highest.
    return { rss: Math.max(seen, await readMemory(pid, "VmHWM")), second, cpu };
  };
}

async function readMemory(pid: number, name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1_024;
}

async function readTicks(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name in brackets may hold spaces; behind it utime and stime are the 12th and 13th. See proc(5).
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}
