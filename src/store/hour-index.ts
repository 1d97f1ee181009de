import type { Database } from "bun:sqlite";
import { rowAt } from "../lib/id.ts";
import { DAY_MS } from "./day-file.ts";
import type { DayReader } from "./day-reader.ts";
import type { KnownGroups } from "./known-groups.ts";
import type { DayFilter, DayShapes } from "./log-filter.ts";
import type { RowRange } from "./log-reader.ts";
import { SPANS_MS } from "./usage-cell.ts";
import { minutes } from "./usage-file.ts";
import { FINEST_VIEW, type UsageGroup } from "./usage-group.ts";

const HOUR_MS = SPANS_MS[1];

/**
 * The roll-ups as an index of the log: they know in which hours a key, model, client or an error occurred at all, so a filter on these
 * reads only those hours. Costs nothing on insert.
 */
export class HourIndex {
  constructor(
    private readonly usage: Database,
    private readonly groups: KnownGroups,
  ) {}

  /** The parts of a range that may hold matching rows, newest first. */
  narrow(reader: DayReader, range: RowRange, filter: DayFilter, shapes: DayShapes): RowRange[] {
    const counted = countedCondition(filter, shapes);
    if (filter.routes === null && filter.callers === null && counted === null) return [range];
    const uncounted = this.#uncountedHours(reader);
    if (uncounted === null) return [range];
    const hours = new Set([
      ...uncounted,
      ...this.#hoursWith(reader.day, this.#groupsOf(filter, shapes), counted ?? "1"),
    ]);
    return [...hours]
      .sort((a, b) => b - a)
      .map((hour) => ({
        low: Math.max(range.low, rowAt(hour - reader.day * DAY_MS)),
        high: Math.min(range.high, rowAt(hour - reader.day * DAY_MS + HOUR_MS)),
      }))
      .filter((part) => part.low < part.high);
  }

  /** The hours that have rows which the roll-ups do not count yet; null when nobody knows which. */
  #uncountedHours(reader: DayReader): number[] | null {
    // In this order: a batch that comes in between makes them differ, which is the safe side.
    const counted =
      this.usage.query<{ batch: number }, [number]>("SELECT batch FROM progress WHERE day = ?").get(reader.day)
        ?.batch ?? 0;
    const progress = reader.progress();
    if (progress === null || counted === progress.batch) return [];
    if (counted !== progress.counted) return null;
    const hours: number[] = [];
    for (let hour = progress.first - (progress.first % HOUR_MS); hour <= progress.last; hour += HOUR_MS)
      hours.push(hour);
    return hours;
  }

  #hoursWith(day: number, groups: readonly number[], counted: string): number[] {
    const rows = this.usage
      .query<{ start: number }, [number, number, number, string]>(
        `SELECT DISTINCT start FROM usage WHERE span = ? AND view = ${FINEST_VIEW} AND start >= ? AND start < ?
           AND usage_group IN (SELECT value FROM json_each(?)) AND ${counted} ORDER BY start DESC`,
      )
      .all(minutes(HOUR_MS), minutes(day * DAY_MS), minutes((day + 1) * DAY_MS), JSON.stringify(groups));
    return rows.map(({ start }) => start * 60_000);
  }

  /** The groups that the filter's routes and callers can have made: the counterpart of `groupOf`, on the generous side. */
  #groupsOf(filter: DayFilter, shapes: DayShapes): number[] {
    const routes = new Set<string>();
    for (const id of filter.routes ?? shapes.routes.keys()) {
      const [, , requestedModel, servedModel, providerId, keyId] = shapes.routes.get(id)!;
      routes.add(JSON.stringify([providerId, keyId, servedModel ?? requestedModel]));
      if (servedModel === null) routes.add(JSON.stringify([providerId, keyId, null]));
    }
    const clients = new Set<UsageGroup[3]>();
    for (const id of filter.callers ?? shapes.callers.keys()) clients.add(shapes.callers.get(id)![0]);
    const ids: number[] = [];
    for (const [id, [providerId, keyId, model, clientKeyId]] of this.groups.all()) {
      if (clients.has(clientKeyId) && routes.has(JSON.stringify([providerId, keyId, model]))) ids.push(id);
    }
    return ids;
  }
}

const COUNTED = { success: "successes > 0", error: "errors > 0", cancelled: "cancelled > 0" } as const;

/** SQL for "such a request was counted"; null when any request will do. */
function countedCondition(filter: DayFilter, shapes: DayShapes): string | null {
  const conditions = filter.retried ? ["retries > 0"] : [];
  if (filter.outcomes !== null) {
    const statuses = new Set(filter.outcomes.map((id) => shapes.outcomes.get(id)![0]));
    conditions.push(`(${[...statuses].map((status) => COUNTED[status]).join(" OR ")})`);
  }
  return conditions.length === 0 ? null : conditions.join(" AND ");
}
