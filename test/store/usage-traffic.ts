import type { RequestRecord } from "../../src/record.ts";
import type { UsageMetrics, UsageReport } from "../../src/store/reports.ts";
import { pointsOf } from "../../src/store/usage-metrics.ts";
import { makeFailure, makeRecord, NOON } from "./fixtures.ts";

const DAY_MS = 86_400_000;

/** Deterministic traffic, of three days if nothing else is said: all outcomes, five keys, three models, four clients. */
export function traffic(count: number, seed = 1, fromMs = NOON, spanMs = 3 * DAY_MS): RequestRecord[] {
  let state = seed;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  return Array.from({ length: count }, () => {
    const atMs = fromMs + random(spanMs) + random(1000) / 1000;
    const who = {
      keyId: `pky_${random(5)}`,
      providerId: `prv_${random(2)}`,
      clientKeyId: random(9) === 0 ? null : `cky_${random(3)}`,
    };
    const kind = random(10);
    if (kind === 0) return makeFailure(atMs, who);
    const tokens = {
      inputTokens: random(5000),
      cacheReadTokens: random(100),
      cacheWriteTokens: random(10),
      outputTokens: random(800),
      reasoningTokens: random(50),
    };
    const record = makeRecord(atMs, {
      ...who,
      servedModel: `model-${random(3)}`,
      usage: tokens,
      usageSource: kind === 1 ? "estimated" : "reported",
      costNanoUsd: kind === 2 ? null : random(10_000_000),
      endedAtMs: atMs + 5 + random(60_000),
      firstTokenAtMs: random(3) === 0 ? null : atMs + random(5000),
      status: kind === 3 ? "cancelled" : "success",
    });
    return kind === 4 ? { ...record, usage: null, costNanoUsd: null } : record;
  });
}

/** The same sums, the slow way. */
export function sumOf(records: readonly RequestRecord[]): Partial<UsageMetrics> {
  const sum = (of: (record: RequestRecord) => number | null | undefined) =>
    records.reduce((total, record) => total + (of(record) ?? 0), 0);
  const good = records.filter((record) => record.status === "success");
  return {
    requests: records.length,
    successes: good.length,
    errors: records.filter((record) => record.status === "error").length,
    retries: sum((record) => Math.max(0, record.attempts.length - 1)),
    inputTokens: sum((record) => record.usage?.inputTokens),
    cacheReadTokens: sum((record) => record.usage?.cacheReadTokens),
    cacheWriteTokens: sum((record) => record.usage?.cacheWriteTokens),
    outputTokens: sum((record) => record.usage?.outputTokens),
    reasoningTokens: sum((record) => record.usage?.reasoningTokens),
    costNanoUsd: sum((record) => record.costNanoUsd),
    unpricedRequests: good.filter((record) => record.costNanoUsd === null).length,
    estimatedRequests: records.filter((record) => record.usageSource === "estimated").length,
  };
}

/** All of a report, to be compared. */
export function inPoints({ series, ...report }: UsageReport) {
  return { ...report, series: series.map((one) => ({ ...one, points: pointsOf(one.points) })) };
}
