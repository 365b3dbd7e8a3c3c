// Starts the real process: dist/main.js, as a person starts it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { whenOver } from "./lifetime.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface RunningProcess {
  child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Resolves when it has printed `text`; rejects with the output if it ends before. */
  printed(text: string): Promise<void>;
  /** The endpoint of its start message; rejects with the output where it ends before. */
  url: Promise<string>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/**
 * Starts `node dist/main.js`, or another `main`, with only the given environment; it ends with the case, or with its `shared`.
 * It runs in dist, where no developer has a `.env`, unless another folder is given.
 */
export function startProcess(
  environment: Record<string, string> = {},
  parameters: string[] = [],
  main = MAIN,
  cwd = dirname(MAIN),
): RunningProcess {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(process.execPath, [main, ...parameters], { cwd, env });
  let output = "";
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  const url = new Promise<string>((resolve, reject) => {
    const collect = (text: Buffer) => {
      output += text;
      const found = /http:\/\/\S+\/graphql/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    ended.then(() => reject(new Error(output)));
  });
  url.catch(() => {});
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!output.includes(text)) return;
        child.stdout.off("data", look);
        child.stderr.off("data", look);
        resolve();
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      look();
      ended.then(() => reject(new Error(`It ended without "${text}": ${output}`)));
    });
  whenOver(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, output: () => output, printed, url, ended };
}

/** The ids of the processes that `child` has started and that run. */
export function listChildren(child: ChildProcess): number[] {
  return listProcesses().flatMap(({ pid, parent }) => (parent === child.pid ? [pid] : []));
}

/** Whether a process with this id runs. */
export function isAlive(pid: number): boolean {
  return listProcesses().some((running) => running.pid === pid);
}

/** All processes, without those that have ended and whose exit code nobody has asked for. */
function listProcesses(): { pid: number; parent: number }[] {
  // Not every Linux has ps, and nothing but Linux has /proc.
  const lines = existsSync("/proc/self/stat") ? readStats() : execFileSync("ps", ["-A", "-o", "pid=,stat=,ppid="]);
  return String(lines)
    .split("\n")
    .flatMap((line) => {
      const [, pid, state, parent] = /^\s*(\d+)\s+(?:\(.*\)\s+)?(\S+)\s+(\d+)/.exec(line) ?? [];
      return state === undefined || state.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent) }];
    });
}

function readStats(): string {
  const read = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, "utf8").replaceAll("\n", " ");
    } catch {
      return "";
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(read)
    .join("\n");
}
