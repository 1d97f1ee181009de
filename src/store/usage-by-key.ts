import type { Database } from "bun:sqlite";
import { sumCells } from "./packed-cells.ts";
import { USAGE_DIMENSIONS, type UsageByKey } from "./reports.ts";
import { type UsageGroup, viewFor } from "./usage-group.ts";
import { toQuarters, UsageSlots } from "./usage-slots.ts";
import { UTC_GRIDS } from "./usage-spans.ts";

const KEY = USAGE_DIMENSIONS.indexOf("key");

/** What each provider key did within a time, in columns: a report would make an object with curves for each of 100,000 keys. */
export function readUsageByKey(
  database: Database,
  known: ReadonlyMap<number, UsageGroup>,
  span: { readonly fromMs: number; readonly toMs: number },
): UsageByKey {
  const places = new Map<string, number>();
  const placeOfGroup = new Map<number, number>();
  const sums = { requests: [] as number[], errors: [] as number[], costNanoUsd: [] as number[] };
  const placeOf = (group: number) => {
    let place = placeOfGroup.get(group);
    if (place !== undefined) return place;
    const id = known.get(group)?.[KEY];
    place = typeof id === "string" ? (places.get(id) ?? places.size) : NOWHERE;
    if (typeof id === "string") places.set(id, place);
    placeOfGroup.set(group, place);
    return place;
  };
  const { fromMs, toMs } = toQuarters(span);
  const slots = new UsageSlots(database, UTC_GRIDS.toReversed());
  for (const { cells } of slots.pieces(viewFor([KEY]), fromMs, toMs)) {
    sumCells(cells, (group, requests, costNanoUsd, errors) => {
      const place = placeOf(group);
      if (place === NOWHERE) return;
      sums.requests[place] = (sums.requests[place] ?? 0) + requests;
      sums.errors[place] = (sums.errors[place] ?? 0) + errors;
      sums.costNanoUsd[place] = (sums.costNanoUsd[place] ?? 0) + costNanoUsd;
    });
  }
  return {
    keyIds: [...places.keys()].join("\n"),
    requests: Float64Array.from(sums.requests),
    errors: Float64Array.from(sums.errors),
    costNanoUsd: Float64Array.from(sums.costNanoUsd),
  };
}

/** Requests that no key served. */
const NOWHERE = -1;
