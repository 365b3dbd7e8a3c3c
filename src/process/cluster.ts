// WORKERS: several processes on one port by node:cluster. Starts, restarts and stops them; knows neither the app nor the
// process it runs in. Workers whose primary has gone end by themselves: see https://nodejs.org/api/cluster.html
import cluster, { type Worker } from "node:cluster";

/** The first restart waits for so long, each further one twice as long, up to the last. */
const BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** Where no worker ended for as long, the next restart waits for the shortest time again. */
const PROVEN_MS = 30_000;

/** Timers that are set for longer end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The workers of a primary. */
export interface Workers {
  /** The GraphQL endpoint that they share. */
  url: string;
  /** Has all of them read the client keys' file again. */
  reload(): void;
  /** Has all of them finish what is in flight; resolves when the last has ended. */
  stop(): Promise<void>;
}

export interface WorkersOptions {
  count: number;
  /** What their environment has beside the primary's. */
  environment: Readonly<Record<string, string>>;
  /** How long a worker may take to stop before it is killed. */
  stopWithinMs: number;
  /** Hears that a worker ended unasked, and is replaced. */
  report(fault: string): void;
}

/** What a worker does when the primary says so. */
export interface Orders {
  reload(): void;
  stop(): void;
}

/** Thrown where a worker ended before it served; why, it has said itself. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";
}

/**
 * Starts the workers, the first ahead of the others, so that what keeps all of them from serving is said once. Throws
 * WorkerError where one ends before it serves; none is left then. Later on one that ends is replaced, after a wait that
 * grows while they keep ending.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const alive = new Map<Worker, Promise<string>>();
  const serving = new Set<Worker>();
  const replacements = new Set<NodeJS.Timeout>();
  let isUp = false;
  let isStopping = false;
  let endsInARow = 0;
  let lastEndAt = Number.NEGATIVE_INFINITY;

  async function start(): Promise<string> {
    const worker = cluster.fork(options.environment);
    const ended = watchEnd(worker).then((how) => {
      alive.delete(worker);
      if (serving.delete(worker) || isUp) replace(how);
      return how;
    });
    alive.set(worker, ended);
    const url = await Promise.race([hearUrl(worker), ended.then(() => undefined)]);
    if (url === undefined) throw new WorkerError(`A worker ended (${await ended}) before it served.`);
    serving.add(worker);
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
      // Where it fails, its end is heard as any other.
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
    // Those that do not serve yet have nothing to finish.
    kill([...alive.keys()].filter((worker) => !serving.has(worker)));
    tell(serving, "stop");
    const timer = setTimeout(() => kill(alive.keys()), Math.min(options.stopWithinMs, MAX_TIMER_MS));
    await Promise.all(alive.values());
    clearTimeout(timer);
  }

  try {
    const url = await start();
    await Promise.all(Array.from({ length: options.count - 1 }, start));
    isUp = true;
    return { url, stop, reload: () => tell(serving, "reload") };
  } catch (error) {
    isStopping = true;
    kill(alive.keys());
    throw error;
  }
}

/** In a worker: from now on carries the primary's orders out, and tells it that `url` is served. */
export function obeyPrimary(url: string, orders: Orders): void {
  cluster.worker?.on("message", ({ order }: { order?: keyof Orders }) => order && orders[order]());
  cluster.worker?.send({ url });
}

function tell(workers: Iterable<Worker>, order: keyof Orders): void {
  for (const worker of workers) worker.send({ order });
}

function hearUrl(worker: Worker): Promise<string> {
  return new Promise((resolve) => {
    worker.on("message", ({ url }: { url?: string }) => url && resolve(url));
  });
}

/** Resolves with how the worker ended. */
function watchEnd(worker: Worker): Promise<string> {
  return new Promise((resolve) => {
    worker.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    // Also emitted where a message does not reach it any more; its end follows then.
    worker.on("error", (error) => worker.process.pid === undefined && resolve(error.message));
  });
}
