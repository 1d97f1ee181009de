import { formatNanoUsd } from "../src/control/usage/money.ts";
import {
  isLastBucketPartial,
  labelGroup,
  labelValue,
  readHeat,
  readPreviousTotals,
  readUsage,
  seriesOf,
  type UsageView,
} from "../src/control/usage/usage.ts";
import { inTurns } from "../src/lib/in-turns.ts";
import type {
  UsageDimension as Dimension,
  UsageHeat as Heat,
  UsageMetrics as Metrics,
  UsageSeries as Series,
  UsagePoints,
} from "../src/store/reports.ts";
import { builder } from "./builder.ts";
import { EndedStatus, ErrorClass, spell, UsageDimension, UsageInterval, WireFormat } from "./enums.ts";
import { loadNode, Node } from "./node.ts";
import { TimeRangeInput } from "./shared-inputs.ts";
import { UsageMetrics } from "./usage-metrics.ts";

interface GroupValue {
  readonly dimension: Dimension;
  readonly value: string | null;
}
interface SeriesOfView {
  readonly view: UsageView;
  readonly series: Series;
}

const UsageGroupValue = builder.objectRef<GroupValue>("UsageGroupValue");
builder.objectType(UsageGroupValue, {
  fields: (t) => ({
    dimension: t.expose("dimension", { type: UsageDimension }),
    value: t.string({
      nullable: true,
      description:
        "An id, a model's name, a tag, or a value of the filter's enumeration; null for requests that had none.",
      resolve: ({ dimension, value }) => (value !== null && isSpelled(dimension) ? spell(value) : value),
    }),
    label: t.string({ resolve: ({ dimension, value }, _, { control }) => labelValue(control, dimension, value) }),
    node: t.field({
      type: Node,
      nullable: true,
      resolve: ({ dimension, value }, _, context) =>
        value === null || !isNoun(dimension) ? null : loadNode(context, value),
    }),
  }),
});

const isSpelled = (dimension: Dimension) => ["status", "error", "format"].includes(dimension);
/** Whether its values are ids of nodes. */
export const isNoun = (dimension: Dimension) => ["provider", "key", "client"].includes(dimension);

const UsageGroup = builder.objectRef<SeriesOfView>("UsageGroup");
builder.objectType(UsageGroup, {
  fields: (t) => ({
    label: t.string({ resolve: ({ view, series }, _, { control }) => labelGroup(control, view.query, series) }),
    isOther: t.boolean({
      description: "True for the folded remainder after `top`: what stands in none of the other groups.",
      resolve: ({ series }) => series.isOther,
    }),
    values: t.field({
      type: [UsageGroupValue],
      description: "In the order of `groupBy`; empty for the total and for the remainder.",
      resolve: ({ view, series }) =>
        series.values.map((value, index) => ({ dimension: view.query.groupBy[index]!, value })),
    }),
  }),
});

type LongMetric = { [M in keyof Metrics]: Metrics[M] extends number ? M : never }[keyof Metrics];
type FloatMetric = Exclude<keyof Metrics, LongMetric>;

function sumTokensOf(points: UsagePoints): number[] {
  const parts = [
    points("cacheReadTokens"),
    points("cacheWriteTokens"),
    points("outputTokens"),
    points("reasoningTokens"),
  ];
  return points("inputTokens").map((input, index) => parts.reduce((sum, part) => sum + part[index]!, input));
}

const UsageSeries = builder.objectRef<SeriesOfView>("UsageSeries");
builder.objectType(UsageSeries, {
  description: "Columnar: every array is aligned with UsageReport.buckets, so it goes to the chart without reshaping.",
  fields: (t) => {
    const long = (metric: LongMetric) => t.field({ type: ["Long"], resolve: ({ series }) => series.points(metric) });
    const float = (metric: FloatMetric) =>
      t.field({
        type: ["Float"],
        nullable: { list: false, items: true },
        resolve: ({ series }) => series.points(metric),
      });
    return {
      group: t.field({ type: UsageGroup, resolve: (parent) => parent }),
      totals: t.field({ type: UsageMetrics, resolve: ({ series }) => series.totals }),
      requests: long("requests"),
      successes: long("successes"),
      errors: long("errors"),
      cancelled: long("cancelled"),
      retries: long("retries"),
      inputTokens: long("inputTokens"),
      cacheReadTokens: long("cacheReadTokens"),
      cacheWriteTokens: long("cacheWriteTokens"),
      outputTokens: long("outputTokens"),
      reasoningTokens: long("reasoningTokens"),
      totalTokens: t.field({ type: ["Long"], resolve: ({ series }) => sumTokensOf(series.points) }),
      cost: t.field({
        type: ["Decimal"],
        resolve: ({ series }) => series.points("costNanoUsd").map(formatNanoUsd),
      }),
      unpricedRequests: long("unpricedRequests"),
      avgLatencyMs: float("latencyAvgMs"),
      p50LatencyMs: float("latencyP50Ms"),
      p95LatencyMs: float("latencyP95Ms"),
      p99LatencyMs: float("latencyP99Ms"),
      p50FirstTokenMs: float("firstTokenP50Ms"),
      p95FirstTokenMs: float("firstTokenP95Ms"),
    };
  },
});

const UsageHeat = builder.objectRef<Heat>("UsageHeat");
builder.objectType(UsageHeat, {
  description: "168 numbers each: seven days from Monday, 24 hours a day.",
  fields: (t) => ({
    requests: t.field({ type: ["Long"], resolve: ({ requests }) => [...requests] }),
    errors: t.field({ type: ["Long"], resolve: ({ errors }) => [...errors] }),
    cost: t.field({ type: ["Decimal"], resolve: ({ costNanoUsd }) => costNanoUsd.map(formatNanoUsd) }),
  }),
});

const UsageReport = builder.objectRef<UsageView>("UsageReport");
builder.objectType(UsageReport, {
  fields: (t) => ({
    from: t.field({ type: "DateTime", resolve: ({ query }) => query.fromMs }),
    to: t.field({ type: "DateTime", resolve: ({ query }) => query.toMs }),
    interval: t.field({ type: UsageInterval, resolve: ({ query }) => query.interval }),
    timeZone: t.string({ resolve: ({ query }) => query.timeZone }),
    buckets: t.field({
      type: ["DateTime"],
      description: "Start of each bucket.",
      resolve: ({ report }) => [...report.buckets],
    }),
    partialLastBucket: t.boolean({ description: "The last bucket is still filling.", resolve: isLastBucketPartial }),
    totals: t.field({
      type: UsageMetrics,
      description: "Each request once, also where groups overlap.",
      resolve: ({ report }) => report.totals,
    }),
    overlapping: t.boolean({
      description: "Some requests stand in several groups (of tags): the series add up to more than `totals`.",
      resolve: ({ report }) => report.overlapping,
    }),
    previous: t.field({
      type: UsageMetrics,
      description: "The period of the same length just before this one.",
      resolve: ({ query }, _, { control }) => readPreviousTotals(control, query),
    }),
    heat: t.field({
      type: UsageHeat,
      description: "At which hours of the week, in the report's zone.",
      resolve: ({ query }, _, { control }) => readHeat(control, query),
    }),
    series: t.field({
      type: [UsageSeries],
      resolve: (view) => inTurns(seriesOf(view).map((series) => ({ view, series }))),
    }),
    generatedAt: t.expose("generatedAtMs", { type: "DateTime" }),
  }),
});

export const UsageFilter = builder.inputType("UsageFilter", {
  fields: (t) => ({
    providers: t.idList(),
    providerKeys: t.idList(),
    models: t.stringList(),
    clientKeys: t.idList(),
    clientKeyTags: t.stringList({ description: "Requests of client keys that have one of these tags." }),
    providerKeyTags: t.stringList({ description: "Requests that a provider key with one of these tags served." }),
    statuses: t.field({ type: [EndedStatus] }),
    errorClasses: t.field({ type: [ErrorClass] }),
    formats: t.field({ type: [WireFormat] }),
  }),
});

builder.queryField("usage", (t) =>
  t.field({
    type: UsageReport,
    args: {
      range: t.arg({ type: TimeRangeInput, required: true }),
      interval: t.arg({ type: UsageInterval, required: true, defaultValue: "auto" }),
      groupBy: t.arg({ type: [UsageDimension], required: true, defaultValue: [], description: "At most 2." }),
      filter: t.arg({ type: UsageFilter }),
      timeZone: t.arg.string({ required: true, defaultValue: "UTC" }),
      top: t.arg.int({
        required: true,
        defaultValue: 8,
        description: "Largest groups by cost, then requests (1-50); the others fold into one.",
      }),
    },
    resolve: (_, args, { control }) => readUsage(control, args),
  }),
);
