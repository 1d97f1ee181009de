import type { Database } from "bun:sqlite";
import { bucketStarts, hourOfWeek } from "./calendar.ts";
import type { TagsOf } from "./key-tags.ts";
import { mergeCells } from "./packed-cells.ts";
import type { HeatQuery, UsageHeat } from "./reports.ts";
import { UsageCell } from "./usage-cell.ts";
import { compileUsageFilter } from "./usage-filter.ts";
import { type UsageGroup, viewFor } from "./usage-group.ts";
import { toQuarters, UsageSlots } from "./usage-slots.ts";

const HOURS_OF_WEEK = 168;

/** At which hours of the week the requests come. */
export function makeHeat(
  database: Database,
  known: ReadonlyMap<number, UsageGroup>,
  query: HeatQuery,
  tagsOf: TagsOf,
): UsageHeat {
  const slots = new UsageSlots(database);
  const filter = compileUsageFilter(query.filter, tagsOf);
  const view = viewFor(filter.dimensions);
  const { fromMs, toMs } = toQuarters(query);
  const edges = bucketStarts({ ...query, interval: "hour" });
  const hours = Array.from({ length: HOURS_OF_WEEK }, () => new UsageCell());
  for (const [index, start] of edges.slice(0, -1).entries()) {
    const hour = hours[hourOfWeek(start, query.timeZone)]!;
    slots.each(view, Math.max(start, fromMs), Math.min(edges[index + 1]!, toMs), (cells) =>
      mergeCells(cells, (group) => (filter.passes(known.get(group)!) ? hour : null)),
    );
  }
  return {
    requests: hours.map((cell) => cell.requests),
    errors: hours.map((cell) => cell.errors),
    costNanoUsd: hours.map((cell) => cell.costNanoUsd),
  };
}
