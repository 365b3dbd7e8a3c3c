// Starts, measures and ends the bench's processes: their CPU time and memory are as Linux counts them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Linux counts CPU time in ticks of 10 ms. */
const TICK_MS = 10;
const STOP_WITHIN_MS = 3_000;

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A port that was free a moment ago. */
export async function findPort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Starts a process with the given environment, plus only PATH and HOME of ours. What it prints goes to `logFile`.
 * It may not listen yet.
 */
export function startProcess({ command, cwd, environment, logFile = "/dev/null" }) {
  const log = openSync(logFile, "a");
  const { PATH, HOME } = process.env;
  const [file, ...parameters] = command;
  const env = { PATH, HOME, NODE_ENV: "production", ...environment };
  const child = spawn(file, parameters, { cwd, env, stdio: ["ignore", log, log] });
  running.add(child);
  child.on("error", () => {});
  child.on("exit", () => running.delete(child));
  return {
    pid: child.pid,
    hasEnded: () => !running.has(child),
    /** CPU time of the process, its threads and its children so far, in milliseconds. */
    cpuMs: () => sum(treeOf(child.pid), cpuMsOf),
    /** Memory in MB: now, and the most so far. */
    rssMb: () => sum(treeOf(child.pid), (pid) => statusOf(pid, "VmRSS")),
    peakRssMb: () => sum(treeOf(child.pid), (pid) => statusOf(pid, "VmHWM")),
    async stop(signal = "SIGTERM") {
      if (!running.has(child)) return;
      const ended = once(child, "exit");
      child.kill(signal);
      await Promise.race([ended, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
      if (running.has(child)) child.kill("SIGKILL");
      await ended;
    },
  };
}

function sum(pids, read) {
  return pids.reduce((total, pid) => total + read(pid), 0);
}

/** The process and its descendants. */
function treeOf(pid) {
  const tasks = readSafely(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const children = tasks.flatMap(
    (task) =>
      readSafely(() => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8"))
        ?.split(" ")
        .filter(Boolean) ?? [],
  );
  return [pid, ...children.flatMap((child) => treeOf(Number(child)))];
}

/** User and system time, including that of ended threads and awaited children. */
function cpuMsOf(pid) {
  const stat = readSafely(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (!stat) return 0;
  // The name, in brackets, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) * TICK_MS;
}

function statusOf(pid, name) {
  const status = readSafely(() => readFileSync(`/proc/${pid}/status`, "utf8")) ?? "";
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1024;
}

/** A process may end while its files are read. */
function readSafely(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}
