// Measures thousands of streams that are open at once, each with two events a second: how late an event comes, and how
// much memory a stream holds. Each event says when the upstream wrote it.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createNonce } from "../answers.mjs";
import { waitForAnswer, warmUpChat } from "./chat.mjs";
import { openStream } from "./open-stream.mjs";
import { createCheckFor, createRequest, PLACE } from "./request.mjs";
import { streams } from "./streams.mjs";

const STREAMS = 5_000;
const QUICK_STREAMS = 500;
/** Before the memory is read. */
const WARM_UP = { durationMs: 0, maxMs: 2_000 };
/** How many are being opened at once. */
const OPENING = 16;
const EVENTS_PER_SECOND = 2;
/** How long all are open before delays count, and then how long delays count. */
const SETTLE_MS = 2_000;
const WINDOW_MS = 8_000;
/** Descriptors that a server needs beside two for each stream. */
const OTHER_FILES = 200;

export const openStreams = {
  needs: "streams",
  servers: ["proxy", "ours"],
  maxRepeats: 3,
  rows: {
    openDelay: { title: "open streams: p99 of an event's delay", unit: "ms", better: "less" },
    openMedian: { title: "open streams: median delay", unit: "ms" },
    openCame: { title: "open streams: events that came in time, of those due", unit: "%", isPlain: true },
    openRss: { title: "open streams: RSS per stream", unit: "KB", isPlain: true },
    openCpu: { title: "open streams: CPU per event", unit: "µs" },
    openBusy: { title: "open streams: the server is busy", unit: "% of a core", isPlain: true },
    openUpstreamBusy: { title: "open streams: the upstream is busy", unit: "% of a core", isPlain: true },
    openClientBusy: { title: "open streams: the load generator is busy", unit: "% of a core", isPlain: true },
  },
  /** The server has two connections for each stream. Node itself raises the soft limit to the hard one. */
  findObstacle({ isQuick }) {
    const needed = 2 * countOf(isQuick) + OTHER_FILES;
    const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return Number(hard) < needed ? `a process needs ${needed} open files and may have ${hard} (ulimit -Hn)` : undefined;
  },
  /** Starts a server of its own, so that memory which others have left is not counted. */
  async run(_, { startAnother, upstream, isQuick, durationMs }) {
    const count = countOf(isQuick);
    const server = await startAnother();
    await waitForAnswer(server);
    await warmUpChat(server, WARM_UP);
    await streams.warmUp(server, WARM_UP);
    const rssBefore = server.rssMb();
    const open = await openAll(server, count);
    try {
      await sleep(isQuick ? durationMs : SETTLE_MS);
      const windowMs = isQuick ? 2 * durationMs : WINDOW_MS;
      const { delaysMs, busy } = await watch(open, windowMs, { server, upstream, client });
      const rssPerStreamKb = ((server.rssMb() - rssBefore) * 1024) / count;
      const due = (count * EVENTS_PER_SECOND * windowMs) / 1_000;
      return {
        openDelay: percentileOf(delaysMs, 0.99),
        openMedian: percentileOf(delaysMs, 0.5),
        openCame: (delaysMs.length / due) * 100,
        openRss: rssPerStreamKb,
        openCpu: (busy.server * windowMs * 1_000) / delaysMs.length,
        openBusy: busy.server * 100,
        openUpstreamBusy: busy.upstream * 100,
        openClientBusy: busy.client * 100,
      };
    } finally {
      for (const stream of open) stream.close();
      await server.stop();
    }
  },
};

function countOf(isQuick) {
  return isQuick ? QUICK_STREAMS : STREAMS;
}

/** Opens the streams, OPENING at a time. Each has had its first event. */
async function openAll({ port, dialect }, count) {
  const entry = dialect.openStreams({ prompt: PLACE });
  const check = createCheckFor(entry);
  const fill = createRequest(entry, [PLACE]);
  const open = [];
  let begun = 0;
  const openNext = async () => {
    while (begun++ < count) {
      const nonce = createNonce();
      // A copy: the template is filled again before it is sent.
      const request = Buffer.from(fill([nonce])[0]);
      open.push(await openStream({ port, request, check, nonce }));
    }
  };
  await Promise.all(Array.from({ length: OPENING }, openNext));
  return open;
}

/** Notes the delays of all events of a time, and which part of it each of the processes worked. */
async function watch(open, windowMs, processes) {
  const delaysMs = [];
  const readCpu = () => Object.entries(processes).map(([name, { cpuMs }]) => [name, cpuMs()]);
  const before = readCpu();
  const beganAt = performance.now();
  for (const stream of open) stream.onDelay = (delayMs) => delaysMs.push(delayMs);
  await sleep(windowMs);
  for (const stream of open) stream.onDelay = undefined;
  const elapsedMs = performance.now() - beganAt;
  const after = readCpu();
  for (const stream of open) if (stream.error) throw stream.error;
  const busy = after.map(([name, cpuMs], index) => [name, (cpuMs - before[index][1]) / elapsedMs]);
  return { delaysMs, busy: Object.fromEntries(busy) };
}

/** The load generator is this process. */
const client = {
  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

function percentileOf(numbers, share) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length * share)];
}
