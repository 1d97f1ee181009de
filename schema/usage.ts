import { formatNanoUsd } from "../src/control/money.ts";
import {
  isLastBucketPartial,
  labelGroup,
  labelValue,
  readPreviousTotals,
  readUsage,
  seriesOf,
  type UsageView,
} from "../src/control/usage.ts";
import type {
  UsageDimension as Dimension,
  UsageMetrics as Metrics,
  UsageSeries as Series,
} from "../src/store/reports.ts";
import { builder } from "./builder.ts";
import { UsageDimension, UsageInterval } from "./enums.ts";
import { loadNode, Node } from "./node.ts";
import { TimeRangeInput } from "./shared-inputs.ts";
import { sumTokens, UsageMetrics } from "./usage-metrics.ts";

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
    value: t.exposeString("value", {
      nullable: true,
      description: "An id, or a model's name; null for requests that had none.",
    }),
    label: t.string({ resolve: ({ dimension, value }, _, { control }) => labelValue(control, dimension, value) }),
    node: t.field({
      type: Node,
      nullable: true,
      resolve: ({ dimension, value }, _, context) =>
        value === null || dimension === "model" ? null : loadNode(context, value),
    }),
  }),
});

const UsageGroup = builder.objectRef<SeriesOfView>("UsageGroup");
builder.objectType(UsageGroup, {
  fields: (t) => ({
    label: t.string({ resolve: ({ view, series }, _, { control }) => labelGroup(control, view.query, series) }),
    isOther: t.boolean({
      description: "True for the folded remainder after `top`.",
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

const UsageSeries = builder.objectRef<SeriesOfView>("UsageSeries");
builder.objectType(UsageSeries, {
  description: "Columnar: every array is aligned with UsageReport.buckets, so it goes to the chart without reshaping.",
  fields: (t) => {
    const long = (pick: (point: Metrics) => number) =>
      t.field({ type: ["Long"], resolve: ({ series }) => series.points.map(pick) });
    const float = (pick: (point: Metrics) => number | null) =>
      t.field({
        type: ["Float"],
        nullable: { list: false, items: true },
        resolve: ({ series }) => series.points.map(pick),
      });
    return {
      group: t.field({ type: UsageGroup, resolve: (parent) => parent }),
      totals: t.field({ type: UsageMetrics, resolve: ({ series }) => series.totals }),
      requests: long((point) => point.requests),
      errors: long((point) => point.errors),
      retries: long((point) => point.retries),
      inputTokens: long((point) => point.inputTokens),
      cacheReadTokens: long((point) => point.cacheReadTokens),
      cacheWriteTokens: long((point) => point.cacheWriteTokens),
      outputTokens: long((point) => point.outputTokens),
      reasoningTokens: long((point) => point.reasoningTokens),
      totalTokens: long(sumTokens),
      cost: t.field({
        type: ["Decimal"],
        resolve: ({ series }) => series.points.map((point) => formatNanoUsd(point.costNanoUsd)),
      }),
      unpricedRequests: long((point) => point.unpricedRequests),
      avgLatencyMs: float((point) => point.latencyAvgMs),
      p50LatencyMs: float((point) => point.latencyP50Ms),
      p95LatencyMs: float((point) => point.latencyP95Ms),
      p99LatencyMs: float((point) => point.latencyP99Ms),
      p50FirstTokenMs: float((point) => point.firstTokenP50Ms),
      p95FirstTokenMs: float((point) => point.firstTokenP95Ms),
    };
  },
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
    totals: t.field({ type: UsageMetrics, resolve: ({ report }) => report.totals }),
    previous: t.field({
      type: UsageMetrics,
      description: "The period of the same length just before this one.",
      resolve: ({ query }, _, { control }) => readPreviousTotals(control, query),
    }),
    series: t.field({ type: [UsageSeries], resolve: (view) => seriesOf(view).map((series) => ({ view, series })) }),
    generatedAt: t.expose("generatedAtMs", { type: "DateTime" }),
  }),
});

const UsageFilter = builder.inputType("UsageFilter", {
  fields: (t) => ({
    providers: t.idList(),
    providerKeys: t.idList(),
    models: t.stringList(),
    clientKeys: t.idList(),
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
