// The hostile soak: honest clients go on while attackers do all that they can, and judges what the honest ones notice.
// Three processes: this one with the honest clients and the upstream, the server, and the attackers.
import { fork } from "node:child_process";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { load, measured } from "../callers.ts";
import { SETTLE_AFTER_MS, startLoad } from "../load.ts";
import { Tally } from "../report.ts";
import { startServer } from "../server.ts";
import { startUpstream } from "../upstream.ts";
import type { AttackersReport } from "./attackers.ts";
import { attackCallers } from "./attacks.ts";
import { Latencies } from "./latencies.ts";
import { measure } from "./measured.ts";
import { answerHostile } from "./upstream.ts";
import { watchUsage } from "./usage.ts";
import { judge, linesOf, type Outcome } from "./verdict.ts";

const ATTACKERS = fileURLToPath(new URL("./attackers.ts", import.meta.url));

const WARM_UP_MS = 5_000;

export interface HostileOptions {
  /** Only the attacks whose names contain this run. */
  only: string;
  /** Whether times and memory are judged. */
  isTimed: boolean;
}

/** Runs it, prints its report and yields whether all goals are met. */
export async function runHostile(
  durationMs: number,
  concurrency: number,
  { only, isTimed }: HostileOptions,
): Promise<boolean> {
  const upstream = await startUpstream(answerHostile);
  const server = await startServer({
    NODE_ENV: "production",
    PORT: "0",
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: "sk-soak",
    CLIENT_KEYS: JSON.stringify([load, measured, ...attackCallers]),
    UPSTREAM_HEADERS_TIMEOUT_MS: "3000",
    // Each answer must be its own request's.
    MODELS_TTL_SECONDS: "0",
    // Where it is on, its fields are limited, too.
    EXTRA_BODY: "on",
  });
  console.log(`${concurrency} clients and the attackers for ${durationMs / 60_000} minutes`);
  const attackers = await startAttackers(new URL(server.url).port, only);
  const honest = startLoad(server.url, upstream, concurrency, WARM_UP_MS + durationMs);
  // The first operations compile the server's code, which no attack can help.
  await measure(server.url, WARM_UP_MS, new Latencies(), new Tally());
  const ownDelay = monitorEventLoopDelay({ resolution: 10 });
  ownDelay.enable();
  const latencies = new Latencies();
  const measuredTally = new Tally();
  const endUsage = await watchUsage(server.pid);
  attackers.begin();
  await Promise.all([measure(server.url, durationMs, latencies, measuredTally), honest.done]);
  const attacked = await attackers.stop();
  const usage = await endUsage();
  // What has been left ends.
  await sleep(SETTLE_AFTER_MS + 3_000);
  honest.settleRest();
  const outcome: Outcome = {
    latencies,
    tallies: [honest.tally, measuredTally],
    usage,
    stillOpen: upstream.open(),
    overstayed: upstream.overstayed(),
    attacked,
    ownDelay: { p99: ownDelay.percentile(99) / 1e6, max: ownDelay.max / 1e6 },
    exitCode: await server.stop(),
    faults: server.faults(),
  };
  await upstream.close();
  for (const line of linesOf(outcome)) console.log(line);
  const missed = judge(outcome, isTimed);
  for (const goal of missed) console.log(`Missed: ${goal}`);
  return missed.length === 0;
}

/** Starts their process, which waits. */
async function startAttackers(port: string, only: string) {
  const child = fork(ATTACKERS, [port, only]);
  process.once("exit", () => child.kill("SIGKILL"));
  const ended = once(child, "exit").then(([code]): never => {
    throw new Error(`The attackers ended with ${code}.`);
  });
  // It is an error only where something is waited for.
  ended.catch(() => {});
  await Promise.race([once(child, "message"), ended]);
  return {
    begin: () => void child.send("begin"),
    async stop(): Promise<AttackersReport> {
      const reported = once(child, "message");
      if (child.connected) child.send("stop");
      const [report] = await Promise.race([reported, ended]);
      return report;
    },
  };
}
