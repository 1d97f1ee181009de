import { msOfRow, requestIdAt } from "../lib/id.ts";
import { DAY_MS } from "./day-file.ts";
import type { ErrorPrint } from "./error-fingerprint.ts";
import { DaySearch } from "./log-search.ts";
import type { LogView } from "./log-view.ts";
import type { ErrorGroupQuery, ErrorGroups } from "./reports.ts";

const SPARK_STEPS = 48;
/** Names kept of a group; beyond that a person needs no more of them. */
const MAX_NAMES = 100;

interface Group {
  readonly print: ErrorPrint;
  count: number;
  readonly keyIds: Set<string>;
  readonly models: Set<string>;
  readonly clientKeys: Set<string | null>;
  firstSeenMs: number;
  lastSeenMs: number;
  sampleId: string;
  readonly counts: number[];
}

/** The failed requests that a filter finds, by what they have in common. */
export function groupErrors(view: LogView, query: ErrorGroupQuery): ErrorGroups {
  const { toMs = query.nowMs, fromMs: startsAtMs } = query.filter;
  const stepMs = Math.max(1, Math.ceil((toMs - startsAtMs) / SPARK_STEPS));
  const groups = new Map<string, Group>();
  for (const index of view.indexed()) {
    const { columns, prints } = index;
    const seen = new Uint8Array(prints.length * index.routes.length);
    const ofDay = prints.map((): Group | null => null);
    const callerOf = (combination: number) => view.shapes.callers.values[index.callers[combination]!]!;
    new DaySearch(index, view.filter, view.filter.rangeOf(index.day)).eachError((position) => {
      const number = columns.errorPrints[position]!;
      let group = ofDay[number] ?? null;
      if (group === null) {
        group = groupOf(groups, prints[number]!);
        ofDay[number] = group;
      }
      const row = columns.errorRows[position]!;
      const atMs = index.day * DAY_MS + msOfRow(row);
      const combination = columns.errorCombinations[position]!;
      group.count++;
      const pair = number * index.routes.length + combination;
      if (seen[pair] === 0) {
        seen[pair] = 1;
        const route = view.shapes.routes.values[index.routes[combination]!]!;
        addName(group.keyIds, route[5]);
        addName(group.models, route[2]);
        if (group.clientKeys.size < MAX_NAMES) group.clientKeys.add(callerOf(combination)[0]);
      }
      const step = Math.floor((atMs - startsAtMs) / stepMs);
      if (step >= 0 && step < SPARK_STEPS) group.counts[step]!++;
      if (atMs < group.firstSeenMs) group.firstSeenMs = atMs;
      if (atMs < group.lastSeenMs) return;
      group.lastSeenMs = atMs;
      group.sampleId = requestIdAt({ day: index.day, row }, callerOf(combination)[3]);
    });
  }
  const found = [...groups.values()]
    .sort((a, b) => b.count - a.count || b.lastSeenMs - a.lastSeenMs)
    .slice(0, query.limit)
    .map(({ print, counts, ...group }) => ({
      ...print,
      ...group,
      keyIds: [...group.keyIds],
      models: [...group.models],
      clientKeys: group.clientKeys.size,
      spark: { startsAtMs, stepMs, counts },
    }));
  return { groups: found, isPartial: view.isPartial };
}

function groupOf(groups: Map<string, Group>, print: ErrorPrint): Group {
  let group = groups.get(print.fingerprint);
  if (group === undefined) {
    group = {
      print,
      count: 0,
      keyIds: new Set(),
      models: new Set(),
      clientKeys: new Set(),
      firstSeenMs: Number.POSITIVE_INFINITY,
      lastSeenMs: 0,
      sampleId: "",
      counts: new Array(SPARK_STEPS).fill(0),
    };
    groups.set(print.fingerprint, group);
  }
  return group;
}

function addName(names: Set<string>, name: string | null): void {
  if (name !== null && names.size < MAX_NAMES) names.add(name);
}
