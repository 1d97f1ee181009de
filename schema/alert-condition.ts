import type { AlertKind, AlertCondition as Condition, ConditionOf } from "../src/alert-rule.ts";
import { formatNanoUsd } from "../src/control/usage/money.ts";
import { builder } from "./builder.ts";
import { BudgetPeriod, LatencyMetric, Percentile } from "./enums.ts";

/** Each kind of rule has a type and an input of its own; the input names the same fields. */
const conditionRef = <Kind extends AlertKind>(name: string) => builder.objectRef<ConditionOf<Kind>>(name);

const KeyInvalid = conditionRef<"KEY_INVALID">("KeyInvalidCondition");
builder.objectType(KeyInvalid, {
  description: "A key is refused by its upstream. One incident for each key.",
  fields: (t) => ({
    includeExhausted: t.exposeBoolean("includeExhausted", { description: "Keys without credit or allowance too." }),
  }),
});
const KeyInvalidInput = builder.inputType("KeyInvalidConditionInput", {
  fields: (t) => ({ includeExhausted: t.boolean({ required: true, defaultValue: false }) }),
});

const ProviderLow = conditionRef<"PROVIDER_LOW">("ProviderLowCondition");
builder.objectType(ProviderLow, {
  description: "Fewer usable keys than a number, or than a share of the enabled ones. One incident for each provider.",
  fields: (t) => ({
    minimumKeys: t.exposeInt("minKeys", { nullable: true }),
    minimumShare: t.exposeFloat("minShare", { nullable: true }),
  }),
});
const ProviderLowInput = builder.inputType("ProviderLowConditionInput", {
  description: "Give one of them, or both.",
  fields: (t) => ({ minimumKeys: t.int(), minimumShare: t.float() }),
});

const LowBalance = conditionRef<"LOW_BALANCE">("LowBalanceCondition");
builder.objectType(LowBalance, {
  description: "A key's known balance is below an amount. One incident for each key.",
  fields: (t) => ({
    below: t.field({ type: "Decimal", resolve: ({ belowNanoUsd }) => formatNanoUsd(belowNanoUsd) }),
  }),
});
const LowBalanceInput = builder.inputType("LowBalanceConditionInput", {
  fields: (t) => ({ below: t.field({ type: "Decimal", required: true }) }),
});

const ErrorRate = conditionRef<"ERROR_RATE">("ErrorRateCondition");
builder.objectType(ErrorRate, {
  fields: (t) => ({
    share: t.exposeFloat("share", { description: "Of the requests, from 0 to 1." }),
    windowSeconds: t.int({ resolve: ({ windowMs }) => windowMs / 1000 }),
    minimumRequests: t.exposeInt("minRequests", { description: "With fewer in the window nothing is said." }),
  }),
});
const ErrorRateInput = builder.inputType("ErrorRateConditionInput", {
  fields: (t) => ({
    share: t.float({ required: true }),
    windowSeconds: t.int({ required: true, defaultValue: 300 }),
    minimumRequests: t.int({ required: true, defaultValue: 20 }),
  }),
});

const Latency = conditionRef<"LATENCY">("LatencyCondition");
builder.objectType(Latency, {
  description: "Of the successful requests.",
  fields: (t) => ({
    metric: t.expose("metric", { type: LatencyMetric }),
    percentile: t.expose("percentile", { type: Percentile }),
    aboveMs: t.exposeInt("aboveMs"),
    windowSeconds: t.int({ resolve: ({ windowMs }) => windowMs / 1000 }),
    minimumRequests: t.exposeInt("minRequests"),
  }),
});
const LatencyInput = builder.inputType("LatencyConditionInput", {
  fields: (t) => ({
    metric: t.field({ type: LatencyMetric, required: true, defaultValue: "latency" }),
    percentile: t.field({ type: Percentile, required: true, defaultValue: "p95" }),
    aboveMs: t.int({ required: true }),
    windowSeconds: t.int({ required: true, defaultValue: 300 }),
    minimumRequests: t.int({ required: true, defaultValue: 20 }),
  }),
});

const Budget = conditionRef<"BUDGET">("BudgetCondition");
builder.objectType(Budget, {
  fields: (t) => ({
    limit: t.field({ type: "Decimal", resolve: ({ limitNanoUsd }) => formatNanoUsd(limitNanoUsd) }),
    share: t.exposeFloat("share", { description: "Of the limit: 0.8 warns before it is spent." }),
    period: t.expose("period", { type: BudgetPeriod }),
    timeZone: t.exposeString("timeZone"),
  }),
});
const BudgetInput = builder.inputType("BudgetConditionInput", {
  fields: (t) => ({
    limit: t.field({ type: "Decimal", required: true }),
    share: t.float({ required: true, defaultValue: 1 }),
    period: t.field({ type: BudgetPeriod, required: true }),
    timeZone: t.string({ required: true, defaultValue: "UTC" }),
  }),
});

const SpendSpike = conditionRef<"SPEND_SPIKE">("SpendSpikeCondition");
builder.objectType(SpendSpike, {
  description: "The last hours cost `factor` times what the same hours of the seven days before did on average.",
  fields: (t) => ({
    factor: t.exposeFloat("factor"),
    hours: t.exposeInt("hours"),
    minimumSpend: t.field({
      type: "Decimal",
      description: "Less than this in these hours is no spike.",
      resolve: ({ minNanoUsd }) => formatNanoUsd(minNanoUsd),
    }),
  }),
});
const SpendSpikeInput = builder.inputType("SpendSpikeConditionInput", {
  fields: (t) => ({
    factor: t.float({ required: true, defaultValue: 3 }),
    hours: t.int({ required: true, defaultValue: 1 }),
    minimumSpend: t.field({ type: "Decimal", required: true }),
  }),
});

const NoTraffic = conditionRef<"NO_TRAFFIC">("NoTrafficCondition");
builder.objectType(NoTraffic, {
  fields: (t) => ({ windowSeconds: t.int({ resolve: ({ windowMs }) => windowMs / 1000 }) }),
});
const NoTrafficInput = builder.inputType("NoTrafficConditionInput", {
  fields: (t) => ({ windowSeconds: t.int({ required: true }) }),
});

const DiskSpace = conditionRef<"DISK_SPACE">("DiskSpaceCondition");
builder.objectType(DiskSpace, {
  description: "Of the file system that holds the data directory.",
  fields: (t) => ({
    belowBytes: t.expose("belowBytes", { type: "Long", nullable: true }),
    belowShare: t.exposeFloat("belowShare", { nullable: true }),
  }),
});
const DiskSpaceInput = builder.inputType("DiskSpaceConditionInput", {
  description: "Give one of them, or both.",
  fields: (t) => ({ belowBytes: t.field({ type: "Long" }), belowShare: t.float() }),
});

const TYPES = {
  KEY_INVALID: KeyInvalid,
  PROVIDER_LOW: ProviderLow,
  LOW_BALANCE: LowBalance,
  ERROR_RATE: ErrorRate,
  LATENCY: Latency,
  BUDGET: Budget,
  SPEND_SPIKE: SpendSpike,
  NO_TRAFFIC: NoTraffic,
  DISK_SPACE: DiskSpace,
} as const;

export const AlertCondition = builder.unionType("AlertCondition", {
  types: Object.values(TYPES),
  resolveType: (condition: Condition) => TYPES[condition.kind],
});

export const AlertConditionInput = builder.inputType("AlertConditionInput", {
  description: "Exactly one of these; it says of what kind the rule is.",
  isOneOf: true,
  fields: (t) => ({
    keyInvalid: t.field({ type: KeyInvalidInput }),
    providerLow: t.field({ type: ProviderLowInput }),
    lowBalance: t.field({ type: LowBalanceInput }),
    errorRate: t.field({ type: ErrorRateInput }),
    latency: t.field({ type: LatencyInput }),
    budget: t.field({ type: BudgetInput }),
    spendSpike: t.field({ type: SpendSpikeInput }),
    noTraffic: t.field({ type: NoTrafficInput }),
    diskSpace: t.field({ type: DiskSpaceInput }),
  }),
});
