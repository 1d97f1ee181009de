import { formatNanoUsd } from "../src/control/usage/money.ts";
import type { UsageMetrics as UsageMetricsValue } from "../src/store/reports.ts";
import { builder } from "./builder.ts";

export const UsageMetrics = builder.objectRef<UsageMetricsValue>("UsageMetrics");

function sumTokens(metrics: UsageMetricsValue): number {
  return (
    metrics.inputTokens +
    metrics.cacheReadTokens +
    metrics.cacheWriteTokens +
    metrics.outputTokens +
    metrics.reasoningTokens
  );
}

builder.objectType(UsageMetrics, {
  fields: (t) => ({
    requests: t.expose("requests", { type: "Long" }),
    successes: t.expose("successes", { type: "Long" }),
    errors: t.expose("errors", { type: "Long" }),
    cancelled: t.expose("cancelled", { type: "Long" }),
    retries: t.expose("retries", { type: "Long", description: "Upstream calls beyond the first." }),
    inputTokens: t.expose("inputTokens", { type: "Long" }),
    cacheReadTokens: t.expose("cacheReadTokens", { type: "Long" }),
    cacheWriteTokens: t.expose("cacheWriteTokens", { type: "Long" }),
    outputTokens: t.expose("outputTokens", { type: "Long" }),
    reasoningTokens: t.expose("reasoningTokens", { type: "Long" }),
    totalTokens: t.field({
      type: "Long",
      description: "Sum of the five parts, which are disjoint.",
      resolve: sumTokens,
    }),
    cost: t.field({ type: "Decimal", resolve: ({ costNanoUsd }) => formatNanoUsd(costNanoUsd) }),
    unpricedRequests: t.expose("unpricedRequests", {
      type: "Long",
      description: "Successful requests whose cost is unknown; they are not in `cost`.",
    }),
    estimatedRequests: t.expose("estimatedRequests", {
      type: "Long",
      description: "Requests whose tokens were estimated.",
    }),
    avgLatencyMs: t.exposeFloat("latencyAvgMs", { nullable: true }),
    minLatencyMs: t.exposeFloat("latencyMinMs", { nullable: true }),
    maxLatencyMs: t.exposeFloat("latencyMaxMs", { nullable: true }),
    p50LatencyMs: t.exposeFloat("latencyP50Ms", { nullable: true }),
    p95LatencyMs: t.exposeFloat("latencyP95Ms", { nullable: true }),
    p99LatencyMs: t.exposeFloat("latencyP99Ms", { nullable: true }),
    p50FirstTokenMs: t.exposeFloat("firstTokenP50Ms", { nullable: true }),
    p95FirstTokenMs: t.exposeFloat("firstTokenP95Ms", { nullable: true }),
  }),
});
