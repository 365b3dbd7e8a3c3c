// The goals of the hostile soak, and its report.
import type { Tally } from "../report.ts";
import type { AttackReport } from "./attack.ts";
import type { AttackersReport } from "./attackers.ts";
import type { Latencies } from "./latencies.ts";
import type { PeakUsage } from "./usage.ts";

const MAX_P99_MS = 300;
const MAX_RSS = 400;

/** What came of a run. */
export interface Outcome {
  latencies: Latencies;
  tallies: Tally[];
  usage: PeakUsage;
  /** Upstream calls that no client waits for. */
  stillOpen: number;
  overstayed: number;
  attacked: AttackersReport;
  /** By how much the measuring process itself was late: the 99th percentile and the most. */
  ownDelay: { p99: number; max: number };
  exitCode: number | null;
  faults: string;
}

/** What shows, if an attack gets nothing else, that it is wrong itself or that nobody is left to be attacked. */
const NOTHING =
  /^(?:no connection|unanswered|the attack failed|401|404|405|415|\d+ GRAPHQL_(?:PARSE|VALIDATION)_FAILED)/;

/** The goals that were missed, in words; those of times and memory only if `isTimed`. */
export function judge(outcome: Outcome, isTimed: boolean): string[] {
  const { latencies, usage, tallies, stillOpen, overstayed, attacked, exitCode, faults } = outcome;
  const { kind, window, windowStart } = latencies.worst();
  const count = (name: "lost" | "doubled" | "wrong") => tallies.reduce((sum, tally) => sum + tally[name], 0);
  const timed: [isMissed: boolean, goal: string][] = [
    [kind >= MAX_P99_MS, `the p99 of a kind is ${kind.toFixed(0)} ms, not below ${MAX_P99_MS}`],
    [window >= MAX_P99_MS, `the p99 from second ${windowStart} on is ${window.toFixed(0)} ms, not below ${MAX_P99_MS}`],
    [usage.rss >= MAX_RSS, `RSS is ${usage.rss.toFixed(0)} MB, not below ${MAX_RSS}`],
  ];
  const missed: [isMissed: boolean, goal: string][] = [
    ...(isTimed ? timed : []),
    [count("lost") > 0, `${count("lost")} honest answers were lost`],
    [count("doubled") > 0, `${count("doubled")} upstream requests were doubled`],
    [count("wrong") > 0, `${count("wrong")} honest answers were wrong`],
    [stillOpen > 0, `${stillOpen} upstream calls run on although all clients have left`],
    [overstayed > 0, `${overstayed} upstream calls ran on after their clients had left`],
    [exitCode !== 0, `the server exited with ${exitCode}`],
    [faults !== "", `the server reported faults`],
    ...attacked.attacks.map((attack): [boolean, string] => [
      isIdle(attack),
      `the attack "${attack.name}" attacked nothing`,
    ]),
    ...attacked.attacks.map((attack): [boolean, string] => [
      Object.keys(attack.outcomes).some((name) => name.includes("INTERNAL_SERVER_ERROR")),
      `the attack "${attack.name}" met a fault of the server`,
    ]),
  ];
  return missed.filter(([isMissed]) => isMissed).map(([, goal]) => goal);
}

/** The report. */
export function linesOf(outcome: Outcome): string[] {
  const { latencies, usage, tallies, stillOpen, overstayed, attacked, ownDelay, faults } = outcome;
  const { window, windowStart } = latencies.worst();
  return [
    "Attacks:",
    ...attacked.attacks.map(describe),
    "Honest callers:",
    ...latencies.lines().map((line) => `  ${line}`),
    `  worst 10 seconds: from second ${windowStart} on, p99 ${window.toFixed(0)} ms`,
    ...tallies.flatMap((tally) => [
      `  ${tally.operations} operations: ${tally.served} served, ${tally.aborted} aborted, ` +
        `${[...tally.errors.values()].reduce((sum, count) => sum + count, 0)} errors of the upstream, ` +
        `lost ${tally.lost}, doubled ${tally.doubled}, wrong ${tally.wrong}`,
      ...tally.problems.map((problem) => `    ${problem}`),
    ]),
    `RSS at most ${usage.rss.toFixed(0)} MB, after ${usage.second.toFixed(0)} s`,
    `The server ran for ${(usage.ran * 100).toFixed(0)} % of the time, and waited for a processor for ${(usage.waited * 100).toFixed(0)} %`,
    `upstream calls that ran on: ${overstayed}; still open: ${stillOpen}`,
    `The measuring process was late by ${ownDelay.p99.toFixed(0)} ms (p99; at most ${ownDelay.max.toFixed(0)}); the attackers by ${attacked.delayMs.toFixed(0)} ms, ` +
      `with ${(attacked.cpu * 100).toFixed(0)} % of a core`,
    ...(faults === "" ? [] : [`The server reported:\n${faults.slice(0, 4_000)}`]),
  ];
}

function describe({ name, rounds, outcomes }: AttackReport): string {
  const most = Object.entries(outcomes)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([outcome, count]) => `${outcome} × ${count}`);
  return `  ${name}: ${rounds} rounds: ${most.join(", ") || "nothing"}`;
}

function isIdle({ rounds, outcomes }: AttackReport): boolean {
  return rounds === 0 || Object.keys(outcomes).every((outcome) => NOTHING.test(outcome));
}
