import type { ProtocolId } from "../../llm/names.ts";
import type { ErrorClass, RequestRecord } from "../../record.ts";
import {
  TAG_DIMENSIONS,
  type UsageDimension,
  type UsageHeat,
  type UsageMetrics,
  type UsageQuery,
  type UsageReport,
  type UsageSeries,
} from "../../store/reports.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { labelObject } from "../labels.ts";
import { bucketEnd, readRange, type TimeRange, type TimeRangeInput } from "./time-range.ts";

export const USAGE_INTERVALS = ["minute", "quarter_hour", "hour", "day", "week", "month"] as const;
export type UsageInterval = (typeof USAGE_INTERVALS)[number];

const MAX_DIMENSIONS = 2;
const MAX_TOP = 50;
/** Points of one series: more than a chart has pixels. */
const MAX_BUCKETS = 2000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Minutes are added up from the requests in the log, one by one. */
const MOST_OF_MINUTES_MS = DAY_MS;
const SHORTEST_MS: Record<UsageInterval, number> = {
  minute: 60_000,
  quarter_hour: HOUR_MS / 4,
  hour: HOUR_MS,
  day: 23 * HOUR_MS,
  week: 7 * DAY_MS - HOUR_MS,
  month: 28 * DAY_MS - HOUR_MS,
};

export interface UsageFilter {
  readonly providers?: readonly string[] | null;
  readonly providerKeys?: readonly string[] | null;
  readonly models?: readonly string[] | null;
  readonly clientKeys?: readonly string[] | null;
  /** Of client keys, and of provider keys, that have one of these tags. */
  readonly clientKeyTags?: readonly string[] | null;
  readonly providerKeyTags?: readonly string[] | null;
  readonly statuses?: readonly RequestRecord["status"][] | null;
  readonly errorClasses?: readonly ErrorClass[] | null;
  readonly formats?: readonly ProtocolId[] | null;
}

export interface UsageArgs {
  readonly range: TimeRangeInput;
  readonly interval: UsageInterval | "auto";
  readonly groupBy: readonly UsageDimension[];
  readonly filter?: UsageFilter | null;
  readonly timeZone: string;
  readonly top: number;
}

/** A report with the question it answers. */
export interface UsageView {
  readonly query: UsageQuery;
  readonly report: UsageReport;
  readonly generatedAtMs: number;
}

export async function readUsage(control: Control, args: UsageArgs): Promise<UsageView> {
  if (args.groupBy.length > MAX_DIMENSIONS) throw badInput(`At most ${MAX_DIMENSIONS} dimensions.`, "groupBy");
  if (new Set(args.groupBy).size < args.groupBy.length) throw badInput("A dimension stands twice.", "groupBy");
  if (args.top < 1 || args.top > MAX_TOP) throw badInput(`From 1 to ${MAX_TOP} groups.`, "top");
  const generatedAtMs = control.now();
  const range = readRange(args.range, { timeZone: args.timeZone, nowMs: generatedAtMs });
  const interval = args.interval === "auto" ? chooseInterval(range) : args.interval;
  if (interval === "minute" && range.toMs - range.fromMs > MOST_OF_MINUTES_MS) {
    throw badInput("Minutes are told for at most 24 hours: choose a longer interval or a shorter range.", "interval");
  }
  if ((range.toMs - range.fromMs) / SHORTEST_MS[interval] > MAX_BUCKETS) {
    throw badInput(`More than ${MAX_BUCKETS} buckets: choose a longer interval or a shorter range.`, "interval");
  }
  const { timeZone, groupBy, top } = args;
  const query: UsageQuery = {
    ...range,
    timeZone,
    interval,
    groupBy,
    top,
    filter: readFilter(args.filter ?? {}),
  };
  return { query, report: await control.store.usage.report(query), generatedAtMs };
}

function readFilter(filter: UsageFilter): UsageQuery["filter"] {
  return {
    ...(filter.providers && { providerIds: filter.providers }),
    ...(filter.providerKeys && { keyIds: filter.providerKeys }),
    ...(filter.providerKeyTags && { keyTags: filter.providerKeyTags }),
    ...(filter.models && { models: filter.models }),
    ...(filter.clientKeys && { clientKeyIds: filter.clientKeys }),
    ...(filter.clientKeyTags && { clientTags: filter.clientKeyTags }),
    ...(filter.statuses && { statuses: filter.statuses }),
    ...(filter.errorClasses && { errorClasses: filter.errorClasses }),
    ...(filter.formats && { protocols: filter.formats }),
  };
}

/** When in the week the requests of the report came, in its zone. */
export function readHeat(control: Control, { fromMs, toMs, timeZone, filter }: UsageQuery): Promise<UsageHeat> {
  return control.store.usage.heat({ fromMs, toMs, timeZone, filter });
}

/** Totals of the period of the same length just before. */
export async function readPreviousTotals(control: Control, query: UsageQuery): Promise<UsageMetrics> {
  const fromMs = query.fromMs - (query.toMs - query.fromMs);
  const range = { fromMs, toMs: query.fromMs };
  if (query.interval !== "minute") return readTotals(control, range, query.timeZone, query.filter);
  return (await control.store.usage.report({ ...query, ...range, groupBy: [] })).totals;
}

export async function readTotals(
  control: Control,
  range: TimeRange,
  timeZone: string,
  filter: UsageQuery["filter"] = {},
): Promise<UsageMetrics> {
  const query: UsageQuery = { ...range, timeZone, interval: "month", groupBy: [], filter, top: 1 };
  return (await control.store.usage.report(query)).totals;
}

/** True while the last bucket has not ended: charts hatch it. */
export function isLastBucketPartial({ query, report, generatedAtMs }: UsageView): boolean {
  const last = report.buckets.at(-1);
  return last !== undefined && bucketEnd(last, query.interval, query.timeZone) > generatedAtMs;
}

/** Without groups the total is the one series. */
export function seriesOf({ query, report }: UsageView): readonly UsageSeries[] {
  return query.groupBy.length > 0 ? report.series : report.series.slice(0, 1);
}

/** Names instead of ids; of what has been deleted, the name it had. */
export async function labelGroup(control: Control, query: UsageQuery, series: UsageSeries): Promise<string> {
  if (series.isOther) return "Other";
  if (series.values.length === 0) return "Total";
  const labels = await Promise.all(
    series.values.map((value, index) => labelValue(control, query.groupBy[index]!, value)),
  );
  return labels.join(" · ");
}

export async function labelValue(control: Control, dimension: UsageDimension, value: string | null): Promise<string> {
  if (value === null || value === "") return dimension in TAG_DIMENSIONS ? "Untagged" : "None";
  switch (dimension) {
    case "clientTag":
    case "keyTag":
    case "model":
      return value;
    case "provider":
    case "key":
    case "client":
      return (await labelObject(control, value))!.name;
    case "status":
    case "error":
    case "format":
      return value;
  }
}

/** About 50 to 200 points, whatever the range. */
function chooseInterval({ fromMs, toMs }: TimeRange): UsageInterval {
  const days = (toMs - fromMs) / DAY_MS;
  if (days <= 1.05) return "quarter_hour";
  if (days <= 8) return "hour";
  if (days <= 200) return "day";
  return days <= 800 ? "week" : "month";
}
