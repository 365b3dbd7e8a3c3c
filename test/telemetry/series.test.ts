// Series beside prom-client's own counters and histograms, which serve as the plain form.
import { AggregatorRegistry, Counter, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { keepTotals, renderMerged } from "../../src/telemetry/merged-metrics.ts";
import { CounterSeries, HistogramSeries } from "../../src/telemetry/series.ts";
import { createRandom } from "../support/random.ts";

const LABELS = ["kind", "name"] as const;
const BUCKETS = [0.5, 1, 10, 100];

function createPlain() {
  const registry = new Registry();
  const registers = [registry];
  const bare = new Counter({ name: "bare_total", help: "A\\B\nC", registers });
  const counter = new Counter({ name: "counted_total", help: "Counted.", labelNames: LABELS, registers });
  const histogram = new Histogram({ name: "h", help: "Seen.", labelNames: LABELS, buckets: BUCKETS, registers });
  const labelsOf = (kind: string | undefined, name: string) => ({ ...(kind !== undefined && { kind }), name });
  return {
    registry,
    count(kind: string | undefined, name: string, by: number) {
      bare.inc(by);
      counter.inc(labelsOf(kind, name), by);
    },
    observe: (kind: string | undefined, name: string, value: number) => histogram.observe(labelsOf(kind, name), value),
  };
}

function createOwn() {
  const registry = new Registry();
  const registers = [registry];
  const bare = new CounterSeries({ name: "bare_total", help: "A\\B\nC", registers });
  const counter = new CounterSeries({ name: "counted_total", help: "Counted.", labelNames: LABELS, registers });
  const histogram = new HistogramSeries({ name: "h", help: "Seen.", labelNames: LABELS, buckets: BUCKETS, registers });
  return {
    registry,
    count(kind: string | undefined, name: string, by: number) {
      bare.of().value += by;
      counter.of(kind, name).value += by;
    },
    observe: (kind: string | undefined, name: string, value: number) => histogram.of(kind, name).observe(value),
  };
}

/** Counts the same in both. */
function fill(seed: number, turns: number) {
  const random = createRandom(seed);
  const [plain, own] = [createPlain(), createOwn()];
  for (let turn = 0; turn < turns; turn++) {
    const kind = random.pick([undefined, "one", "other", 'quoted "\\ \n']);
    const name = `name ${random.below(5)}`;
    const value = random.pick([0, 0.5, 1, random.below(200), random.below(2_000) / 10]);
    for (const metrics of [plain, own]) {
      if (turn % 2 === 0) metrics.count(kind, name, value);
      else metrics.observe(kind, name, value);
    }
  }
  return { plain: plain.registry, own: own.registry };
}

test.each([1, 2, 3])("the page is prom-client's, byte by byte: %d", async (seed) => {
  const { plain, own } = fill(seed, 500);
  expect(await own.metrics()).toBe(await plain.metrics());
});

test("the page of several processes is prom-client's", async () => {
  const filled = [fill(4, 300), fill(5, 300), fill(6, 300)];
  const own = await Promise.all(filled.map(({ own }) => own.getMetricsAsJSON()));
  const plain = await Promise.all(filled.map(({ plain }) => plain.getMetricsAsJSON()));
  // As they come from another process.
  const merged = await renderMerged(JSON.parse(JSON.stringify(own)));
  expect(merged).toBe(await AggregatorRegistry.aggregate(plain).metrics());
  const totals = keepTotals(own.slice(0, 2));
  expect(await renderMerged([...own.slice(2), totals])).toBe(
    await renderMerged([...plain.slice(2), keepTotals(plain.slice(0, 2))]),
  );
});

test("before anything is counted, and once reset, it is prom-client's as well", async () => {
  const empty = fill(7, 0);
  expect(await empty.own.metrics()).toBe(await empty.plain.metrics());
  const { own } = fill(8, 100);
  own.resetMetrics();
  expect(await own.metrics()).toBe(await empty.plain.metrics());
});
