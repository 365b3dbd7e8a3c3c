// The process of the attackers: repeats all attacks at once until it is told to stop, and then reports.
// The port and a part of the attacks' names come as arguments.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type AttackReport, repeat } from "./attack.ts";
import { attacksNamed } from "./attacks.ts";

/** What the process sends when it has stopped. */
export interface AttackersReport {
  attacks: AttackReport[];
  /** Its own processor time, in parts of one core, and the 99th percentile of its own delay. */
  cpu: number;
  delayMs: number;
}

const [, , port, text = ""] = process.argv;
const chosen = attacksNamed(text);
const reports: AttackReport[] = chosen.map(({ name }) => ({ name, rounds: 0, outcomes: {} }));
let isOver = false;
// Without the soak there is nothing to attack.
process.once("disconnect", () => process.exit(1));

const told = () => new Promise((resolve) => process.once("message", resolve));
process.send?.("ready");
await told();
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
const startedAt = performance.now();
const over = chosen.map(async (attack, place) => {
  // They do not all begin in the same moment.
  await sleep(place * 250);
  const report = reports[place];
  if (report) await repeat(attack, Number(port), report, () => isOver);
});
await told();
isOver = true;
await Promise.all(over);
const { user, system } = process.cpuUsage();
const cpu = (user + system) / 1_000 / (performance.now() - startedAt);
const report: AttackersReport = { attacks: reports, cpu, delayMs: delay.percentile(99) / 1e6 };
process.send?.(report, () => process.exit(0));
