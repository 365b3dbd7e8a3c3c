// Starts, restarts and stops the WORKERS: several processes on one port, by node:cluster. Knows neither the app nor
// signals. Workers end by themselves when their primary is gone: see https://nodejs.org/api/cluster.html
import cluster, { type Worker } from "node:cluster";
import { answerPulse, watchPulse } from "./pulse.ts";

/** How long a worker that serves may fail to answer the primary, in milliseconds, before it is replaced. */
const SILENT_MS = 10_000;

/** The wait before the first restart, in milliseconds; it doubles with each further one, up to the maximum. */
const BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** After this long without a worker's end, in milliseconds, the next restart waits for the shortest time again. */
const PROVEN_MS = 30_000;

/** Longest time that a timer can wait, in milliseconds; a longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The workers of a primary. */
export interface Workers {
  /** The GraphQL endpoint that they share. */
  url: string;
  /** Makes all of them read the files of keys again. */
  reload(): void;
  /** Makes all of them finish what is in flight; resolves when the last has ended. */
  stop(): Promise<void>;
}

export interface WorkersOptions {
  count: number;
  /** Environment variables that they get in addition to the primary's. */
  environment: Readonly<Record<string, string>>;
  /** How long a worker may take to stop before it is killed, in milliseconds. */
  stopWithinMs: number;
  /** How long a worker that serves may fail to answer before it is killed and replaced, in milliseconds. Unset: 10 seconds. */
  silentMs?: number;
  /** Called when a worker ends without an order and is replaced. */
  report(fault: string): void;
}

/** What the primary can order a worker to do. */
export interface Orders {
  reload(): void;
  stop(): void;
}

/** Thrown if a worker ends before it serves. The worker itself has reported why. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";
}

/**
 * Starts the first worker and then the others, so that a fault which stops all of them is reported once. Throws
 * WorkerError if one ends before it serves, and kills the rest. Later, a worker that ends, or no longer answers, is replaced,
 * after a wait that grows while workers keep ending.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { silentMs = SILENT_MS } = options;
  const alive = new Map<Worker, Promise<string>>();
  const serving = new Set<Worker>();
  const replacements = new Set<NodeJS.Timeout>();
  let isUp = false;
  let isStopping = false;
  let endsInARow = 0;
  let lastEndAt = Number.NEGATIVE_INFINITY;

  async function start(): Promise<string> {
    const worker = cluster.fork(options.environment);
    let isSilent = false;
    const ended = watchEnd(worker).then((signal) => {
      const how = isSilent ? `${signal}, as it had not answered for ${silentMs} ms` : signal;
      alive.delete(worker);
      if (serving.delete(worker) || isUp) replace(how);
      return how;
    });
    alive.set(worker, ended);
    const url = await Promise.race([awaitUrl(worker), ended.then(() => undefined)]);
    if (url === undefined) throw new WorkerError(`A worker ended (${await ended}) before it served.`);
    serving.add(worker);
    watchPulse(worker, silentMs, () => {
      // A worker that is to stop has its own time to do so.
      if (isStopping) return;
      isSilent = true;
      kill([worker]);
    });
    return url;
  }

  function replace(how: string): void {
    if (isStopping) return;
    const now = performance.now();
    endsInARow = now - lastEndAt < PROVEN_MS ? endsInARow + 1 : 0;
    lastEndAt = now;
    const waitMs = Math.min(BACKOFF_MS * 2 ** endsInARow, MAX_BACKOFF_MS);
    options.report(`A worker ended (${how}). Another one is started in ${waitMs} ms.`);
    const timer = setTimeout(() => {
      replacements.delete(timer);
      // A failure ends the worker, which leads to the next replacement.
      start().catch(() => {});
    }, waitMs);
    replacements.add(timer);
  }

  function kill(workers: Iterable<Worker>): void {
    for (const worker of workers) worker.process.kill("SIGKILL");
  }

  async function stop(): Promise<void> {
    isStopping = true;
    for (const timer of replacements) clearTimeout(timer);
    // Workers that do not serve yet have nothing to finish.
    kill([...alive.keys()].filter((worker) => !serving.has(worker)));
    sendOrder(serving, "stop");
    const timer = setTimeout(() => kill(alive.keys()), Math.min(options.stopWithinMs, MAX_TIMER_MS));
    await Promise.all(alive.values());
    clearTimeout(timer);
  }

  try {
    const url = await start();
    await Promise.all(Array.from({ length: options.count - 1 }, start));
    isUp = true;
    return { url, stop, reload: () => sendOrder(serving, "reload") };
  } catch (error) {
    isStopping = true;
    kill(alive.keys());
    throw error;
  }
}

/** In a worker: answers the primary and carries out its orders from now on, and reports that it serves `url`. */
export function obeyPrimary(url: string, orders: Orders): void {
  const { worker } = cluster;
  if (!worker) return;
  answerPulse(worker);
  worker.on("message", ({ order }: { order?: keyof Orders }) => order && orders[order]());
  worker.send({ url });
}

function sendOrder(workers: Iterable<Worker>, order: keyof Orders): void {
  for (const worker of workers) worker.send({ order });
}

function awaitUrl(worker: Worker): Promise<string> {
  return new Promise((resolve) => {
    worker.on("message", ({ url }: { url?: string }) => url && resolve(url));
  });
}

/** Resolves with how the worker ended: its signal, exit code, or why it did not start. */
function watchEnd(worker: Worker): Promise<string> {
  return new Promise((resolve) => {
    worker.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    // Also emitted for a message that can no longer be delivered; the worker's end follows then.
    worker.on("error", (error) => worker.process.pid === undefined && resolve(error.message));
  });
}
