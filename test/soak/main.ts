// The soak: runs a built server under a mix of all operations, faults, aborts and uploads, for a given time.
// npm run soak -- --minutes 10 --concurrency 32
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { disconnect, operations } from "./operations.ts";
import { describe, quartersOf, type Sample, slopeOf, Tally } from "./report.ts";
import { startServer } from "./server.ts";
import { startUpstream } from "./upstream.ts";

/** One client in so many leaves before its answer is whole. */
const ABORTS_ONE_IN = 15;
/** After as long a client counts its answer as lost. */
const LOST_AFTER_MS = 60_000;
/** After as long an operation's upstream requests have all arrived. */
const SETTLE_AFTER_MS = 5_000;
const SAMPLE_EVERY_MS = 5_000;
/** Most that the server's memory may grow after the first fifth of the time, in MB a minute. */
const MAX_SLOPE = 1;
/** What is shorter does not tell growth from warming up. */
const MIN_SLOPE_MINUTES = 5;
/** Most descriptors that the idle server may hold beyond those before the load. */
const MAX_LEFT_OPEN = 4;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    concurrency: { type: "string", default: "32" },
  },
});
const durationMs = Number(values.minutes) * 60_000;
const concurrency = Number(values.concurrency);
if (!(durationMs > 0 && concurrency >= 1)) throw new Error("--minutes and --concurrency must be positive numbers.");

const upstream = await startUpstream();
const server = await startServer({
  PORT: "0",
  OPENAI_BASE_URL: upstream.url,
  OPENAI_API_KEY: "sk-soak",
  UPSTREAM_HEADERS_TIMEOUT_MS: "3000",
  // Each answer must be its own request's.
  MODELS_TTL_SECONDS: "0",
});
const tally = new Tally();
const names = Object.keys(operations);
/** The list of models' nonces, which the upstream makes: none may come twice. */
const listed = new Set<string>();
const startedAt = performance.now();
const elapsedMs = () => performance.now() - startedAt;

async function runOne(name: string): Promise<void> {
  const run = operations[name];
  if (!run) throw new Error(`There is no operation ${name}.`);
  const nonce = `nonce-${crypto.randomUUID()}`;
  const leaving = new AbortController();
  const leaves = Math.floor(Math.random() * ABORTS_ONE_IN) === 0;
  const timer = setTimeout(() => leaving.abort(), leaves ? Math.random() * 300 : LOST_AFTER_MS);
  try {
    const { results, found, wanted } = await run(server.url, nonce, leaving.signal);
    const code: string | null = results.find(({ errors }) => errors)?.errors[0].extensions.code ?? null;
    const account = upstream.accounts.get(nonce);
    const expected = name === "models" ? code : account ? account.code : "an upstream request";
    if (code !== expected) tally.addProblem("wrong", `${name}: ${code} in place of ${expected}`);
    else if (code !== null) tally.addError(code);
    else if (wanted === null ? listed.has(found) || !found.startsWith("nonce-") : found !== wanted)
      tally.addProblem("wrong", `${name}: ${found.slice(0, 100)} in place of ${wanted}`);
    else tally.served++;
    if (wanted === null && code === null) listed.add(found);
  } catch (error) {
    if (leaves && leaving.signal.aborted) tally.aborted++;
    else
      tally.addProblem("lost", `${name}: ${error}${error instanceof Error && error.cause ? ` (${error.cause})` : ""}`);
  } finally {
    clearTimeout(timer);
    tally.operations++;
    // What is on its way to the upstream, or sent to it once too often, may still arrive.
    setTimeout(() => settle(name, nonce), SETTLE_AFTER_MS);
  }
}

function settle(name: string, nonce: string): void {
  const { faults = [], doubled = 0 } = upstream.accounts.get(nonce) ?? {};
  for (let count = 0; count < doubled; count++) tally.addProblem("doubled", `${name}: after ${faults.join(", ")}`);
  upstream.accounts.delete(nonce);
}

async function runClient(): Promise<void> {
  while (elapsedMs() < durationMs) await runOne(names[Math.floor(Math.random() * names.length)] ?? "");
}

const samples: Sample[] = [];
let afterWarmUp: number | undefined;

async function watch(): Promise<void> {
  let nextReportMs = 60_000;
  while (elapsedMs() < durationMs) {
    await sleep(Math.min(SAMPLE_EVERY_MS, durationMs - elapsedMs()));
    const usage = await server.measure();
    if (elapsedMs() >= durationMs / 5) {
      afterWarmUp ??= usage.rss;
      samples.push({ minute: elapsedMs() / 60_000, ...usage });
    }
    if (elapsedMs() < nextReportMs) continue;
    console.log(`${nextReportMs / 60_000} min: ${describe(tally, usage, upstream.requests())}`);
    nextReportMs += 60_000;
  }
}

const before = await server.measure();
console.log(
  `${concurrency} clients for ${values.minutes} minutes; RSS ${before.rss.toFixed(1)} MB, ${before.descriptors} descriptors`,
);
await Promise.all([watch(), ...Array.from({ length: concurrency }, runClient)]);
await disconnect();
const loaded = await server.measure();
// Kept-alive connections end, and what aborts have left on its way arrives.
await sleep(SETTLE_AFTER_MS + 3_000);
for (const nonce of upstream.accounts.keys()) tally.addProblem("doubled", `${nonce} came again late`);
const idle = await server.measure();
const leftOpen = (idle.descriptors ?? 0) - (before.descriptors ?? 0);
const exitCode = await server.stop();
await upstream.close();

const slope = slopeOf(samples, ({ rss }) => rss);
const heapSlope = slopeOf(samples, ({ heap }) => heap);
const isLongEnough = durationMs / 60_000 >= MIN_SLOPE_MINUTES;
console.log(`At the end: ${describe(tally, loaded, upstream.requests())}`);
console.log(
  `Idle again: RSS ${idle.rss.toFixed(1)} MB, ${idle.descriptors} descriptors, handles ${JSON.stringify(idle.handles)}`,
);
console.log(
  `RSS after warm-up ${afterWarmUp?.toFixed(1)} MB, at the end ${loaded.rss.toFixed(1)} MB, slope ${slope.toFixed(2)} MB a minute` +
    `${isLongEnough ? "" : ` (not judged in less than ${MIN_SLOPE_MINUTES} minutes)`}, of the live heap ${heapSlope.toFixed(2)}, ` +
    `means of the quarters ${quartersOf(samples)
      .map((rss) => rss.toFixed(1))
      .join(", ")} MB; ` +
    `lost ${tally.lost}, doubled ${tally.doubled}, wrong ${tally.wrong}; the server exited with ${exitCode}`,
);
for (const problem of tally.problems) console.log(problem);
if (server.faults() !== "") console.log(`The server reported:\n${server.faults().slice(0, 4_000)}`);
const isBad =
  (isLongEnough && slope > MAX_SLOPE) ||
  tally.lost + tally.doubled + tally.wrong > 0 ||
  leftOpen > MAX_LEFT_OPEN ||
  server.faults() !== "" ||
  exitCode !== 0;
console.log(isBad ? "The goals are missed." : "The goals are met.");
process.exit(isBad ? 1 : 0);
