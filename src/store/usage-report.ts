import type { Database } from "bun:sqlite";
import { bucketStarts } from "./calendar.ts";
import { cellOf, mergeCells, weighCells } from "./packed-cells.ts";
import { USAGE_DIMENSIONS, type UsageMetrics, type UsageQuery, type UsageReport, type UsageSeries } from "./reports.ts";
import { UsageCell } from "./usage-cell.ts";
import { compileUsageFilter } from "./usage-filter.ts";
import { type UsageGroup, viewFor } from "./usage-group.ts";
import { inColumns, metricsOf, NO_USAGE } from "./usage-metrics.ts";
import { toQuarters, UsageSlots } from "./usage-slots.ts";

/**
 * A report from the roll-ups alone, never from raw rows. Two passes: the totals say which groups are the largest, then each bucket is
 * put together from these groups' cells, and what is left of its total is the others'.
 */
export function makeReport(database: Database, known: ReadonlyMap<number, UsageGroup>, query: UsageQuery): UsageReport {
  const edges = bucketStarts(query);
  const buckets = edges.slice(0, -1);
  const { fromMs, toMs } = toQuarters(query);
  const filter = compileUsageFilter(query.filter);
  const positions = query.groupBy.map((dimension) => USAGE_DIMENSIONS.indexOf(dimension));
  const slots = new UsageSlots(database);
  const view = viewFor([...filter.dimensions, ...positions]);
  const wholeView = viewFor(filter.dimensions);
  const keys = new GroupKeys(known, positions, filter.passes);
  const order = chooseSeries(slots, view, keys, query.top, fromMs, toMs);

  const whole = new SeriesSum();
  const other = new SeriesSum();
  const series = new Map(order.chosen.map((key) => [key, new SeriesSum()]));
  for (const [index, start] of buckets.entries()) {
    const [from, to] = [Math.max(start, fromMs), Math.min(edges[index + 1]!, toMs)];
    const total = new UsageCell();
    slots.each(wholeView, from, to, (cells) => mergeCells(cells, (group) => (keys.of(group) === null ? null : total)));
    const here = new Map<string, UsageCell>();
    if (series.size > 0) {
      slots.each(view, from, to, (cells) =>
        mergeCells(cells, (group) => {
          const key = keys.of(group);
          return key !== null && series.has(key) ? cellOf(here, key) : null;
        }),
      );
    }
    for (const [key, sum] of series) sum.add(here.get(key));
    whole.add(total);
    if (!order.hasOthers) continue;
    for (const cell of here.values()) total.subtract(cell);
    other.add(total);
  }
  const answered = Array.from(series, ([key, sum]) => sum.series(JSON.parse(key), false));
  if (positions.length === 0) answered.push(whole.series([], false));
  else if (order.hasOthers) answered.push(other.series([], true));
  return { buckets, totals: metricsOf(whole.total), series: answered };
}

/** One line of the chart while it is put together. */
class SeriesSum {
  readonly total = new UsageCell();
  readonly #points: UsageMetrics[] = [];

  add(cell: UsageCell | undefined): void {
    this.#points.push(cell === undefined ? NO_USAGE : metricsOf(cell));
    if (cell !== undefined) this.total.merge(cell);
  }

  series(values: UsageSeries["values"], isOther: boolean): UsageSeries {
    return { values, isOther, totals: metricsOf(this.total), points: inColumns(this.#points) };
  }
}

/** A group's values in the dimensions of a chart, as JSON; null when the filter leaves it out. Each group is looked at once. */
class GroupKeys {
  readonly #keys: (string | null | undefined)[] = [];

  constructor(
    private readonly known: ReadonlyMap<number, UsageGroup>,
    private readonly positions: readonly number[],
    private readonly passes: (group: UsageGroup) => boolean,
  ) {}

  /** Without dimensions there is one group. */
  get isOne(): boolean {
    return this.positions.length === 0;
  }

  of(id: number): string | null {
    let key = this.#keys[id];
    if (key === undefined) {
      const group = this.known.get(id);
      const isIn = group !== undefined && this.passes(group);
      key = isIn ? JSON.stringify(this.positions.map((at) => group[at])) : null;
      this.#keys[id] = key;
    }
    return key;
  }
}

/** The keys of the largest groups, largest first, and whether there are others. */
function chooseSeries(
  slots: UsageSlots,
  view: number,
  keys: GroupKeys,
  top: number,
  fromMs: number,
  toMs: number,
): { readonly chosen: readonly string[]; readonly hasOthers: boolean } {
  if (keys.isOne) return { chosen: [], hasOthers: false };
  const sizes = new Map<string, { cost: number; requests: number }>();
  slots.each(view, fromMs, toMs, (cells) =>
    weighCells(cells, (group, requests, cost) => {
      const key = keys.of(group);
      if (key === null) return;
      const size = sizes.get(key);
      if (size === undefined) sizes.set(key, { cost, requests });
      else {
        size.cost += cost;
        size.requests += requests;
      }
    }),
  );
  const ordered = [...sizes].sort(
    ([keyA, a], [keyB, b]) => b.cost - a.cost || b.requests - a.requests || (keyA < keyB ? -1 : 1),
  );
  const chosen = ordered.slice(0, top).map(([key]) => key);
  return { chosen, hasOthers: ordered.length > chosen.length };
}
