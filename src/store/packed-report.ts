import type { UsageMetrics, UsagePoints, UsageReport, UsageSeries } from "./reports.ts";
import { METRICS } from "./usage-metrics.ts";

/** A report as it is made: point by point. */
export interface WholeReport extends Omit<UsageReport, "series"> {
  readonly series: readonly (Omit<UsageSeries, "points"> & { readonly points: readonly UsageMetrics[] })[];
}

/**
 * A report as it crosses between the threads. Its points are most of it (fifty lines over ninety days are 90,000 numbers), and a chart
 * shows a few of the metrics. As text they held up the thread that carries the streams for longer than everything else about a chart;
 * as one block of numbers they cost it nothing until somebody asks for a metric.
 */
export interface PackedReport {
  /** As JSON: everything but the points. */
  readonly head: string;
  /** By series, metric and bucket; NaN for null. */
  readonly points: Float64Array;
}

export function packReport({ buckets, series, ...whole }: WholeReport): PackedReport {
  const points = new Float64Array(series.length * METRICS.length * buckets.length);
  const { length } = buckets;
  for (const [position, one] of series.entries()) {
    const start = position * METRICS.length * length;
    for (let index = 0; index < length; index++) {
      const values: (number | null)[] = Object.values(one.points[index]!); // in the order of METRICS: metricsOf makes all of them
      for (let metric = 0; metric < METRICS.length; metric++) {
        points[start + metric * length + index] = values[metric] ?? Number.NaN;
      }
    }
  }
  const heads = series.map(({ points: _, ...head }) => head);
  return { head: JSON.stringify({ ...whole, buckets, series: heads }), points };
}

export function unpackReport({ head, points }: PackedReport): UsageReport {
  const { series, ...whole }: Omit<UsageReport, "series"> & { series: Omit<UsageSeries, "points">[] } =
    JSON.parse(head);
  const length = whole.buckets.length;
  const pointsAt = (position: number): UsagePoints => {
    const read = new Map<string, (number | null)[]>();
    return (metric) => {
      const start = (position * METRICS.length + METRICS.indexOf(metric)) * length;
      const values = read.get(metric) ?? Array.from(points.subarray(start, start + length), orNull);
      read.set(metric, values);
      return values as UsageMetrics[typeof metric][];
    };
  };
  return { ...whole, series: series.map((one, position) => ({ ...one, points: pointsAt(position) })) };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
