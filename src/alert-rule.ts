/** The words of alert rules, shared by the store that keeps them, the policy that decides and the people who write them. */

export const SEVERITIES = ["INFO", "WARNING", "CRITICAL"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ALERT_KINDS = [
  "KEY_INVALID",
  "PROVIDER_LOW",
  "LOW_BALANCE",
  "ERROR_RATE",
  "LATENCY",
  "BUDGET",
  "SPEND_SPIKE",
  "NO_TRAFFIC",
  "DISK_SPACE",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export const LATENCY_METRICS = ["latency", "firstToken"] as const;
export const PERCENTILES = ["p50", "p95", "p99"] as const;
export const BUDGET_PERIODS = ["hour", "day", "week", "month"] as const;

/** What has to be so for the rule to fire. Durations in ms, money in nano-USD, shares from 0 to 1. */
export type AlertCondition =
  | { readonly kind: "KEY_INVALID"; readonly includeExhausted: boolean }
  /** Fewer usable keys than a number, or than a share of the enabled ones. */
  | { readonly kind: "PROVIDER_LOW"; readonly minKeys: number | null; readonly minShare: number | null }
  | { readonly kind: "LOW_BALANCE"; readonly belowNanoUsd: number }
  | { readonly kind: "ERROR_RATE"; readonly share: number; readonly windowMs: number; readonly minRequests: number }
  | {
      readonly kind: "LATENCY";
      readonly metric: (typeof LATENCY_METRICS)[number];
      readonly percentile: (typeof PERCENTILES)[number];
      readonly aboveMs: number;
      readonly windowMs: number;
      readonly minRequests: number;
    }
  /** `share` of the limit: 0.8 warns before it is spent. */
  | {
      readonly kind: "BUDGET";
      readonly limitNanoUsd: number;
      readonly share: number;
      readonly period: (typeof BUDGET_PERIODS)[number];
      readonly timeZone: string;
    }
  /** The last hours cost `factor` times what the same hours of the seven days before did on average. */
  | {
      readonly kind: "SPEND_SPIKE";
      readonly factor: number;
      readonly hours: number;
      readonly minNanoUsd: number;
    }
  | { readonly kind: "NO_TRAFFIC"; readonly windowMs: number }
  | { readonly kind: "DISK_SPACE"; readonly belowBytes: number | null; readonly belowShare: number | null };

export type ConditionOf<Kind extends AlertKind> = Extract<AlertCondition, { readonly kind: Kind }>;

export const ALERT_GROUPINGS = ["provider", "key", "model", "client"] as const;

/** What a rule looks at; empty lists mean everything. `per`: one incident for each instead of one for all together. */
export interface AlertScope {
  readonly providerIds: readonly string[];
  readonly models: readonly string[];
  readonly keyIds: readonly string[];
  readonly clientKeyIds: readonly string[];
  readonly per: (typeof ALERT_GROUPINGS)[number] | null;
}

export const ALERT_STATES = ["OPEN", "ACKNOWLEDGED", "MUTED", "RESOLVED"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What people were last told about an incident. */
export type Told = "OPENED" | "RESOLVED";

export const ALERT_CHANNEL_KINDS = [
  "WEBHOOK",
  "EMAIL",
  "SLACK",
  "TELEGRAM",
  "DISCORD",
  "FEISHU",
  "DINGTALK",
  "WECOM",
] as const;
export type AlertChannelKind = (typeof ALERT_CHANNEL_KINDS)[number];
