import type { EndpointId, ProtocolId, Wire } from "../llm/names.ts";
import type { ErrorClass, RequestOrigin, RequestRecord } from "../record.ts";
import type { ErrorPrint } from "./error-fingerprint.ts";

/** Reads of what happened. All of them run in the reader Worker: the thread that carries the streams never waits for them. */

/** The row without bodies, attempts and the vendor's usage object: what a list shows. */
export type LogRow = Omit<RequestRecord, "attempts" | "content" | "rawUsage"> & { readonly attemptCount: number };
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
  /** In which an upstream was asked, at last. */
  readonly upstreamFormats?: readonly Wire[];
  readonly stream?: boolean;
  /** More than one attempt. */
  readonly retried?: boolean;
  readonly minLatencyMs?: number;
  readonly maxLatencyMs?: number;
  readonly minTokens?: number;
  readonly maxTokens?: number;
  readonly minCostNanoUsd?: number;
  readonly maxCostNanoUsd?: number;
  /** In error text, models, user agent, address; or a request id, whole or its beginning. */
  readonly search?: string;
}

export interface LogPage {
  readonly rows: readonly LogRow[];
  /** A further row exists in the reading direction. */
  readonly hasMore: boolean;
  /** Exact up to 10,000; null beyond, and while days that it asks for have no index. */
  readonly totalCount: number | null;
  /** Days further on have no index yet: what they hold is left out here. Asking again in a moment finds more. */
  readonly isPartial: boolean;
}

export interface PageQuery {
  readonly filter: LogFilter;
  readonly limit: number;
  /** Rows older than this request. */
  readonly afterId?: string;
  /** Newer ones, the nearest of them; still answered newest first. */
  readonly beforeId?: string;
  /** The oldest rows; still answered newest first. */
  readonly fromEnd?: boolean;
  readonly withTotal: boolean;
}

export interface HistogramQuery {
  readonly filter: LogFilter;
  /** At most so many; their length is rounded up to whole quarter hours when they are longer than one. */
  readonly buckets: number;
  /** The end of the last bucket when the filter has none. */
  readonly nowMs: number;
}
export interface LogHistogram {
  readonly startsAtMs: number;
  readonly stepMs: number;
  readonly success: readonly number[];
  readonly clientError: readonly number[];
  readonly upstreamError: readonly number[];
  readonly cancelled: readonly number[];
  /** As in LogPage: older days are not counted yet. */
  readonly isPartial: boolean;
}

export interface ErrorGroupQuery {
  readonly filter: LogFilter & { readonly fromMs: number };
  readonly limit: number;
  /** The end of the sparkline when the filter has none. */
  readonly nowMs: number;
}
export interface ErrorGroups {
  readonly groups: readonly ErrorGroup[];
  /** As in LogPage: older days are not counted yet. */
  readonly isPartial: boolean;
}
/** Failed requests that are the same failure to a person. */
export interface ErrorGroup extends ErrorPrint {
  readonly count: number;
  readonly keyIds: readonly string[];
  readonly models: readonly string[];
  readonly clientKeys: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The latest one. */
  readonly sampleId: string;
  readonly spark: { readonly startsAtMs: number; readonly stepMs: number; readonly counts: readonly number[] };
}

export interface LogStore {
  page(query: PageQuery): Promise<LogPage>;
  histogram(query: HistogramQuery): Promise<LogHistogram>;
  /** Most frequent first. Waits for days that have no index yet; rejects with StoreError when that takes too long. */
  errorGroups(query: ErrorGroupQuery): Promise<readonly ErrorGroup[]>;
  get(id: string): Promise<LogDetail | null>;
  /**
   * Deletes requests of one (Unix) day for good, with their bodies; null: all of them. What roll-ups counted stays. Resolves when no
   * byte of them is left in the log; without ids it makes sure of that after a crash.
   */
  purge(day: number, ids: readonly string[] | null): Promise<void>;
}

export const USAGE_DIMENSIONS = ["provider", "key", "model", "client", "status", "error", "format"] as const;
/** What the roll-ups tell apart. */
export type CountedDimension = (typeof USAGE_DIMENSIONS)[number];
/** The tags of the keys in another dimension. A key may have several: then its requests count in each. */
export const TAG_DIMENSIONS = { clientTag: "client", keyTag: "key" } as const;
export type UsageDimension = CountedDimension | keyof typeof TAG_DIMENSIONS;

/** What these upstream models served together, as a line of a chart. */
export interface TargetSet {
  readonly id: string;
  readonly targets: readonly { readonly providerId: string; readonly upstreamModel: string }[];
}

export interface UsageQuery {
  readonly fromMs: number;
  readonly toMs: number;
  /** IANA zone in which hours, days, weeks and months begin. */
  readonly timeZone: string;
  /** Minutes come from the rows that the log holds, the others from the roll-ups. */
  readonly interval: "minute" | "quarter_hour" | "hour" | "day" | "week" | "month";
  readonly groupBy: readonly UsageDimension[];
  /** Lines instead of those of `groupBy`. What stands in several sets counts in each. */
  readonly targetSets?: readonly TargetSet[];
  readonly filter: {
    readonly providerIds?: readonly string[];
    readonly keyIds?: readonly string[];
    readonly models?: readonly string[];
    readonly clientKeyIds?: readonly string[];
    /** Of client keys that have one of these tags. */
    readonly clientTags?: readonly string[];
    /** Of provider keys that have one of these tags. */
    readonly keyTags?: readonly string[];
    readonly statuses?: readonly RequestRecord["status"][];
    readonly errorClasses?: readonly ErrorClass[];
    readonly protocols?: readonly ProtocolId[];
  };
  /** Largest groups by cost, then requests; what stands in none of them folds into one. */
  readonly top: number;
}

export interface UsageMetrics {
  readonly requests: number;
  readonly successes: number;
  readonly errors: number;
  readonly cancelled: number;
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
  readonly latencyMinMs: number | null;
  readonly latencyMaxMs: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly latencyP99Ms: number | null;
  readonly firstTokenP50Ms: number | null;
  readonly firstTokenP95Ms: number | null;
}

/** The values of a metric in the buckets. */
export type UsagePoints = <Metric extends keyof UsageMetrics>(metric: Metric) => readonly UsageMetrics[Metric][];

export interface UsageSeries {
  /** The group's value per dimension, in the order of `groupBy`; empty for the total or the folded rest. */
  readonly values: readonly (string | null)[];
  readonly isOther: boolean;
  readonly totals: UsageMetrics;
  /** Aligned with `buckets`. */
  readonly points: UsagePoints;
}

export interface UsageReport {
  /** Start of each bucket, Unix ms. */
  readonly buckets: readonly number[];
  /** A request stands in several of the groups: together they are more than the totals. */
  readonly overlapping: boolean;
  readonly totals: UsageMetrics;
  readonly series: readonly UsageSeries[];
}

/** When in the week: seven days from Monday, 24 hours each, in the zone's own time. */
export interface UsageHeat {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly costNanoUsd: readonly number[];
}
export type HeatQuery = Pick<UsageQuery, "fromMs" | "toMs" | "timeZone" | "filter">;

/** Of each provider key that did something, by its place in `keyIds`. Bytes rather than text: they cross between threads as they are. */
export interface UsageByKey {
  /** A line each. */
  readonly keyIds: string;
  readonly requests: Float64Array;
  readonly errors: Float64Array;
  readonly costNanoUsd: Float64Array;
}

export interface UsageStore {
  report(query: UsageQuery): Promise<UsageReport>;
  heat(query: HeatQuery): Promise<UsageHeat>;
  byKey(span: { readonly fromMs: number; readonly toMs: number }): Promise<UsageByKey>;
}
