import type { Database } from "bun:sqlite";
import { bucketStarts } from "./calendar.ts";
import { mergeCells, weighCells } from "./packed-cells.ts";
import type { WholeReport } from "./packed-report.ts";
import { USAGE_DIMENSIONS, type UsageMetrics, type UsageQuery } from "./reports.ts";
import { UsageCell } from "./usage-cell.ts";
import { compileUsageFilter } from "./usage-filter.ts";
import { type UsageGroup, viewFor } from "./usage-group.ts";
import { metricsOf, NO_USAGE } from "./usage-metrics.ts";
import { toQuarters, UsageSlots } from "./usage-slots.ts";

/**
 * A report from the roll-ups alone, never from raw rows. Two passes: the totals say which groups are the largest, then each bucket is
 * put together from these groups' cells, and what is left of its total is the others'.
 */
export function makeReport(database: Database, known: ReadonlyMap<number, UsageGroup>, query: UsageQuery): WholeReport {
  const edges = bucketStarts(query);
  const buckets = edges.slice(0, -1);
  const { fromMs, toMs } = toQuarters(query);
  const filter = compileUsageFilter(query.filter);
  const positions = query.groupBy.map((dimension) => USAGE_DIMENSIONS.indexOf(dimension));
  const slots = new UsageSlots(database);
  const view = viewFor([...filter.dimensions, ...positions]);
  const wholeView = viewFor(filter.dimensions);
  const keys = new GroupKeys(known, positions, filter.passes);
  const { chosen, hasOthers } = chooseSeries(slots, view, keys, query.top, fromMs, toMs);

  const whole = new SeriesSum();
  const other = new SeriesSum();
  const series = chosen.map(() => new SeriesSum());
  const place = new Int32Array(keys.count).fill(NOT_CHOSEN);
  for (const [at, key] of chosen.entries()) place[key] = at;
  /** Cells of one bucket after the other. `rest` is of the others' quarter hours: there, no blob holds them together. */
  const here = chosen.map(() => new UsageCell());
  const [total, rest] = [new UsageCell(), new UsageCell()];
  for (const [index, start] of buckets.entries()) {
    const [from, to] = [Math.max(start, fromMs), Math.min(edges[index + 1]!, toMs)];
    for (const cell of [...here, total, rest]) cell.clear();
    // Quarter hours are read once, for the series and the others; of longer spans, the others are what is left of the total.
    slots.each(
      wholeView,
      from,
      to,
      (cells) => mergeCells(cells, (group) => (keys.of(group) === LEFT_OUT ? null : total)),
      (cells) =>
        mergeCells(cells, (group) => {
          const key = keys.of(group);
          if (key === LEFT_OUT) return null;
          const at = place[key] ?? NOT_CHOSEN;
          return at === NOT_CHOSEN ? rest : here[at]!;
        }),
    );
    for (const cell of here) if (cell.requests > 0) total.merge(cell);
    if (chosen.length > 0) {
      slots.each(
        view,
        from,
        to,
        (cells) =>
          mergeCells(cells, (group) => {
            const key = keys.of(group);
            const at = key === LEFT_OUT ? NOT_CHOSEN : (place[key] ?? NOT_CHOSEN);
            return at === NOT_CHOSEN ? null : here[at]!;
          }),
        null,
      );
    }
    total.merge(rest);
    for (const [at, sum] of series.entries()) sum.add(here[at]!);
    whole.add(total);
    if (!hasOthers) continue;
    for (const cell of here) if (cell.requests > 0) total.subtract(cell);
    other.add(total);
  }
  const answered = series.map((sum, at) => sum.series(keys.values[chosen[at]!]!, false));
  if (positions.length === 0) answered.push(whole.series([], false));
  else if (hasOthers) answered.push(other.series([], true));
  return { buckets, totals: metricsOf(whole.total), series: answered };
}

const NOT_CHOSEN = -1;
const LEFT_OUT = -1;
const NOT_SEEN = -2;

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

/** A group's values in the dimensions of a chart, under a number; LEFT_OUT when the filter says so. Each group is looked at once. */
class GroupKeys {
  /** By number. */
  readonly values: (string | null)[][] = [];
  readonly #numbers = new Map<string, number>();
  #ofGroups = new Int32Array(0);

  constructor(
    private readonly known: ReadonlyMap<number, UsageGroup>,
    private readonly positions: readonly number[],
    private readonly passes: (group: UsageGroup) => boolean,
  ) {}

  /** Without dimensions there is one group. */
  get isOne(): boolean {
    return this.positions.length === 0;
  }

  get count(): number {
    return this.values.length;
  }

  of(id: number): number {
    const known = this.#ofGroups[id] ?? NOT_SEEN;
    return known === NOT_SEEN ? this.#lookAt(id) : known;
  }

  #lookAt(id: number): number {
    const group = this.known.get(id);
    const number = group !== undefined && this.passes(group) ? this.#numberOf(group) : LEFT_OUT;
    if (id >= this.#ofGroups.length) {
      const longer = new Int32Array(2 * Math.max(id, this.known.size) + 1).fill(NOT_SEEN);
      longer.set(this.#ofGroups);
      this.#ofGroups = longer;
    }
    this.#ofGroups[id] = number;
    return number;
  }

  #numberOf(group: UsageGroup): number {
    const parts = this.positions.map((at) => group[at] as string | null);
    // Lengths in front keep two different pairs from joining to the same text.
    const text = parts.map((part) => (part === null ? "" : `${part.length} ${part}`)).join(",");
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.values.push(parts) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }

  /** Something to sort equals by. */
  textOf(key: number): string {
    return JSON.stringify(this.values[key]);
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
): { readonly chosen: readonly number[]; readonly hasOthers: boolean } {
  if (keys.isOne) return { chosen: [], hasOthers: false };
  const sizes: { key: number; cost: number; requests: number }[] = [];
  slots.each(view, fromMs, toMs, (cells) =>
    weighCells(cells, (group, requests, cost) => {
      const key = keys.of(group);
      if (key === LEFT_OUT) return;
      sizes[key] ??= { key, cost: 0, requests: 0 };
      const size = sizes[key];
      size.cost += cost;
      size.requests += requests;
    }),
  );
  sizes.sort(
    (a, b) => b.cost - a.cost || b.requests - a.requests || (keys.textOf(a.key) < keys.textOf(b.key) ? -1 : 1),
  );
  return { chosen: sizes.slice(0, top).map(({ key }) => key), hasOthers: sizes.length > top };
}
