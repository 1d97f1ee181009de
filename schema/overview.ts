import { countProviderKeys } from "../src/control/keys/provider-keys.ts";
import type { AttentionItem as Item } from "../src/control/usage/attention.ts";
import {
  countNouns,
  countOpenAlerts,
  type Overview as OverviewValue,
  readAttention,
  readOverview,
  readToday,
  readVersionInfo,
  readYesterday,
  type VersionInfo as VersionInfoValue,
} from "../src/control/usage/overview.ts";
import { builder } from "./builder.ts";
import { AttentionKind, Severity } from "./enums.ts";
import { ProviderKeyCounts } from "./key-counts.ts";
import { LiveUsageTick } from "./live-usage.ts";
import { asNode, Node } from "./node.ts";
import { UsageMetrics } from "./usage-metrics.ts";

const AttentionItem = builder.objectRef<Item>("AttentionItem");
builder.objectType(AttentionItem, {
  fields: (t) => ({
    kind: t.expose("kind", { type: AttentionKind }),
    severity: t.expose("severity", { type: Severity }),
    title: t.exposeString("title"),
    detail: t.exposeString("detail", { nullable: true }),
    count: t.expose("count", { type: "Long", description: "How many keys, requests or rows it is about." }),
    subject: t.field({
      type: Node,
      nullable: true,
      resolve: ({ subject }, _, context) => subject && asNode(context, subject),
    }),
    subjectName: t.exposeString("subjectName", {
      nullable: true,
      description: "What it is about when that has no id, e.g. a model name that no entry stands for.",
    }),
  }),
});

const VersionInfo = builder.objectRef<VersionInfoValue>("VersionInfo");
builder.objectType(VersionInfo, {
  fields: (t) => ({
    version: t.exposeString("version"),
    startedAt: t.expose("startedAtMs", { type: "DateTime" }),
    databaseBytes: t.expose("databaseBytes", { type: "Long" }),
    queuedLogRows: t.exposeInt("queuedLogRows"),
    droppedLogRows: t.expose("droppedLogRows", { type: "Long" }),
    logRetentionDays: t.exposeInt("logRetentionDays"),
    usageRetentionDays: t.exposeInt("usageRetentionDays"),
  }),
});

const Overview = builder.objectRef<OverviewValue>("Overview");
builder.objectType(Overview, {
  fields: (t) => ({
    now: t.field({
      type: LiveUsageTick,
      resolve: (_, __, { control }) => {
        const tick = control.liveUsage.tick();
        return { ...tick, cursor: String(tick.atMs) };
      },
    }),
    today: t.field({ type: UsageMetrics, resolve: (overview, _, { control }) => readToday(control, overview) }),
    yesterday: t.field({
      type: UsageMetrics,
      description: "Yesterday until the same time of day.",
      resolve: (overview, _, { control }) => readYesterday(control, overview),
    }),
    keyCounts: t.field({ type: ProviderKeyCounts, resolve: (_, __, { control }) => countProviderKeys(control) }),
    providers: t.int({ resolve: async (_, __, { control }) => (await countNouns(control)).providers }),
    models: t.int({ resolve: async (_, __, { control }) => (await countNouns(control)).models }),
    clientKeys: t.int({ resolve: async (_, __, { control }) => (await countNouns(control)).clientKeys }),
    openAlerts: t.int({
      description: "Incidents that are not over, acknowledged and muted ones too.",
      resolve: (_, __, { control }) => countOpenAlerts(control),
    }),
    attention: t.field({
      type: [AttentionItem],
      description: "Most pressing first.",
      resolve: (_, __, { control }) => readAttention(control),
    }),
    versionInfo: t.field({ type: VersionInfo, resolve: (_, __, { control }) => readVersionInfo(control) }),
  }),
});

builder.queryField("overview", (t) =>
  t.field({
    type: Overview,
    args: { timeZone: t.arg.string({ required: true, defaultValue: "UTC" }) },
    resolve: (_, { timeZone }, { control }) => readOverview(control, timeZone),
  }),
);
