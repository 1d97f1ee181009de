import type { UsageMetrics, UsagePoints } from "./reports.ts";
import { UsageCell } from "./usage-cell.ts";

const LATENCY_SHARES = [0.5, 0.95, 0.99];
const FIRST_TOKEN_SHARES = [0.5, 0.95];

/** What a cell says, as people read it. */
export function metricsOf(cell: UsageCell): UsageMetrics {
  const [latencyP50, latencyP95, latencyP99] = cell.latency.quantiles(LATENCY_SHARES);
  const [firstTokenP50, firstTokenP95] = cell.firstToken.quantiles(FIRST_TOKEN_SHARES);
  return {
    requests: cell.requests,
    successes: cell.successes,
    errors: cell.errors,
    cancelled: cell.cancelled,
    retries: cell.retries,
    inputTokens: cell.inputTokens,
    cacheReadTokens: cell.cacheReadTokens,
    cacheWriteTokens: cell.cacheWriteTokens,
    outputTokens: cell.outputTokens,
    reasoningTokens: cell.reasoningTokens,
    costNanoUsd: cell.costNanoUsd,
    unpricedRequests: cell.unpriced,
    estimatedRequests: cell.estimated,
    latencyAvgMs: cell.successes === 0 ? null : milliseconds(cell.latencySumUs / cell.successes),
    latencyMinMs: Number.isFinite(cell.latencyMinUs) ? cell.latencyMinUs / 1000 : null,
    latencyMaxMs: cell.latencyMaxUs > 0 ? cell.latencyMaxUs / 1000 : null,
    latencyP50Ms: milliseconds(latencyP50!),
    latencyP95Ms: milliseconds(latencyP95!),
    latencyP99Ms: milliseconds(latencyP99!),
    firstTokenP50Ms: milliseconds(firstTokenP50!),
    firstTokenP95Ms: milliseconds(firstTokenP95!),
  };
}

export const NO_USAGE: UsageMetrics = metricsOf(new UsageCell());

export const METRICS = Object.keys(NO_USAGE) as readonly (keyof UsageMetrics)[];

/** Point by point, for whoever looks at one after the other. */
export function pointsOf(points: UsagePoints): UsageMetrics[] {
  const columns = METRICS.map((metric) => [metric, points(metric)] as const);
  return points("requests").map(
    (_, index) =>
      Object.fromEntries(columns.map(([metric, values]) => [metric, values[index]])) as unknown as UsageMetrics,
  );
}

function milliseconds(us: number | null): number | null {
  return us === null ? null : Math.round(us) / 1000;
}
