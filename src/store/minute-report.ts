import { bucketStarts } from "./calendar.ts";
import { DAY_MS } from "./day-file.ts";
import type { DayReaders } from "./day-reader.ts";
import type { TagsOf } from "./key-tags.ts";
import { unlessDamaged } from "./log-view.ts";
import type { WholeReport } from "./packed-report.ts";
import { countBetween } from "./recount.ts";
import type { UsageQuery } from "./reports.ts";
import { type CountedRow, UsageCell } from "./usage-cell.ts";
import type { RowShapes } from "./usage-deltas.ts";
import { compileUsageFilter } from "./usage-filter.ts";
import { groupOf } from "./usage-group.ts";
import { readLines } from "./usage-lines.ts";
import { metricsOf } from "./usage-metrics.ts";
import { SeriesSum } from "./usage-report.ts";

const MINUTE_MS = 60_000;

/**
 * Minute by minute, which roll-ups do not know: from the rows themselves, and so only of a short time. What has been purged or has
 * expired is not in it. Two passes as in makeReport: the first says which groups are the largest.
 */
export function makeMinuteReport(days: DayReaders, query: UsageQuery, tagsOf: TagsOf): WholeReport {
  const edges = bucketStarts(query);
  const buckets = edges.slice(0, -1);
  const range = { fromMs: edges[0]!, toMs: query.toMs };
  const rows = new Rows(days, query, tagsOf);
  const chosen = query.groupBy.length === 0 ? [] : largestLines(rows, range).slice(0, query.top);

  const places = new Map(chosen.map((line, at) => [line, at]));
  const series = chosen.map(() => new SeriesSum());
  const [whole, other] = [new SeriesSum(), new SeriesSum()];
  const here = chosen.map(() => new UsageCell());
  const [total, rest] = [new UsageCell(), new UsageCell()];
  let minute = 0;
  const closeMinute = () => {
    for (const [at, sum] of series.entries()) sum.add(here[at]!);
    whole.add(total);
    other.add(rest);
    for (const cell of [...here, total, rest]) cell.clear();
    minute++;
  };
  let overlapping = false;
  rows.each(range, (atMs, lines, row, { outcome }) => {
    while (minute < Math.floor((atMs - range.fromMs) / MINUTE_MS)) closeMinute();
    overlapping ||= lines.length > 1;
    let isShown = false;
    for (const line of lines) {
      const place = places.get(line);
      if (place === undefined) continue;
      here[place]!.add(row, outcome);
      isShown = true;
    }
    if (!isShown) rest.add(row, outcome);
    total.add(row, outcome);
  });
  while (minute < buckets.length) closeMinute();

  const answered = series.map((sum, at) => sum.series(JSON.parse(chosen[at]!), false));
  if (query.groupBy.length === 0) answered.push(whole.series([], false));
  else if (other.total.requests > 0) answered.push(other.series([], true));
  return { buckets, overlapping, totals: metricsOf(whole.total), series: answered };
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The values of the groups as JSON, largest first. */
function largestLines(rows: Rows, range: Range): string[] {
  const sizes = new Map<string, { cost: number; requests: number }>();
  rows.each(range, (_atMs, lines, { costNanoUsd }) => {
    for (const line of lines) {
      const size = sizes.get(line) ?? { cost: 0, requests: 0 };
      size.cost += costNanoUsd || 0; // NaN: unknown
      size.requests++;
      sizes.set(line, size);
    }
  });
  const sorted = [...sizes].sort(
    ([a, left], [b, right]) => right.cost - left.cost || right.requests - left.requests || (a < b ? -1 : 1),
  );
  return sorted.map(([line]) => line);
}

/** `lines`: the row's values in the query's dimensions as JSON, once for each group that it counts in. */
type Visit = (atMs: number, lines: readonly string[], row: CountedRow, shapes: RowShapes) => void;

/** The rows that the query is about, in the order of time. */
class Rows {
  readonly #days: DayReaders;
  readonly #linesOf: (shapes: RowShapes) => readonly string[] | null;

  constructor(days: DayReaders, { groupBy, filter }: UsageQuery, tagsOf: TagsOf) {
    const { passes } = compileUsageFilter(filter, tagsOf);
    const reading = readLines(groupBy, tagsOf);
    this.#days = days;
    this.#linesOf = ({ route, caller, outcome }) => {
      const group = groupOf(route, caller, outcome);
      return passes(group) ? reading.linesOf(group).map((values) => JSON.stringify(values)) : null;
    };
  }

  each({ fromMs, toMs }: Range, visit: Visit): void {
    for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day++) {
      const reader = this.#days.get(day);
      if (reader === null) continue;
      /** By the numbers of a row's shapes in the day's file. */
      const known = new Map<string, readonly string[] | null>();
      const add = (atMs: number, shapes: RowShapes, row: CountedRow) => {
        const numbers = `${shapes.routeNumber} ${shapes.callerNumber} ${shapes.outcomeNumber}`;
        let lines = known.get(numbers);
        if (lines === undefined) {
          lines = this.#linesOf(shapes);
          known.set(numbers, lines);
        }
        if (lines !== null) visit(atMs, lines, row, shapes);
      };
      const [first, last] = [Math.max(fromMs, day * DAY_MS), Math.min(toMs, (day + 1) * DAY_MS)];
      unlessDamaged(() => countBetween({ database: reader.database, day, deltas: { add } }, first, last), undefined);
    }
  }
}
