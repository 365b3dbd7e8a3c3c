// The soak: runs a built server under a mix of all operations, faults, aborts and uploads, for a given time; with --hostile
// attackers run beside the mix.
// npm run soak -- --minutes 10 --concurrency 32
// npm run soak -- --minutes 1 --concurrency 8 --hostile
import { parseArgs } from "node:util";
import { runHostile } from "./hostile/run.ts";
import { runOrdinary } from "./ordinary.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    concurrency: { type: "string", default: "32" },
    hostile: { type: "boolean", default: false },
    // Only the attacks whose names contain this text.
    only: { type: "string", default: "" },
    // Prints times and memory, and does not judge them: for machines that others use.
    untimed: { type: "boolean", default: false },
  },
});
const durationMs = Number(values.minutes) * 60_000;
const concurrency = Number(values.concurrency);
if (!(durationMs > 0 && concurrency >= 1)) throw new Error("--minutes and --concurrency must be positive numbers.");

const isGood = values.hostile
  ? await runHostile(durationMs, concurrency, { only: values.only, isTimed: !values.untimed })
  : await runOrdinary(durationMs, concurrency);
console.log(isGood ? "The goals are met." : "The goals are missed.");
process.exit(isGood ? 0 : 1);
