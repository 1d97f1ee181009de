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

export function packReport({ buckets, totals, series }: WholeReport): PackedReport {
  const points = new Float64Array(series.length * METRICS.length * buckets.length);
  let start = 0;
  for (const one of series) {
    for (const metric of METRICS) {
      for (const [index, point] of one.points.entries()) points[start + index] = point[metric] ?? Number.NaN;
      start += buckets.length;
    }
  }
  const heads = series.map(({ points: _, ...head }) => head);
  return { head: JSON.stringify({ buckets, totals, series: heads }), points };
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
