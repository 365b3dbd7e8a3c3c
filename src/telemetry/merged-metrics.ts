// Merges the metrics of several processes: counts are added up, gauges are merged by the aggregator that each names.
import { AggregatorRegistry, type Registry } from "prom-client";

/** What one process has counted; survives JSON. */
export type MetricsSnapshot = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** The page of all `snapshots` together, in Prometheus' text format. */
export function renderMerged(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}

/** The counters and histograms of processes that have ended: without them the sums would go backwards. */
export function keepTotals(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const totals = snapshots.map((metrics) => metrics.filter(({ type }) => isTotal(String(type))));
  // aggregate() registers plain objects that hold their values, although its type differs.
  return AggregatorRegistry.aggregate(totals).getMetricsAsArray() as MetricsSnapshot;
}

function isTotal(type: string): boolean {
  return type === "counter" || type === "histogram";
}
