// The built server as a process of its own, and the memory and handles that it uses.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** What the server uses at one moment. */
export interface Usage {
  /** In MB, of 2^20 bytes, after a collection of garbage. */
  rss: number;
  heap: number;
  /** Open descriptors; null where the system has no /proc. */
  descriptors: number | null;
  /** What the event loop waits for, by kind. */
  handles: Record<string, number>;
}

export interface SoakedServer {
  url: string;
  pid: number;
  measure(): Promise<Usage>;
  /** Its own faults: those of its log, and what it has written to its error output. */
  faults(): string;
  /** Sends SIGTERM and yields the exit code; null if it had to be killed. */
  stop(): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PROBE = new URL("./probe.mjs", import.meta.url).href;

/** DRAIN_MS' default, and some more. */
const STOP_WITHIN_MS = 20_000;

/** Starts dist/main.js with only the given environment. */
export async function startServer(environment: Record<string, string>): Promise<SoakedServer> {
  const child = fork(MAIN, [], {
    // A developer's `.env` is not there.
    cwd: dirname(MAIN),
    env: { PATH: process.env.PATH, ...environment },
    execArgv: ["--expose-gc", "--import", PROBE],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const ended = once(child, "exit");
  let output = "";
  let isServing = false;
  let faults = "";
  child.stderr?.on("data", (text: Buffer) => {
    faults += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (text: Buffer) => {
      // Of its log only its own faults are kept.
      if (isServing) {
        for (const line of String(text).split("\n")) if (line.includes('"msg":"fault"')) faults += `${line}\n`;
        return;
      }
      output += text;
      const found = /http:\/\/\S+\/graphql/.exec(output);
      if (!found) return;
      isServing = true;
      resolve(found[0]);
    });
    ended.then(() => reject(new Error(`The server ended: ${output}${faults}`)), reject);
  });
  // Whatever becomes of the soak, its server ends with it.
  process.once("exit", () => child.kill("SIGKILL"));
  return {
    url,
    pid: child.pid ?? 0,
    async measure() {
      const [[usage], descriptors] = await Promise.all([
        once(child, "message"),
        readdir(`/proc/${child.pid}/fd`).catch(() => null),
        child.send("measure"),
      ]);
      return {
        rss: usage.rss / 2 ** 20,
        heap: usage.heapUsed / 2 ** 20,
        descriptors: descriptors?.length ?? null,
        handles: usage.handles,
      };
    },
    faults: () => faults,
    async stop() {
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
      const [code] = await ended;
      clearTimeout(kill);
      return code;
    },
  };
}
