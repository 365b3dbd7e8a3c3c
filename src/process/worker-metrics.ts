// One /metrics for all WORKERS: whichever of them is asked asks the primary, which has each tell its own and adds them up.
// Knows no HTTP and no metric. Messages are told from cluster.ts' by their key.
import cluster, { type Worker } from "node:cluster";
import { keepTotals, type MetricsSnapshot, renderMerged } from "../telemetry/merged-metrics.ts";

/** How long a worker may take to tell; then what it told last is added up. */
const PATIENCE_MS = 2_000;

type FromWorker = { metrics?: { readPage: number } | { told: number; snapshot: MetricsSnapshot } };
type FromPrimary = { metrics?: { page: number; text: string | null } | { tell: number } };

/** In the primary: from now on answers workers that are asked for the page. */
export function addUpMetrics(): void {
  /** What each living worker told last. */
  const told = new Map<Worker, MetricsSnapshot>();
  let ofEnded: MetricsSnapshot = [];
  /** By number: hears of workers that have told, or never will. */
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
      for (const worker of workers) worker?.send({ metrics: { tell: round } } satisfies FromPrimary);
    });
    clearTimeout(timer);
    rounds.delete(round);
  }

  cluster.on("message", async (worker: Worker, { metrics }: FromWorker) => {
    if (!metrics) return;
    if ("told" in metrics) {
      told.set(worker, metrics.snapshot);
      rounds.get(metrics.told)?.(worker);
      return;
    }
    await askAll();
    const text = await renderMerged([ofEnded, ...told.values()]).catch(() => null);
    if (worker.isConnected()) worker.send({ metrics: { page: metrics.readPage, text } } satisfies FromPrimary);
  });
  // Not "exit", ahead of which the last message may not have come.
  cluster.on("disconnect", (worker) => {
    ofEnded = keepTotals([ofEnded, told.get(worker) ?? []]);
    told.delete(worker);
    for (const hear of rounds.values()) hear(worker);
  });
}

/** A worker's part in the metrics of all. */
export interface SharedMetrics {
  /** Takes what tells this worker's own metrics; yields what reads the page of all workers. */
  share(tell: () => Promise<MetricsSnapshot>): () => Promise<string>;
  /** Tells the primary for the last time; to be called when nothing more is counted. */
  leave(): Promise<void>;
}

/** In a worker: its part in the metrics of all. */
export function createSharedMetrics(self: Worker): SharedMetrics {
  const waiting = new Map<number, (text: string | null) => void>();
  let lastRead = 0;
  let tell: () => Promise<MetricsSnapshot> = async () => [];
  const send = (metrics: FromWorker["metrics"]) =>
    // Where it does not arrive the primary is gone, and this worker about to end.
    new Promise<void>((resolve) => self.send({ metrics }, () => resolve()));

  /** Where the metrics cannot be read, what was told before stays. */
  const tellPrimary = (round: number) =>
    tell().then(
      (snapshot) => send({ told: round, snapshot }),
      () => {},
    );

  self.on("message", ({ metrics }: FromPrimary) => {
    if (!metrics) return;
    if ("tell" in metrics) return void tellPrimary(metrics.tell);
    waiting.get(metrics.page)?.(metrics.text);
    waiting.delete(metrics.page);
  });
  return {
    share(own) {
      tell = own;
      return () =>
        new Promise((resolve, reject) => {
          waiting.set(++lastRead, (text) => (text === null ? reject(new Error("No metrics.")) : resolve(text)));
          void send({ readPage: lastRead });
        });
    },
    leave: () => tellPrimary(0),
  };
}
