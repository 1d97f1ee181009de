import type { AlertScope, ConditionOf } from "../../alert-rule.ts";
import type { UsageQuery, UsageReport } from "../../store/reports.ts";
import type { ControlDeps } from "../deps.ts";
import { startOfPeriod } from "../usage/time-range.ts";

/** What was spent, from the roll-ups, by the subjects of a rule. */

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A spike is measured against the same hours of so many days before. */
export const SPIKE_DAYS = 7;
const MAX_SUBJECTS = 200;

export function usageOf(
  { store }: Pick<ControlDeps, "store">,
  scope: AlertScope,
  query: Pick<UsageQuery, "fromMs" | "toMs" | "interval"> & { readonly timeZone?: string },
  top = MAX_SUBJECTS,
): Promise<UsageReport> {
  return store.usage.report({
    timeZone: "UTC",
    ...query,
    groupBy: scope.per === null ? [] : [scope.per],
    filter: {
      ...(scope.providerIds.length > 0 && { providerIds: scope.providerIds }),
      ...(scope.keyIds.length > 0 && { keyIds: scope.keyIds }),
      ...(scope.models.length > 0 && { models: scope.models }),
      ...(scope.clientKeyIds.length > 0 && { clientKeyIds: scope.clientKeyIds }),
    },
    top,
  });
}

/** Subject → nano-USD in the period that is running. */
export async function readSpent(
  deps: Pick<ControlDeps, "store">,
  { period, timeZone }: ConditionOf<"BUDGET">,
  scope: AlertScope,
  nowMs: number,
): Promise<Map<string, number>> {
  const fromMs = startOfPeriod(period, nowMs, timeZone);
  const toMs = Math.max(nowMs, fromMs + 1);
  const report = await usageOf(deps, scope, { fromMs, toMs, timeZone, interval: period });
  return new Map(subjectsOf(report).map(([subject, series]) => [subject, series.totals.costNanoUsd]));
}

export interface Spike {
  readonly nowNanoUsd: number;
  readonly usualNanoUsd: number;
}

export async function readSpikes(
  deps: Pick<ControlDeps, "store">,
  { hours }: ConditionOf<"SPEND_SPIKE">,
  scope: AlertScope,
  nowMs: number,
): Promise<Map<string, Spike>> {
  const windowMs = hours * HOUR_MS;
  const fromMs = nowMs - windowMs - SPIKE_DAYS * DAY_MS;
  const report = await usageOf(deps, scope, { fromMs, toMs: nowMs, interval: "quarter_hour" });
  return new Map(
    subjectsOf(report).map(([subject, { points }]) => [
      subject,
      spikeAt(report.buckets, points("costNanoUsd"), windowMs, nowMs),
    ]),
  );
}

/** The window before `nowMs`, and the average of the same window on the days before. */
export function spikeAt(buckets: readonly number[], costs: readonly number[], windowMs: number, nowMs: number): Spike {
  let nowNanoUsd = 0;
  let before = 0;
  const daysWithSpend = new Set<number>();
  for (const [index, start] of buckets.entries()) {
    const agoMs = nowMs - start;
    if (agoMs <= 0) continue;
    const daysAgo = Math.floor(agoMs / DAY_MS);
    if (daysAgo > SPIKE_DAYS || agoMs - daysAgo * DAY_MS > windowMs) continue;
    if (daysAgo === 0) nowNanoUsd += costs[index]!;
    else if (costs[index]! > 0) {
      before += costs[index]!;
      daysWithSpend.add(daysAgo);
    }
  }
  // Days before the first use would make any use look like a spike.
  return { nowNanoUsd, usualNanoUsd: before / Math.max(1, daysWithSpend.size) };
}

/** Without the folded rest, which is nobody. */
export function subjectsOf(report: UsageReport) {
  return report.series
    .filter((series) => !series.isOther && (series.values.length === 0 || series.values[0] !== null))
    .map((series) => [series.values[0] ?? "", series] as const);
}
