// The real process: dist/main.js as a person starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface RunningProcess {
  child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** The endpoint of its start message; rejects with the output where it ends before. */
  url: Promise<string>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** Starts `node dist/main.js` with only the given environment; it ends with the test. */
export function startProcess(environment: Record<string, string> = {}, parameters: string[] = []): RunningProcess {
  const child = spawn(process.execPath, [MAIN, ...parameters], { env: { PATH: process.env.PATH, ...environment } });
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
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, output: () => output, url, ended };
}
