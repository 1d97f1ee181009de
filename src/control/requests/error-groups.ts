import type { ErrorGroup } from "../../store/reports.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { MAX_PAGE } from "../page.ts";
import { readRange, type TimeRangeInput } from "../usage/time-range.ts";
import { type RequestFilter, toLogFilter } from "./request-filter.ts";

export interface ErrorGroupArgs {
  readonly range: TimeRangeInput;
  readonly filter?: RequestFilter | null;
  readonly first: number;
}

/** The failures of a time by what they have in common, most frequent first. A range in the filter narrows the time further. */
export async function listErrorGroups(control: Control, args: ErrorGroupArgs): Promise<readonly ErrorGroup[]> {
  if (args.first < 1 || args.first > MAX_PAGE) throw badInput(`From 1 to ${MAX_PAGE} groups.`, "first");
  const nowMs = control.now();
  const range = readRange(args.range, { timeZone: "UTC", nowMs });
  const filter = toLogFilter(args.filter ?? {}, nowMs);
  if (filter === null) return [];
  const fromMs = Math.max(range.fromMs, filter.fromMs ?? 0);
  const toMs = Math.min(range.toMs, filter.toMs ?? range.toMs);
  if (fromMs >= toMs) return [];
  return control.store.logs.errorGroups({ filter: { ...filter, fromMs, toMs }, limit: args.first, nowMs });
}
