import {
  type LiveFrame,
  type LiveGroup,
  type LiveSnapshot,
  type LiveTick,
  watchLiveUsage,
} from "../src/control/usage/live-usage.ts";
import { formatNanoUsd } from "../src/control/usage/money.ts";
import { labelValue } from "../src/control/usage/usage.ts";
import { builder } from "./builder.ts";
import { UsageDimension } from "./enums.ts";
import { loadNode, Node } from "./node.ts";
import { StreamEvent } from "./stream-event.ts";
import { isNoun } from "./usage.ts";

/** There is nothing to resume: it always opens with a snapshot. The cursor is the instant. */
const stamp = <Frame extends { readonly atMs: number }>(frame: Frame) => ({ ...frame, cursor: String(frame.atMs) });

const LiveUsageGroup = builder.objectRef<LiveGroup>("LiveUsageGroup");
builder.objectType(LiveUsageGroup, {
  fields: (t) => ({
    value: t.exposeString("value", { nullable: true, description: "An id, a model's name, or a tag." }),
    label: t.string({ resolve: ({ dimension, value }, _, { control }) => labelValue(control, dimension, value) }),
    node: t.field({
      type: Node,
      nullable: true,
      resolve: ({ dimension, value }, _, context) =>
        value === null || !isNoun(dimension) ? null : loadNode(context, value),
    }),
    requestsPerSecond: t.exposeFloat("requestsPerSecond"),
    tokensPerSecond: t.exposeFloat("tokensPerSecond"),
    costPerHour: t.field({ type: "Decimal", resolve: (group) => formatNanoUsd(group.costNanoUsdPerHour) }),
    errorRate: t.exposeFloat("errorRate", { nullable: true }),
    activeRequests: t.exposeInt("activeRequests"),
  }),
});

export const LiveUsageTick = builder.objectRef<LiveTick & { readonly cursor: string }>("LiveUsageTick");
builder.objectType(LiveUsageTick, {
  interfaces: [StreamEvent],
  fields: (t) => ({
    windowMs: t.exposeInt("windowMs", {
      description: "What the rates are averaged over; percentiles are of the last minute.",
    }),
    requestsPerSecond: t.exposeFloat("requestsPerSecond"),
    tokensPerSecond: t.exposeFloat("tokensPerSecond"),
    costPerHour: t.field({ type: "Decimal", resolve: (tick) => formatNanoUsd(tick.costNanoUsdPerHour) }),
    errorRate: t.exposeFloat("errorRate", {
      nullable: true,
      description: "0 to 1; null when nothing ended in the window.",
    }),
    activeRequests: t.exposeInt("activeRequests"),
    activeStreams: t.exposeInt("activeStreams"),
    p50LatencyMs: t.exposeFloat("p50LatencyMs", { nullable: true }),
    p95LatencyMs: t.exposeFloat("p95LatencyMs", { nullable: true }),
    p95FirstTokenMs: t.exposeFloat("p95FirstTokenMs", { nullable: true }),
    groups: t.field({
      type: [LiveUsageGroup],
      description: "With `groupBy`: the `top` busiest. Groups of tags overlap.",
      resolve: ({ groups }) => [...groups],
    }),
  }),
});

const LiveUsageSnapshot = builder.objectRef<LiveSnapshot & { readonly cursor: string }>("LiveUsageSnapshot");
builder.objectType(LiveUsageSnapshot, {
  description:
    "The last five minutes second by second, so that a fresh page has a full chart at once. Arrays are aligned with `times`.",
  interfaces: [StreamEvent],
  fields: (t) => ({
    stepMs: t.int({ resolve: () => 1000 }),
    times: t.field({ type: ["DateTime"], resolve: ({ times }) => [...times] }),
    requests: t.field({ type: ["Long"], resolve: ({ requests }) => [...requests] }),
    errors: t.field({ type: ["Long"], resolve: ({ errors }) => [...errors] }),
    tokens: t.field({ type: ["Long"], resolve: ({ tokens }) => [...tokens] }),
    cost: t.field({ type: ["Decimal"], resolve: ({ costNanoUsd }) => costNanoUsd.map(formatNanoUsd) }),
    // Named apart from the tick's: one document selects both, and a list cannot share a name with a number.
    p95LatenciesMs: t.field({
      type: ["Float"],
      nullable: { list: false, items: true },
      resolve: ({ p95LatencyMs }) => [...p95LatencyMs],
    }),
    p95FirstTokensMs: t.field({
      type: ["Float"],
      nullable: { list: false, items: true },
      resolve: ({ p95FirstTokenMs }) => [...p95FirstTokenMs],
    }),
    now: t.field({ type: LiveUsageTick, resolve: ({ now }) => stamp(now) }),
  }),
});

const LiveUsageStream = builder.unionType("LiveUsageStream", {
  types: [LiveUsageSnapshot, LiveUsageTick],
  resolveType: (frame) => ("times" in frame ? "LiveUsageSnapshot" : "LiveUsageTick"),
});

builder.subscriptionField("liveUsage", (t) =>
  t.field({
    type: LiveUsageStream,
    description: "A snapshot first, then at most one tick per intervalMs (250-60000).",
    args: {
      intervalMs: t.arg.int({ required: true, defaultValue: 1000 }),
      groupBy: t.arg({ type: UsageDimension }),
      top: t.arg.int({ required: true, defaultValue: 5 }),
    },
    subscribe: (_, { groupBy, ...args }, { control }) => watchLiveUsage(control, { ...args, groupBy: groupBy ?? null }),
    resolve: (frame: LiveFrame) => stamp(frame),
  }),
);
