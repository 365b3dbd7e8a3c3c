// A CPU profile of this server under one kind of load: npm run bench:profile -- chat|models|deployed|streams|paced|uploads|growth
// Prints where the time goes, and keeps the profile for Chrome's or VS Code's viewer.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { nowMicroseconds } from "./clock.mjs";
import { install } from "./install.mjs";
import { waitForAnswer } from "./load/chat.mjs";
import { measureLoad } from "./load/run.mjs";
import { measures } from "./measures.mjs";
import { startServer, startUpstream } from "./servers.mjs";

const profiled = Object.fromEntries(Object.entries(measures).filter(([, measure]) => measure.load));
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TOP = 25;
const WARM_UP_MS = 2_000;
const WARM_UP_MAX_MS = 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "10" }, server: { type: "string", default: "ours" } },
});
const measure = profiled[positionals[0] ?? "chat"];
if (!measure) throw new Error(`Which load? One of ${Object.keys(profiled).join(", ")}.`);

install();
const directory = fileURLToPath(new URL(`results/profile-${Date.now()}`, import.meta.url));
mkdirSync(directory, { recursive: true });
const upstream = await startUpstream();
const server = await startServer(values.server, upstream, {
  nodeOptions: ["--cpu-prof", `--cpu-prof-dir=${directory}`, "--cpu-prof-interval=500"],
  logFile: `${directory}/server.log`,
});
await waitForAnswer(server);
await measure.warmUp?.(server, { maxMs: WARM_UP_MAX_MS });
const durationMs = Number(values.seconds) * 1_000;
const load = { ...measure.load(server), durationMs };
await measureLoad(server, { ...load, durationMs: WARM_UP_MS });
const beginsAt = nowMicroseconds();
const { cpuMsEach, perSecond } = await measureLoad(server, load);
const endsAt = nowMicroseconds();
await server.stop("SIGINT");
await upstream.stop();

const file = readdirSync(directory).find((name) => name.endsWith(".cpuprofile"));
if (!file) throw new Error(`The server has left no profile; ${directory}/server.log shows what it said.`);
const selfMs = readSelfTimes(JSON.parse(readFileSync(`${directory}/${file}`, "utf8")));
console.log(
  `${perSecond.toFixed(1)} answers/s, ${(cpuMsEach * 1_000).toFixed(0)} µs of CPU each, with the profiler on`,
);
print(
  "By function",
  groupBy(selfMs, ({ name, place, line }) => `${name}  ${place}:${line}`),
);
print(
  "By file",
  groupBy(selfMs, ({ place }) => place),
);
print(
  "By package",
  groupBy(selfMs, ({ place }) => packageOf(place)),
);
console.log(`\n${directory}/${file}`);

/** Time under load in each function itself, without those that it calls. */
function readSelfTimes({ nodes, samples, timeDeltas, startTime }) {
  const timeOf = new Map();
  let at = startTime;
  for (let index = 0; index < samples.length; index++) {
    at += timeDeltas[index];
    if (at < beginsAt || at > endsAt) continue;
    timeOf.set(samples[index], (timeOf.get(samples[index]) ?? 0) + timeDeltas[index] / 1_000);
  }
  return nodes
    .filter(({ callFrame }) => callFrame.functionName !== "(idle)")
    .map(({ id, callFrame: { functionName, url, lineNumber } }) => ({
      name: functionName || "(anonymous)",
      place: url ? url.replace("file://", "").replace(ROOT, "") : "(engine)",
      line: lineNumber + 1,
      ms: timeOf.get(id) ?? 0,
    }));
}

function groupBy(entries, keyOf) {
  const groups = new Map();
  for (const entry of entries) groups.set(keyOf(entry), (groups.get(keyOf(entry)) ?? 0) + entry.ms);
  return [...groups].sort(([, one], [, other]) => other - one);
}

function packageOf(place) {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place) ?? [];
  return name ?? (place.startsWith("node:") ? "node" : (/^dist\/[^/]+/.exec(place)?.[0] ?? place));
}

function print(title, groups) {
  const total = groups.reduce((sum, [, ms]) => sum + ms, 0);
  console.log(`\n${title} (self time, ${total.toFixed(0)} ms busy of ${durationMs} ms)`);
  for (const [key, ms] of groups.slice(0, TOP)) {
    console.log(`${((ms / total) * 100).toFixed(1).padStart(5)} %  ${ms.toFixed(0).padStart(6)} ms  ${key}`);
  }
}
