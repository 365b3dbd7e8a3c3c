// Counters and histograms in prom-client's registry. prom-client finds a series by joining all labels each time, which costs
// more than counting; here a series is found by one look-up a label, and counts in plain numbers.
// https://prometheus.io/docs/concepts/metric_types/
import type { Metric, Registry } from "prom-client";

type LabelValue = string | undefined;

export interface SeriesOptions {
  name: string;
  help: string;
  /** In the order in which their values are given. */
  labelNames?: readonly string[];
  registers: readonly Registry[];
}

type Labels = Readonly<Record<string, string>>;

/** One number of a series, as the registry reads it. */
interface Sample {
  labels: Readonly<Record<string, string | number>>;
  value: number;
  /** Unset: the metric's name. */
  metricName?: string;
}

/** One series: its labels, and what it has counted. */
interface Entry<Value> {
  readonly labels: Labels;
  readonly value: Value;
}

/** What comes of one label's value: the next label's values, or at the last label the entry. */
interface Branch<Value> {
  readonly branches: Map<LabelValue, Branch<Value>>;
  entry: Entry<Value> | undefined;
}

/** All series of one metric, in the order in which they began. A metric without labels always shows its one series. */
abstract class Series<Value> {
  readonly name: string;
  readonly help: string;
  abstract readonly type: "counter" | "histogram";
  /** How several processes' series are merged. */
  readonly aggregator = "sum";
  readonly #labelNames: readonly string[];
  #entries: Entry<Value>[] = [];
  #root: Branch<Value> = { branches: new Map(), entry: undefined };

  constructor({ name, help, labelNames = [], registers }: SeriesOptions) {
    this.name = name;
    this.help = help;
    this.#labelNames = labelNames;
    // The registry calls nothing but `get` and `reset`, but its type names prom-client's own classes.
    for (const registry of registers) registry.registerMetric(this as unknown as Metric);
  }

  /** What the series with these values of the labels has counted. A label that is undefined is left out. */
  of(...values: readonly LabelValue[]): Value {
    let branch = this.#root;
    for (const value of values) {
      let next = branch.branches.get(value);
      if (!next) {
        next = { branches: new Map(), entry: undefined };
        branch.branches.set(value, next);
      }
      branch = next;
    }
    branch.entry ??= this.#begin(values);
    return branch.entry.value;
  }

  /** For the registry. */
  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    if (this.#labelNames.length === 0) this.of();
    const values = this.#entries.flatMap(({ labels, value }) => this.samplesOf(labels, value));
    return { name, help, type, aggregator, values };
  }

  /** For the registry. */
  reset(): void {
    this.#entries = [];
    this.#root = { branches: new Map(), entry: undefined };
  }

  protected abstract create(): Value;
  protected abstract samplesOf(labels: Labels, value: Value): Sample[];

  #begin(values: readonly LabelValue[]): Entry<Value> {
    const labels: Record<string, string> = {};
    for (const [place, name] of this.#labelNames.entries()) {
      const value = values[place];
      if (value !== undefined) labels[name] = value;
    }
    const entry = { labels, value: this.create() };
    this.#entries.push(entry);
    return entry;
  }
}

/** A sum. */
class Count {
  value = 0;
}

/** A counter, one sum for each set of labels. */
export class CounterSeries extends Series<Count> {
  readonly type = "counter";

  protected create(): Count {
    return new Count();
  }

  protected samplesOf(labels: Labels, { value }: Count): Sample[] {
    return [{ labels, value }];
  }
}

/** How values are distributed over buckets. */
class Distribution {
  readonly #bounds: readonly number[];
  /** Of each bucket alone; those above all bounds are in `count` only. */
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
    this.count++;
  }
}

/** A histogram, one distribution for each set of labels. */
export class HistogramSeries extends Series<Distribution> {
  readonly type = "histogram";
  readonly #bounds: readonly number[];

  constructor({ buckets, ...options }: SeriesOptions & { buckets: readonly number[] }) {
    super(options);
    this.#bounds = buckets;
  }

  protected create(): Distribution {
    return new Distribution(this.#bounds);
  }

  protected samplesOf(labels: Labels, { counts, sum, count }: Distribution): Sample[] {
    const metricName = `${this.name}_bucket`;
    let below = 0;
    const buckets = this.#bounds.map((le, place) => {
      below += counts[place] ?? 0;
      return { metricName, labels: { le, ...labels }, value: below };
    });
    return [
      ...buckets,
      { metricName, labels: { le: "+Inf", ...labels }, value: count },
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
