// Scrapes of the metrics: made once for all who ask, so that however many ask, little is done and held.

/** How long a scrape is given out, in milliseconds. Prometheus asks every few seconds at most. */
const FRESH_MS = 1_000;

/** A page of metrics. */
export interface Scrape {
  /** In Prometheus' text format. */
  text: Buffer;
  /** When its making began, by performance.now(). */
  madeAt: number;
}

/** Yields a function that makes a scrape, at most once a second: within the second, and while one is made, it yields that. */
export function onceASecond(make: () => Promise<Scrape>): () => Promise<Scrape> {
  let last: Promise<Scrape> | undefined;
  let isFresh: () => boolean = () => false;
  return () => {
    if (last && isFresh()) return last;
    let madeAt = Number.POSITIVE_INFINITY;
    isFresh = () => performance.now() - madeAt < FRESH_MS;
    const startedAt = performance.now();
    last = make();
    last.then(
      (scrape) => {
        madeAt = scrape.madeAt;
      },
      // Failures are kept as well: they may have cost as much.
      () => {
        madeAt = startedAt;
      },
    );
    return last;
  };
}

/** Yields a function that makes scrapes of the text that `read` yields. */
export function makeScrape(read: () => Promise<string>): () => Promise<Scrape> {
  return async () => {
    const madeAt = performance.now();
    return { text: Buffer.from(await read()), madeAt };
  };
}
