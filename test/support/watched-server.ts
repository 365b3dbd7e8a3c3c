// The built server as a process of its own, with a thread in it that watches how long its event loop is kept.
import { fork } from "node:child_process";
import { once } from "node:events";
import { request as sendRequest } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { whenOver } from "./lifetime.ts";
import { preflighted } from "./server.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PROBE = new URL("./loop-probe.mjs", import.meta.url).href;

/** What is known of an answer without holding it. */
export interface ReadAnswer {
  status: number;
  bytes: number;
  /** Its first and last characters. */
  start: string;
  end: string;
}

export interface WatchedServer {
  url: string;
  /** Posts a body, and reads the answer as it comes. */
  post(body: string, headers?: Record<string, string>): Promise<ReadAnswer>;
  /** The longest time for which the event loop was kept since the last call, and the memory. */
  measure(): Promise<{ worstMs: number; rssBytes: number }>;
}

/** Most characters of an answer that are kept from each of its ends. */
const KEPT_LENGTH = 2_000;

/** Starts dist/main.js on the upstream at `upstreamUrl`; it ends with the case, or with its `shared`. */
export async function startWatched(
  upstreamUrl: string,
  environment: Record<string, string> = {},
): Promise<WatchedServer> {
  const child = fork(MAIN, [], {
    // A developer's `.env` is not there.
    cwd: dirname(MAIN),
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      OPENAI_BASE_URL: upstreamUrl,
      MODELS_TTL_SECONDS: "0",
      ...environment,
    },
    execArgv: ["--import", PROBE],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const ended = once(child, "exit");
  whenOver(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer) => {
      output += text;
      const found = /http:\/\/\S+\/graphql/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    ended.then(() => reject(new Error(`The server ended: ${output}`)), reject);
  });
  return {
    url,
    post: (body, headers) => post(url, body, headers),
    async measure() {
      const [[measured]] = await Promise.all([once(child, "message"), child.send("measure")]);
      return measured;
    },
  };
}

function post(url: string, body: string, headers: Record<string, string> = {}): Promise<ReadAnswer> {
  return new Promise((resolve, reject) => {
    const head = { ...preflighted, "content-type": "application/json", ...headers };
    const req = sendRequest(url, { method: "POST", headers: head, agent: false }, (res) => {
      const answer: ReadAnswer = { status: res.statusCode ?? 0, bytes: 0, start: "", end: "" };
      res.setEncoding("latin1").on("data", (text: string) => {
        answer.bytes += text.length;
        if (answer.start.length < KEPT_LENGTH) answer.start = (answer.start + text).slice(0, KEPT_LENGTH);
        answer.end = (answer.end + text.slice(-KEPT_LENGTH)).slice(-KEPT_LENGTH);
      });
      res.once("end", () => resolve(answer));
      res.once("error", reject);
    });
    req.once("error", reject);
    req.end(body);
  });
}
