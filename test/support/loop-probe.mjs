// Loaded into a server before its own code: a thread of its own watches how long the main thread lets its timers wait. It
// counts the time for which the main thread really ran, where Linux tells it, so that a busy machine is not blamed on the server.
import { Worker } from "node:worker_threads";

/** The beats of the main thread, and the longest time between two of them, in microseconds. */
const shared = new Int32Array(new SharedArrayBuffer(8));

const watch = `
const { workerData: { shared, pid } } = require("node:worker_threads");
const { readFileSync } = require("node:fs");
const path = "/proc/" + pid + "/task/" + pid + "/schedstat";
let hasSchedule = true;
function now() {
  if (hasSchedule) try { return Number(readFileSync(path, "latin1").split(" ")[0]) / 1e6; } catch { hasSchedule = false; }
  return performance.now();
}
let last = now();
for (;;) {
  const beat = Atomics.load(shared, 0);
  Atomics.wait(shared, 0, beat, 1000);
  if (Atomics.load(shared, 0) === beat) continue;
  const time = now();
  const gap = Math.round((time - last) * 1000);
  last = time;
  if (gap > Atomics.load(shared, 1)) Atomics.store(shared, 1, gap);
}`;
const worker = new Worker(watch, { eval: true, workerData: { shared, pid: process.pid } });
worker.unref();

setInterval(() => {
  Atomics.add(shared, 0, 1);
  Atomics.notify(shared, 0);
}, 1).unref();

/** Any message is answered with the longest time since the one before, in milliseconds, and the memory. */
process.on("message", () => {
  // What is under way at this moment counts as well: the timers have their turn first.
  setTimeout(() => {
    const worstMs = Atomics.exchange(shared, 1, 0) / 1000;
    process.send?.({ worstMs, rssBytes: process.memoryUsage().rss });
  }, 20);
});
process.channel?.unref();
