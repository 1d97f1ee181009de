import type { UsageDimension, UsageMetrics, UsagePoints, UsageQuery, UsageReport } from "../../store/reports.ts";
import type { ModelRow } from "../../store/types.ts";
import { NO_USAGE } from "../../store/usage-metrics.ts";
import type { Control } from "../control.ts";
import { readRange, type TimeRangeInput } from "./time-range.ts";

/** Usage of many rows of one noun at once: a page of 200 keys costs one report, never one per row. */

export interface Sparkline {
  readonly startsAtMs: number;
  readonly stepSeconds: number;
  readonly requests: readonly number[];
  readonly errors: readonly number[];
}
export type SparklineRange = "LAST_24_HOURS" | "LAST_30_DAYS";

const SPARKLINES = {
  LAST_24_HOURS: { interval: "hour", stepMs: 3_600_000, steps: 24 },
  LAST_30_DAYS: { interval: "day", stepMs: 86_400_000, steps: 30 },
} as const;

export interface RangeArgs {
  readonly range: TimeRangeInput;
  readonly timeZone: string;
}

/** In the order of `ids`. */
export async function readUsageOf(
  control: Control,
  dimension: IdDimension,
  ids: readonly string[],
  args: RangeArgs,
): Promise<UsageMetrics[]> {
  const report = await control.store.usage.report({ ...groupedBy(dimension, ids), ...spanOf(control, args) });
  const byId = new Map(report.series.filter((one) => !one.isOther).map((one) => [one.values[0], one.totals]));
  return ids.map((id) => byId.get(id) ?? NO_USAGE);
}

/** In the order of `ids`. Steps are UTC hours or days; the last one is still filling. */
export async function readSparklinesOf(
  control: Control,
  dimension: IdDimension,
  ids: readonly string[],
  range: SparklineRange,
): Promise<Sparkline[]> {
  const steps = stepsOf(control, range);
  const report = await control.store.usage.report({ ...groupedBy(dimension, ids), ...steps.query });
  const byId = new Map(report.series.filter((one) => !one.isOther).map((one) => [one.values[0], one.points]));
  return ids.map((id) => drawSparkline(steps, report, byId.get(id)));
}

/**
 * What a model's targets served. The roll-ups know the upstream's models, and several of them may stand behind one name: so
 * each model is a report of its own, whose percentiles are exact. There are tens of models, not thousands.
 */
export async function readUsageOfModel(control: Control, model: ModelRow, args: RangeArgs): Promise<UsageMetrics> {
  const span = spanOf(control, args);
  if (model.targets.length === 0) return NO_USAGE;
  return (await control.store.usage.report({ ...servedBy(model), ...span })).totals;
}

export async function readSparklineOfModel(
  control: Control,
  model: ModelRow,
  range: SparklineRange,
): Promise<Sparkline> {
  const steps = stepsOf(control, range);
  if (model.targets.length === 0) return drawSparkline(steps, null, undefined);
  const report = await control.store.usage.report({ ...servedBy(model), ...steps.query });
  return drawSparkline(steps, report, report.series[0]?.points);
}

type IdDimension = Extract<UsageDimension, "provider" | "key" | "client">;

function groupedBy(dimension: IdDimension, ids: readonly string[]) {
  const filterName = { provider: "providerIds", key: "keyIds", client: "clientKeyIds" } as const;
  return { groupBy: [dimension], filter: { [filterName[dimension]]: ids }, top: Math.max(1, ids.length) };
}

function servedBy({ targets }: ModelRow) {
  const providerIds = targets.map((target) => target.providerId);
  const models = targets.map((target) => target.upstreamModel);
  return { groupBy: [], filter: { providerIds, models }, top: 1 };
}

function spanOf(control: Control, { range, timeZone }: RangeArgs) {
  return { ...readRange(range, { timeZone, nowMs: control.now() }), timeZone, interval: "month" } as const;
}

interface Steps {
  readonly stepMs: number;
  readonly steps: number;
  readonly startsAtMs: number;
  readonly query: Pick<UsageQuery, "fromMs" | "toMs" | "timeZone" | "interval">;
}

function stepsOf(control: Control, range: SparklineRange): Steps {
  const { interval, stepMs, steps } = SPARKLINES[range];
  const startsAtMs = Math.floor(control.now() / stepMs) * stepMs - (steps - 1) * stepMs;
  const query = { fromMs: startsAtMs, toMs: startsAtMs + steps * stepMs, timeZone: "UTC", interval };
  return { stepMs, steps, startsAtMs, query };
}

function drawSparkline(
  { stepMs, steps, startsAtMs }: Steps,
  report: UsageReport | null,
  points: UsagePoints | undefined,
): Sparkline {
  const requests = new Array<number>(steps).fill(0);
  const errors = new Array<number>(steps).fill(0);
  const [ofRequests, ofErrors] = [points?.("requests") ?? [], points?.("errors") ?? []];
  for (const [index, start] of (report?.buckets ?? []).entries()) {
    const step = Math.round((start - startsAtMs) / stepMs);
    if (step < 0 || step >= steps) continue;
    requests[step] = ofRequests[index] ?? 0;
    errors[step] = ofErrors[index] ?? 0;
  }
  return { startsAtMs, stepSeconds: stepMs / 1000, requests, errors };
}
