// Other programs, as a person starts them in a folder: npm, npx, node.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { whenOver } from "./lifetime.ts";

export interface CommandResult {
  /** Exit code; null where it was killed. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end, for a minute and a half at most. Never rejects for what the command answers. */
export function runCommand(folder: string, command: string, ...parameters: string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(command, parameters, { cwd: folder, timeout: 90_000 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

export interface RunningCommand {
  /** The first URL that it prints; rejects with its output where it ends before. */
  url: Promise<string>;
  /** Sends it, and what it has started, a signal; resolves when it has ended, with its exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a command that stays; it ends with the case, or with its `shared`. */
export function startCommand(
  folder: string,
  environment: Record<string, string>,
  command: string,
  ...parameters: string[]
): RunningCommand {
  // A process group of its own: npx is not the server, but starts it.
  const child = spawn(command, parameters, {
    cwd: folder,
    detached: true,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  let output = "";
  const url = new Promise<string>((resolve, reject) => {
    const collect = (text: Buffer) => {
      output += text;
      const found = /https?:\/\/\S+/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    ended.then(() => reject(new Error(output)), reject);
  });
  url.catch(() => {});
  const stop = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, signal);
    }
    return ended;
  };
  whenOver(() => stop("SIGKILL"));
  return { url, stop };
}
