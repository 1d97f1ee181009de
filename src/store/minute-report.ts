import { bucketStarts } from "./calendar.ts";
import { DAY_MS } from "./day-file.ts";
import type { DayReaders } from "./day-reader.ts";
import type { TagsOf } from "./key-tags.ts";
import { unlessDamaged } from "./log-view.ts";
import type { WholeReport } from "./packed-report.ts";
import { countBetween } from "./recount.ts";
import { TAG_DIMENSIONS, type UsageQuery } from "./reports.ts";
import { type CountedRow, UsageCell } from "./usage-cell.ts";
import type { RowShapes } from "./usage-deltas.ts";
import { compileUsageFilter } from "./usage-filter.ts";
import { groupOf } from "./usage-group.ts";
import { readLines } from "./usage-lines.ts";
import { metricsOf } from "./usage-metrics.ts";
import { SeriesSum } from "./usage-report.ts";

const MINUTE_MS = 60_000;
/** What was read of so many rows is kept for the second pass: a hundred bytes each. */
const MOST_KEPT_ROWS = 200_000;
/** Numbers of shapes in a day stay far below this. */
const FACTOR = 2 ** 26;

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
  /** Then what the lines hold is not what all together hold. */
  const mayOverlap = query.groupBy.some((dimension) => dimension in TAG_DIMENSIONS);
  const closeMinute = () => {
    for (const cell of mayOverlap ? [] : [...here, rest]) if (cell.requests > 0) total.merge(cell);
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
    if (mayOverlap) total.add(row, outcome);
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
  rows.eachFirst(range, (_atMs, lines, { costNanoUsd }) => {
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
  #kept: readonly Parameters<Visit>[] | null = null;

  constructor(days: DayReaders, query: UsageQuery, tagsOf: TagsOf) {
    const { passes } = compileUsageFilter(query.filter, tagsOf);
    const reading = readLines(query, tagsOf);
    this.#days = days;
    this.#linesOf = ({ route, caller, outcome }) => {
      const group = groupOf(route, caller, outcome);
      return passes(group) ? reading.linesOf(group).map((values) => JSON.stringify(values)) : null;
    };
  }

  each(range: Range, visit: Visit): void {
    if (this.#kept === null) this.#read(range, visit);
    else for (const row of this.#kept) visit(...row);
  }

  /** Like `each`, which is called with the same range after it. */
  eachFirst(range: Range, visit: Visit): void {
    const kept: Parameters<Visit>[] = [];
    this.#read(range, (...row) => {
      if (kept.length <= MOST_KEPT_ROWS) kept.push(row);
      visit(...row);
    });
    if (kept.length <= MOST_KEPT_ROWS) this.#kept = kept;
  }

  #read({ fromMs, toMs }: Range, visit: Visit): void {
    for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day++) {
      const reader = this.#days.get(day);
      if (reader === null) continue;
      /** By the numbers of a row's shapes in the day's file: of route and caller, then of the outcome. */
      const known = new Map<number, Map<number, readonly string[] | null>>();
      const add = (atMs: number, shapes: RowShapes, row: CountedRow) => {
        const pair = shapes.routeNumber * FACTOR + shapes.callerNumber;
        let byOutcome = known.get(pair);
        if (byOutcome === undefined) {
          byOutcome = new Map();
          known.set(pair, byOutcome);
        }
        let lines = byOutcome.get(shapes.outcomeNumber);
        if (lines === undefined) {
          lines = this.#linesOf(shapes);
          byOutcome.set(shapes.outcomeNumber, lines);
        }
        if (lines !== null) visit(atMs, lines, row, shapes);
      };
      const [first, last] = [Math.max(fromMs, day * DAY_MS), Math.min(toMs, (day + 1) * DAY_MS)];
      unlessDamaged(() => countBetween({ database: reader.database, day, deltas: { add } }, first, last), undefined);
    }
  }
}
