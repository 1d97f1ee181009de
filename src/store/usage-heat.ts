import type { Database } from "bun:sqlite";
import { bucketStarts, hourOfWeek } from "./calendar.ts";
import type { TagsOf } from "./key-tags.ts";
import { sumCells } from "./packed-cells.ts";
import type { HeatQuery, UsageHeat } from "./reports.ts";
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
  const slots = UsageSlots.of(database, query);
  const filter = compileUsageFilter(query.filter, tagsOf);
  const passing = new Map<number, boolean>();
  const passes = (group: number) => {
    const does = passing.get(group) ?? filter.passes(known.get(group)!);
    passing.set(group, does);
    return does;
  };
  const view = viewFor(filter.dimensions);
  const { fromMs, toMs } = toQuarters(query);
  const edges = bucketStarts({ ...query, interval: "hour" });
  const [requests, errors, costNanoUsd] = [zeros(), zeros(), zeros()];
  for (const [index, start] of edges.slice(0, -1).entries()) {
    const hour = hourOfWeek(start, query.timeZone);
    for (const { cells } of slots.pieces(view, Math.max(start, fromMs), Math.min(edges[index + 1]!, toMs))) {
      sumCells(cells, (group, count, cost, failed) => {
        if (!passes(group)) return;
        requests[hour]! += count;
        errors[hour]! += failed;
        costNanoUsd[hour]! += cost;
      });
    }
  }
  return { requests, errors, costNanoUsd };
}

function zeros(): number[] {
  return new Array<number>(HOURS_OF_WEEK).fill(0);
}
