import {
  type RangeArgs,
  readSparklinesOf,
  readUsageOf,
  type SparklineRange as SparklineRangeValue,
  type Sparkline as SparklineValue,
  type UsedNoun,
} from "../src/control/usage/noun-usage.ts";
import type { UsageMetrics as UsageMetricsValue } from "../src/store/reports.ts";
import { builder } from "./builder.ts";
import { SparklineRange } from "./enums.ts";
import { LAST_DAY, TimeRangeInput } from "./shared-inputs.ts";
import { UsageMetrics } from "./usage-metrics.ts";

const Sparkline = builder.objectRef<SparklineValue>("Sparkline");
builder.objectType(Sparkline, {
  fields: (t) => ({
    startsAt: t.expose("startsAtMs", { type: "DateTime" }),
    stepSeconds: t.exposeInt("stepSeconds"),
    requests: t.field({ type: ["Long"], resolve: ({ requests }) => [...requests] }),
    errors: t.field({ type: ["Long"], resolve: ({ errors }) => [...errors] }),
  }),
});

// Batched, not cached: a subscription's context lives for hours, and its numbers move.
const loaderOptions = { cache: false };

type Fields<Row> = PothosSchemaTypes.ObjectFieldBuilder<typeof builder.$inferSchemaTypes, Row>;

const rangeArgs = (t: { arg: Fields<unknown>["arg"] }) => ({
  range: t.arg({ type: TimeRangeInput, required: true, defaultValue: LAST_DAY }),
  timeZone: t.arg.string({ required: true, defaultValue: "UTC" }),
});
const sparklineArgs = (t: { arg: Fields<unknown>["arg"] }) => ({
  range: t.arg({ type: SparklineRange, required: true, defaultValue: "LAST_24_HOURS" }),
});

/** `usage` and `sparkline` of a noun: one report for all rows of a page. */
export function usageFields<Row extends { readonly id: string }>(noun: UsedNoun) {
  return (t: Fields<Row>) => ({
    usage: t.loadable({
      type: UsageMetrics,
      ...(noun === "model" && { description: "What its targets served." }),
      byPath: true,
      loaderOptions,
      args: rangeArgs(t),
      load: (ids: string[], { control }, args: RangeArgs): Promise<UsageMetricsValue[]> =>
        readUsageOf(control, noun, ids, args),
      resolve: (row) => (row as Row).id,
    }),
    sparkline: t.loadable({
      type: Sparkline,
      byPath: true,
      loaderOptions,
      args: sparklineArgs(t),
      load: (ids: string[], { control }, { range }: { range: SparklineRangeValue }): Promise<SparklineValue[]> =>
        readSparklinesOf(control, noun, ids, range),
      resolve: (row) => (row as Row).id,
    }),
  });
}
