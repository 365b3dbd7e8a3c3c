// The ordinary soak: honest clients alone. Judges, beside their answers, whether the server's memory and descriptors grow.
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "./callers.ts";
import { SETTLE_AFTER_MS, startLoad } from "./load.ts";
import { describe, quartersOf, type Sample, slopeOf } from "./report.ts";
import { startServer } from "./server.ts";
import { startUpstream } from "./upstream.ts";

const SAMPLE_EVERY_MS = 5_000;
/** Most that the server's memory may grow after the first fifth of the time, in MB a minute. */
const MAX_SLOPE = 1;
/** What is shorter does not tell growth from warming up. */
const MIN_SLOPE_MINUTES = 5;
/** Most descriptors that the idle server may hold beyond those before the load. */
const MAX_LEFT_OPEN = 4;

/** Runs it, prints its report and yields whether all goals are met. */
export async function runOrdinary(durationMs: number, concurrency: number): Promise<boolean> {
  const upstream = await startUpstream();
  const server = await startServer({
    PORT: "0",
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: "sk-soak",
    CLIENT_KEYS: JSON.stringify([load]),
    UPSTREAM_HEADERS_TIMEOUT_MS: "3000",
    // Each answer must be its own request's.
    MODELS_TTL_SECONDS: "0",
  });
  const before = await server.measure();
  console.log(
    `${concurrency} clients for ${durationMs / 60_000} minutes; RSS ${before.rss.toFixed(1)} MB, ${before.descriptors} descriptors`,
  );
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  const honest = startLoad(server.url, upstream, concurrency, durationMs);
  const { tally } = honest;
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

  await Promise.all([watch(), honest.done]);
  const loaded = await server.measure();
  // Kept-alive connections end, and what aborts have left on its way arrives.
  await sleep(SETTLE_AFTER_MS + 3_000);
  honest.settleRest();
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
  return (
    (!isLongEnough || slope <= MAX_SLOPE) &&
    tally.lost + tally.doubled + tally.wrong === 0 &&
    leftOpen <= MAX_LEFT_OPEN &&
    server.faults() === "" &&
    exitCode === 0
  );
}
