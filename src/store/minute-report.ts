import { bucketStarts } from "./calendar.ts";
import { DAY_MS } from "./day-file.ts";
import type { DayReaders } from "./day-reader.ts";
import { unlessDamaged } from "./log-view.ts";
import type { WholeReport } from "./packed-report.ts";
import { countBetween } from "./recount.ts";
import { USAGE_DIMENSIONS, type UsageQuery } from "./reports.ts";
import { type CountedRow, UsageCell } from "./usage-cell.ts";
import type { RowShapes } from "./usage-deltas.ts";
import { compileUsageFilter } from "./usage-filter.ts";
import { groupOf } from "./usage-group.ts";
import { metricsOf } from "./usage-metrics.ts";
import { SeriesSum } from "./usage-report.ts";

const MINUTE_MS = 60_000;

/**
 * Minute by minute, which roll-ups do not know: from the rows themselves, and so only of a short time. What has been purged or has
 * expired is not in it. Two passes as in makeReport: the first says which groups are the largest.
 */
export function makeMinuteReport(days: DayReaders, query: UsageQuery): WholeReport {
  const edges = bucketStarts(query);
  const buckets = edges.slice(0, -1);
  const range = { fromMs: edges[0]!, toMs: query.toMs };
  const chosen = chooseSeries(days, query, range);

  const places = new Map(chosen.keys.map((key, at) => [key, at]));
  const series = chosen.keys.map(() => new SeriesSum());
  const [whole, other] = [new SeriesSum(), new SeriesSum()];
  const here = chosen.keys.map(() => new UsageCell());
  const [total, rest] = [new UsageCell(), new UsageCell()];
  let minute = 0;
  const closeMinute = () => {
    for (const [at, sum] of series.entries()) sum.add(here[at]!);
    whole.add(total);
    other.add(rest);
    for (const cell of [...here, total, rest]) cell.clear();
    minute++;
  };
  eachRow(days, query, range, (atMs, key, row, { outcome }) => {
    while (minute < Math.floor((atMs - range.fromMs) / MINUTE_MS)) closeMinute();
    const place = places.get(key);
    (place === undefined ? rest : here[place]!).add(row, outcome);
    total.add(row, outcome);
  });
  while (minute < buckets.length) closeMinute();

  const answered = series.map((sum, at) => sum.series(JSON.parse(chosen.keys[at]!), false));
  if (query.groupBy.length === 0) answered.push(whole.series([], false));
  else if (chosen.hasOthers) answered.push(other.series([], true));
  return { buckets, totals: metricsOf(whole.total), series: answered };
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The values of the largest groups as JSON, largest first, and whether there are others. */
function chooseSeries(days: DayReaders, query: UsageQuery, range: Range) {
  if (query.groupBy.length === 0) return { keys: [], hasOthers: false };
  const sizes = new Map<string, { cost: number; requests: number }>();
  eachRow(days, query, range, (_atMs, key, { costNanoUsd }) => {
    const size = sizes.get(key) ?? { cost: 0, requests: 0 };
    size.cost += costNanoUsd || 0; // NaN: unknown
    size.requests++;
    sizes.set(key, size);
  });
  const sorted = [...sizes].sort(
    ([a, left], [b, right]) => right.cost - left.cost || right.requests - left.requests || (a < b ? -1 : 1),
  );
  return { keys: sorted.slice(0, query.top).map(([key]) => key), hasOthers: sorted.length > query.top };
}

type Visit = (atMs: number, key: string, row: CountedRow, shapes: RowShapes) => void;

/** The rows that the query is about, in the order of time, each with its values in the query's dimensions. */
function eachRow(days: DayReaders, { groupBy, filter }: UsageQuery, { fromMs, toMs }: Range, visit: Visit): void {
  const { passes } = compileUsageFilter(filter);
  const positions = groupBy.map((dimension) => USAGE_DIMENSIONS.indexOf(dimension));
  const keyOf = (shapes: RowShapes) => {
    const group = groupOf(shapes.route, shapes.caller, shapes.outcome);
    return passes(group) ? JSON.stringify(positions.map((at) => group[at])) : null;
  };
  for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day++) {
    const reader = days.get(day);
    if (reader === null) continue;
    /** By the numbers of a row's shapes in the day's file. */
    const keys = new Map<string, string | null>();
    const add = (atMs: number, shapes: RowShapes, row: CountedRow) => {
      const numbers = `${shapes.routeNumber} ${shapes.callerNumber} ${shapes.outcomeNumber}`;
      let key = keys.get(numbers);
      if (key === undefined) {
        key = keyOf(shapes);
        keys.set(numbers, key);
      }
      if (key !== null) visit(atMs, key, row, shapes);
    };
    const [first, last] = [Math.max(fromMs, day * DAY_MS), Math.min(toMs, (day + 1) * DAY_MS)];
    unlessDamaged(() => countBetween({ database: reader.database, day, deltas: { add } }, first, last), undefined);
  }
}
