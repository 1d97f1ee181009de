import type { Database } from "bun:sqlite";
import { BucketCells } from "./bucket-cells.ts";
import { bucketStarts } from "./calendar.ts";
import type { TagsOf } from "./key-tags.ts";
import { spreadCells, weighCells } from "./packed-cells.ts";
import type { WholeReport } from "./packed-report.ts";
import type { UsageMetrics, UsageQuery } from "./reports.ts";
import { UsageCell } from "./usage-cell.ts";
import { compileUsageFilter } from "./usage-filter.ts";
import { type UsageGroup, viewFor } from "./usage-group.ts";
import { GroupLines, LEFT_OUT, readLines } from "./usage-lines.ts";
import { metricsOf, NO_USAGE } from "./usage-metrics.ts";
import { toQuarters, UsageSlots } from "./usage-slots.ts";

/**
 * A report from the roll-ups alone, never from raw rows. Two passes: the totals say which groups are the largest, then each bucket is
 * put together from these groups' cells, and what is left of its total is the others'.
 */
export function makeReport(
  database: Database,
  known: ReadonlyMap<number, UsageGroup>,
  query: UsageQuery,
  tagsOf: TagsOf,
): WholeReport {
  const edges = bucketStarts(query);
  const buckets = edges.slice(0, -1);
  const { fromMs, toMs } = toQuarters(query);
  const filter = compileUsageFilter(query.filter, tagsOf);
  const reading = readLines(query, tagsOf);
  const slots = UsageSlots.of(database, query);
  const wholeView = viewFor(filter.dimensions);
  const view = viewFor([...filter.dimensions, ...reading.positions]);
  const lines = new GroupLines(known, reading, filter.passes);
  const chosen = lines.isOne ? [] : largestLines(slots, view, lines, fromMs, toMs).slice(0, query.top);

  const whole = new SeriesSum();
  const other = new SeriesSum();
  const series = chosen.map(() => new SeriesSum());
  /** Of one bucket after the other. `rest` is of the others' quarter hours: there, no blob holds them together. */
  const here = new BucketCells(lines, chosen);
  const [total, rest] = [new UsageCell(), new UsageCell()];
  const [toTotal, toRest] = [[total], [rest]];
  for (const [index, start] of buckets.entries()) {
    here.clear();
    total.clear();
    rest.clear();
    const pieces = slots.pieces(view, Math.max(start, fromMs), Math.min(edges[index + 1]!, toMs));
    for (const { grid, cells } of pieces) {
      if (grid === null) spreadCells(cells, (group) => here.of(lines.of(group), toRest));
    }
    for (const cell of [...here.disjoint, rest]) if (cell.requests > 0) total.merge(cell);
    // Of longer spans one cell says what all have together, and the others are what is left of it.
    for (const cells of slots.inView(wholeView, pieces)) {
      spreadCells(cells, (group) => (lines.of(group) === LEFT_OUT ? NOWHERE : toTotal));
    }
    for (const { grid, cells } of chosen.length > 0 ? pieces : []) {
      if (grid !== null) spreadCells(cells, (group) => here.of(lines.of(group), NOWHERE));
    }
    whole.add(total);
    if (here.hasOthers) {
      for (const cell of here.disjoint) if (cell.requests > 0) total.subtract(cell);
      other.add(total);
    }
    for (const [at, cell] of here.lines().entries()) series[at]!.add(cell);
  }
  const answered = series.map((sum, at) => sum.series(lines.values[chosen[at]!]!, false));
  if (lines.isOne) answered.push(whole.series([], false));
  else if (here.hasOthers) answered.push(other.series([], true));
  return { buckets, overlapping: lines.overlap, totals: metricsOf(whole.total), series: answered };
}

const NOWHERE: readonly UsageCell[] = [];

/** One line of the chart while it is put together. */
export class SeriesSum {
  readonly total = new UsageCell();
  readonly #points: UsageMetrics[] = [];

  add(cell: UsageCell): void {
    this.#points.push(cell.requests === 0 ? NO_USAGE : metricsOf(cell));
    this.total.merge(cell);
  }

  series(values: readonly (string | null)[], isOther: boolean): WholeReport["series"][number] {
    return { values, isOther, totals: metricsOf(this.total), points: this.#points };
  }
}

/** The numbers of the lines, largest first. */
function largestLines(
  slots: UsageSlots,
  view: number,
  lines: GroupLines,
  fromMs: number,
  toMs: number,
): readonly number[] {
  const kinds: Size[] = [];
  const pieces = slots.pieces(view, fromMs, toMs);
  slots.keep(view, pieces);
  for (const { cells } of pieces) {
    weighCells(cells, (group, requests, cost) => {
      const kind = lines.of(group);
      if (kind !== LEFT_OUT) grow(kinds, kind, cost, requests);
    });
  }
  const sizes: Size[] = [];
  for (const { number: kind, cost, requests } of kinds) {
    for (const line of lines.kinds[kind]!) grow(sizes, line, cost, requests);
  }
  sizes.sort(
    (a, b) => b.cost - a.cost || b.requests - a.requests || (lines.textOf(a.number) < lines.textOf(b.number) ? -1 : 1),
  );
  return sizes.map(({ number }) => number);
}

interface Size {
  readonly number: number;
  cost: number;
  requests: number;
}

function grow(sizes: Size[], number: number, cost: number, requests: number): void {
  sizes[number] ??= { number, cost: 0, requests: 0 };
  const size = sizes[number];
  size.cost += cost;
  size.requests += requests;
}
