// One /metrics page for all WORKERS. The worker that is asked for it asks the primary, which collects a snapshot from each
// worker and adds them up. Knows neither HTTP nor single metrics. Only its messages, not those of cluster.ts, have the key
// `metrics`.
import cluster, { type Worker } from "node:cluster";
import { keepTotals, type MetricsSnapshot, renderMerged } from "../telemetry/merged-metrics.ts";
import { makeScrape, onceASecond, type Scrape } from "../telemetry/scrapes.ts";

/** How long the primary waits for a worker's snapshot before it uses the last one, in milliseconds. */
const PATIENCE_MS = 2_000;

type FromWorker = { metrics?: { readPage: number } | { round: number; snapshot: MetricsSnapshot } };
type FromPrimary = { metrics?: Page | { collect: number } };

interface Page {
  /** The number by which the worker has asked for it. */
  page: number;
  /** Null if it cannot be made. */
  text: string | null;
  /** How long ago its making began, in milliseconds; clocks of processes differ. */
  ageMs: number;
}

/** In the primary: from now on answers workers that ask for the page. */
export function addUpMetrics(): void {
  /** The last snapshot of each living worker. */
  const snapshots = new Map<Worker, MetricsSnapshot>();
  let ofEnded: MetricsSnapshot = [];
  /** By number: called for each worker that has answered, or has ended and never will. */
  const rounds = new Map<number, (worker: Worker) => void>();
  let lastRound = 0;

  async function askAll(): Promise<void> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected());
    const round = ++lastRound;
    const missing = new Set(workers);
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      rounds.set(round, (worker) => missing.delete(worker) && missing.size === 0 && resolve());
      timer = setTimeout(resolve, PATIENCE_MS);
      for (const worker of workers) worker?.send({ metrics: { collect: round } } satisfies FromPrimary);
    });
    clearTimeout(timer);
    rounds.delete(round);
  }

  const scrape = onceASecond(
    makeScrape(async () => {
      await askAll();
      return renderMerged([ofEnded, ...snapshots.values()]);
    }),
  );

  async function readPage(page: number): Promise<Page> {
    try {
      const { text, madeAt } = await scrape();
      return { page, text: String(text), ageMs: performance.now() - madeAt };
    } catch {
      return { page, text: null, ageMs: 0 };
    }
  }

  cluster.on("message", async (worker: Worker, { metrics }: FromWorker) => {
    if (!metrics) return;
    if ("round" in metrics) {
      snapshots.set(worker, metrics.snapshot);
      rounds.get(metrics.round)?.(worker);
      return;
    }
    const page = await readPage(metrics.readPage);
    if (worker.isConnected()) worker.send({ metrics: page } satisfies FromPrimary);
  });
  // Not "exit", which may come before the last message.
  cluster.on("disconnect", (worker) => {
    ofEnded = keepTotals([ofEnded, snapshots.get(worker) ?? []]);
    snapshots.delete(worker);
    for (const settle of rounds.values()) settle(worker);
  });
}

/** A worker's part in the metrics of all. */
export interface SharedMetrics {
  /** Takes the function that reads this worker's metrics; yields one that makes a scrape of all workers. */
  share(readOwn: () => Promise<MetricsSnapshot>): () => Promise<Scrape>;
  /** Sends the last snapshot to the primary. Call it when nothing more is counted. */
  leave(): Promise<void>;
}

/** In a worker: its part in the metrics of all. */
export function createSharedMetrics(self: Worker): SharedMetrics {
  const waiting = new Map<number, (page: Page) => void>();
  let lastRead = 0;
  let readSnapshot: () => Promise<MetricsSnapshot> = async () => [];
  const send = (metrics: FromWorker["metrics"]) =>
    // Errors do not matter: without its primary this worker is about to end.
    new Promise<void>((resolve) => self.send({ metrics }, () => resolve()));

  /** Sends nothing if the metrics cannot be read: the primary keeps the last snapshot. */
  const sendSnapshot = (round: number) =>
    readSnapshot().then(
      (snapshot) => send({ round, snapshot }),
      () => {},
    );

  self.on("message", ({ metrics }: FromPrimary) => {
    if (!metrics) return;
    if ("collect" in metrics) return void sendSnapshot(metrics.collect);
    waiting.get(metrics.page)?.(metrics);
    waiting.delete(metrics.page);
  });
  return {
    share(readOwn) {
      readSnapshot = readOwn;
      return () =>
        new Promise((resolve, reject) => {
          waiting.set(++lastRead, ({ text, ageMs }) => {
            if (text === null) reject(new Error("No metrics."));
            else resolve({ text: Buffer.from(text), madeAt: performance.now() - ageMs });
          });
          void send({ readPage: lastRead });
        });
    },
    leave: () => sendSnapshot(0),
  };
}
