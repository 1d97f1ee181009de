import type { AlertCondition, ConditionOf } from "../../alert-rule.ts";
import { type Firing, type Look, replay } from "../../policy/alert-replay.ts";
import {
  judgeBudget,
  judgeErrorRate,
  judgeLatency,
  judgeSpike,
  judgeTraffic,
  type Verdict,
} from "../../policy/alert-verdict.ts";
import type { UsageMetrics, UsageReport } from "../../store/reports.ts";
import { pointsOf } from "../../store/usage-metrics.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { startOfPeriod } from "../usage/time-range.ts";
import { type Given, readInput } from "../user-errors.ts";
import { createRuleInput, EVERYTHING } from "./alert-rule-input.ts";
import { SPIKE_DAYS, spikeAt, subjectsOf, usageOf } from "./alert-spend.ts";
import { staleAfter } from "./alert-watch.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const DAYS = 7;
const MAX_SUBJECTS = 20;
const MAX_FIRINGS = 200;

export interface AlertPreview {
  readonly fromMs: number;
  readonly toMs: number;
  /** Why nothing can be said about the past; null when it can. */
  readonly reason: string | null;
  /** Newest first. */
  readonly firings: readonly (Firing & { readonly subject: string })[];
}

/** How often and when a rule would have fired in the last seven days, by quarters of an hour, from the roll-ups alone. */
export async function previewAlertRule(control: Control, input: Given<typeof createRuleInput>): Promise<AlertPreview> {
  const read = readInput(createRuleInput, input);
  if (!read.ok) throw badInput(read.errors[0]!.message, ["input", ...(read.errors[0]!.field ?? [])].join("."));
  const { condition, forSeconds: forMs, cooldownSeconds: cooldownMs } = read.value;
  const scope = read.value.scope ?? EVERYTHING;
  const nowMs = control.now();
  const toMs = nowMs - (nowMs % QUARTER_MS);
  const fromMs = toMs - DAYS * DAY_MS;
  const reason = whyNot(condition);
  if (reason !== null) return { fromMs, toMs, reason, firings: [] };
  const startMs = startOf(condition, fromMs);
  const report = await usageOf(control, scope, { fromMs: startMs, toMs, interval: "quarter_hour" }, MAX_SUBJECTS);
  const rule = { forMs, cooldownMs, stepMs: QUARTER_MS, staleMs: staleAfter(condition) };
  const firings = subjectsOf(report).flatMap(([subject, { points }]) =>
    replay(looksAt(condition, report, pointsOf(points), fromMs), rule).map((firing) => ({ ...firing, subject })),
  );
  return {
    fromMs,
    toMs,
    reason: null,
    firings: firings.sort((left, right) => right.openedAt - left.openedAt).slice(0, MAX_FIRINGS),
  };
}

function whyNot(condition: AlertCondition): string | null {
  switch (condition.kind) {
    case "KEY_INVALID":
    case "PROVIDER_LOW":
    case "LOW_BALANCE":
    case "DISK_SPACE":
      return "Of keys, balances and the disk only the present is known.";
    case "LATENCY":
      return condition.metric === "firstToken" && condition.percentile === "p99"
        ? "The roll-ups know p50 and p95 of the first token, no p99."
        : null;
    default:
      return null;
  }
}

/** What has to be read besides the seven days. */
function startOf(condition: AlertCondition, fromMs: number): number {
  switch (condition.kind) {
    case "BUDGET":
      return startOfPeriod(condition.period, fromMs, condition.timeZone);
    case "SPEND_SPIKE":
      return fromMs - SPIKE_DAYS * DAY_MS - condition.hours * 3_600_000;
    case "ERROR_RATE":
    case "LATENCY":
    case "NO_TRAFFIC":
      return fromMs - condition.windowMs;
    default:
      return fromMs;
  }
}

function looksAt(
  condition: AlertCondition,
  { buckets }: UsageReport,
  points: readonly UsageMetrics[],
  fromMs: number,
): Look[] {
  const judge = judgeOf(condition, buckets, points);
  return buckets
    .map((start, index) => ({ atMs: start + QUARTER_MS, verdict: judge(index) }))
    .filter(({ atMs }) => atMs > fromMs);
}

function judgeOf(
  condition: AlertCondition,
  buckets: readonly number[],
  points: readonly UsageMetrics[],
): (index: number) => Verdict {
  switch (condition.kind) {
    case "ERROR_RATE":
      return (index) => judgeErrorRate(condition, sumOf(points, index, condition.windowMs));
    case "LATENCY":
      return (index) => judgeLatency(condition, latencyOf(condition, points, index));
    case "NO_TRAFFIC":
      return (index) => {
        const last = points.slice(0, index + 1).findLastIndex((point) => point.requests > 0);
        return judgeTraffic(condition, (index - last) * QUARTER_MS);
      };
    case "BUDGET": {
      const periods = buckets.map((start) => startOfPeriod(condition.period, start, condition.timeZone));
      let spent = 0;
      const sums = points.map((point, index) => {
        spent = (periods[index] === periods[index - 1] ? spent : 0) + point.costNanoUsd;
        return spent;
      });
      return (index) => judgeBudget(condition, sums[index]!);
    }
    case "SPEND_SPIKE": {
      const costs = points.map((point) => point.costNanoUsd);
      return (index) =>
        judgeSpike(condition, spikeAt(buckets, costs, condition.hours * 3_600_000, buckets[index]! + QUARTER_MS));
    }
    default:
      return () => "clear";
  }
}

/** A window shorter than a quarter of an hour is a whole one here: the roll-ups know no less. */
function quartersOf<Point>(points: readonly Point[], index: number, windowMs: number): readonly Point[] {
  return points.slice(Math.max(0, index + 1 - Math.ceil(windowMs / QUARTER_MS)), index + 1);
}

function sumOf(points: readonly UsageMetrics[], index: number, windowMs: number) {
  let requests = 0;
  let errors = 0;
  for (const point of quartersOf(points, index, windowMs)) {
    requests += point.requests;
    errors += point.errors;
  }
  return { requests, errors };
}

/** Over several quarters: the mean of their percentiles, by their requests. */
function latencyOf(condition: ConditionOf<"LATENCY">, points: readonly UsageMetrics[], index: number) {
  const percentile = ({ p50: "P50", p95: "P95", p99: "P99" } as const)[condition.percentile];
  let requests = 0;
  let weighted = 0;
  for (const point of quartersOf(points, index, condition.windowMs)) {
    const value =
      condition.metric === "latency"
        ? point[`latency${percentile}Ms`]
        : point[percentile === "P50" ? "firstTokenP50Ms" : "firstTokenP95Ms"];
    if (value === null) continue;
    requests += point.requests;
    weighted += value * point.requests;
  }
  return { requests, valueMs: requests === 0 ? null : weighted / requests };
}
