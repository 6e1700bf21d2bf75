import type { Histogram, Metric, Registry } from 'prom-client';

/** One series of a histogram that somebody else counts. */
export interface HistogramSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** How many values were at most each bound, and at most the one before was too little for; the last: above all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Exposes a histogram that is counted elsewhere, such as in memory that threads share, as Prometheus takes it. */
export function exposeHistogram(
  registry: Registry,
  { name, help, bounds }: { readonly name: string; readonly help: string; readonly bounds: readonly number[] },
  read: () => readonly HistogramSeries[],
): void {
  const get = async (): Promise<object> => ({ name, help, type: 'histogram', aggregator: 'sum', values: read().flatMap(valuesOf) });
  const valuesOf = ({ labels, counts, sum }: HistogramSeries): object[] => {
    let below = 0;
    const buckets = counts.map((count, place) => {
      below += count;
      return { metricName: `${name}_bucket`, labels: { le: bounds[place] ?? '+Inf', ...labels }, value: below };
    });
    return [...buckets, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: below }];
  };
  registry.registerMetric({ name, help, get, reset: () => undefined } as unknown as Metric & Histogram);
}
