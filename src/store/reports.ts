import type { EndpointId, ProtocolId } from "../llm/names.ts";
import type { ErrorClass, RequestOrigin, RequestRecord } from "../record.ts";

/** Reads of what happened. All of them run in the reader Worker: the thread that carries the streams never waits for them. */

/** The row without bodies and attempts: what a list shows. */
export type LogRow = Omit<RequestRecord, "attempts" | "content"> & { readonly attemptCount: number };
export type LogDetail = Omit<RequestRecord, "content"> & { readonly content: StoredContent | null };

export interface StoredContent {
  readonly policy: "metadata" | "full";
  readonly requestHeaders: string | null;
  readonly responseHeaders: string | null;
  readonly requestBody: Uint8Array | null;
  readonly responseBody: Uint8Array | null;
  readonly truncated: boolean;
}

/** All given conditions hold; lists mean "one of". */
export interface LogFilter {
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly statuses?: readonly RequestRecord["status"][];
  readonly httpStatuses?: readonly number[];
  readonly errorClasses?: readonly ErrorClass[];
  /** Requested or served model; `*` is a wildcard. */
  readonly models?: readonly string[];
  readonly providerIds?: readonly string[];
  readonly keyIds?: readonly string[];
  readonly clientKeyIds?: readonly string[];
  readonly origins?: readonly RequestOrigin[];
  readonly protocols?: readonly ProtocolId[];
  readonly endpoints?: readonly EndpointId[];
  readonly stream?: boolean;
  /** More than one attempt. */
  readonly retried?: boolean;
  readonly minLatencyMs?: number;
  readonly minCostNanoUsd?: number;
  /** In error text, models, user agent, address; or a whole request id. */
  readonly search?: string;
}

export interface LogPage {
  readonly rows: readonly LogRow[];
  /** A further row exists in the reading direction. */
  readonly hasMore: boolean;
  /** Exact up to 10,000, null beyond. */
  readonly totalCount: number | null;
}

export interface LogStore {
  /** Newest first. `afterId`: rows older than this request; `beforeId`: newer ones (still answered newest first). */
  page(query: {
    filter: LogFilter;
    limit: number;
    afterId?: string;
    beforeId?: string;
    withTotal: boolean;
  }): Promise<LogPage>;
  get(id: string): Promise<LogDetail | null>;
}

export const USAGE_DIMENSIONS = ["provider", "key", "model", "client"] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

export interface UsageQuery {
  readonly fromMs: number;
  readonly toMs: number;
  /** IANA zone in which hours, days, weeks and months begin. */
  readonly timeZone: string;
  readonly interval: "quarter_hour" | "hour" | "day" | "week" | "month";
  readonly groupBy: readonly UsageDimension[];
  readonly filter: {
    readonly providerIds?: readonly string[];
    readonly keyIds?: readonly string[];
    readonly models?: readonly string[];
    readonly clientKeyIds?: readonly string[];
  };
  /** Largest groups by cost, then requests; the others fold into one. */
  readonly top: number;
}

export interface UsageMetrics {
  readonly requests: number;
  readonly successes: number;
  readonly errors: number;
  /** Attempts beyond the first. */
  readonly retries: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly costNanoUsd: number;
  /** Successful requests whose cost is unknown: not in `costNanoUsd`. */
  readonly unpricedRequests: number;
  readonly estimatedRequests: number;
  /** Latency of the successful requests: fast refusals and time-outs would say nothing about a model. */
  readonly latencyAvgMs: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly latencyP99Ms: number | null;
  readonly firstTokenP50Ms: number | null;
  readonly firstTokenP95Ms: number | null;
}

export interface UsageSeries {
  /** The group's value per dimension, in the order of `groupBy`; empty for the total or the folded rest. */
  readonly values: readonly (string | null)[];
  readonly isOther: boolean;
  readonly totals: UsageMetrics;
  /** Aligned with `buckets`. */
  readonly points: readonly UsageMetrics[];
}

export interface UsageReport {
  /** Start of each bucket, Unix ms. */
  readonly buckets: readonly number[];
  readonly totals: UsageMetrics;
  readonly series: readonly UsageSeries[];
}

export interface UsageStore {
  report(query: UsageQuery): Promise<UsageReport>;
}
