import type { UsageDimension, UsageMetrics, UsagePoints, UsageQuery, UsageReport } from "../../store/reports.ts";
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
  noun: UsedNoun,
  ids: readonly string[],
  args: RangeArgs,
): Promise<UsageMetrics[]> {
  const report = await control.store.usage.report({ ...(await linesOf(control, noun, ids)), ...spanOf(control, args) });
  const byId = new Map(report.series.filter((one) => !one.isOther).map((one) => [one.values[0], one.totals]));
  return ids.map((id) => byId.get(id) ?? NO_USAGE);
}

/** In the order of `ids`. Steps are UTC hours or days; the last one is still filling. */
export async function readSparklinesOf(
  control: Control,
  noun: UsedNoun,
  ids: readonly string[],
  range: SparklineRange,
): Promise<Sparkline[]> {
  const steps = stepsOf(control, range);
  const report = await control.store.usage.report({ ...(await linesOf(control, noun, ids)), ...steps.query });
  const byId = new Map(report.series.filter((one) => !one.isOther).map((one) => [one.values[0], one.points]));
  return ids.map((id) => drawSparkline(steps, report, byId.get(id)));
}

export type UsedNoun = Extract<UsageDimension, "provider" | "key" | "client"> | "model";

/**
 * A line for each row. The roll-ups know the upstream's models, not ours: several of them may stand behind one name and one behind
 * several names, so a model's line is what its targets served.
 */
async function linesOf(control: Control, noun: UsedNoun, ids: readonly string[]) {
  const top = Math.max(1, ids.length);
  if (noun === "model") {
    const models = await control.rows.models();
    const targetSets = ids.map((id) => ({ id, targets: models.get(id)?.targets ?? [] }));
    return { groupBy: [], targetSets, filter: {}, top };
  }
  const filterName = { provider: "providerIds", key: "keyIds", client: "clientKeyIds" } as const;
  return { groupBy: [noun], filter: { [filterName[noun]]: ids }, top };
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
  report: UsageReport,
  points: UsagePoints | undefined,
): Sparkline {
  const requests = new Array<number>(steps).fill(0);
  const errors = new Array<number>(steps).fill(0);
  const [ofRequests, ofErrors] = [points?.("requests") ?? [], points?.("errors") ?? []];
  for (const [index, start] of report.buckets.entries()) {
    const step = Math.round((start - startsAtMs) / stepMs);
    if (step < 0 || step >= steps) continue;
    requests[step] = ofRequests[index] ?? 0;
    errors[step] = ofErrors[index] ?? 0;
  }
  return { startsAtMs, stepSeconds: stepMs / 1000, requests, errors };
}
