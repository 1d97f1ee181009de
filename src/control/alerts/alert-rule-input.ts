import { z } from "zod";
import {
  ALERT_GROUPINGS,
  type AlertCondition,
  type AlertKind,
  BUDGET_PERIODS,
  LATENCY_METRICS,
  PERCENTILES,
  SEVERITIES,
} from "../../alert-rule.ts";
import { idField, memoField, nameField, versionField } from "../fields.ts";
import { parseUsd } from "../usage/money.ts";
import { MAX_COOLDOWN_MS } from "./alert-watch.ts";

/** What people write for a rule; seconds and dollars outside, milliseconds and nano-USD inside. */

const seconds = (from: number, to: number) =>
  z
    .int()
    .min(from, `At least ${from} seconds.`)
    .max(to, `At most ${to} seconds.`)
    .transform((value) => value * 1000);
const window = seconds(60, 86_400);
const minRequests = z.int().min(1, "At least 1 request.").max(1_000_000, "At most 1,000,000 requests.");
const share = z.number().gt(0, "A share is more than 0.").max(1, "A share is at most 1.");
const money = z
  .string()
  .refine((text) => (parseUsd(text) ?? 0) > 0, "An amount above 0 is needed.")
  .transform((text) => parseUsd(text)!);
const timeZone = z.string().max(64, "This is no time zone.").refine(isTimeZone, "This time zone is unknown.");

const conditions = {
  keyInvalid: z
    .strictObject({ includeExhausted: z.boolean().default(false) })
    .transform((given) => ({ kind: "KEY_INVALID" as const, ...given })),
  providerLow: z
    .strictObject({
      minimumKeys: z.int().min(1, "At least 1 key.").max(1_000_000, "At most 1,000,000 keys.").nullish(),
      minimumShare: share.nullish(),
    })
    .refine((given) => given.minimumKeys != null || given.minimumShare != null, "Give a number or a share of keys.")
    .transform((given) => ({
      kind: "PROVIDER_LOW" as const,
      minKeys: given.minimumKeys ?? null,
      minShare: given.minimumShare ?? null,
    })),
  lowBalance: z
    .strictObject({ below: money })
    .transform(({ below }) => ({ kind: "LOW_BALANCE" as const, belowNanoUsd: below })),
  errorRate: z.strictObject({ share, windowSeconds: window, minimumRequests: minRequests }).transform((given) => ({
    kind: "ERROR_RATE" as const,
    share: given.share,
    windowMs: given.windowSeconds,
    minRequests: given.minimumRequests,
  })),
  latency: z
    .strictObject({
      metric: z.enum(LATENCY_METRICS),
      percentile: z.enum(PERCENTILES),
      aboveMs: z.int().min(1, "At least 1 ms.").max(3_600_000, "At most an hour."),
      windowSeconds: window,
      minimumRequests: minRequests,
    })
    .transform(({ windowSeconds, minimumRequests, ...given }) => ({
      kind: "LATENCY" as const,
      ...given,
      windowMs: windowSeconds,
      minRequests: minimumRequests,
    })),
  budget: z
    .strictObject({
      limit: money,
      share: z.number().gt(0, "A share is more than 0.").max(10, "At most 10 times the limit."),
      period: z.enum(BUDGET_PERIODS),
      timeZone,
    })
    .transform(({ limit, ...given }) => ({ kind: "BUDGET" as const, limitNanoUsd: limit, ...given })),
  spendSpike: z
    .strictObject({
      factor: z.number().min(1.1, "A factor is at least 1.1.").max(1000, "A factor is at most 1,000."),
      hours: z.int().min(1, "At least 1 hour.").max(24, "At most 24 hours."),
      minimumSpend: money,
    })
    .transform(({ minimumSpend, ...given }) => ({ kind: "SPEND_SPIKE" as const, ...given, minNanoUsd: minimumSpend })),
  noTraffic: z
    .strictObject({ windowSeconds: window })
    .transform(({ windowSeconds }) => ({ kind: "NO_TRAFFIC" as const, windowMs: windowSeconds })),
  diskSpace: z
    .strictObject({ belowBytes: z.int().min(1, "At least 1 byte.").nullish(), belowShare: share.nullish() })
    .refine((given) => given.belowBytes != null || given.belowShare != null, "Give bytes or a share.")
    .transform((given) => ({
      kind: "DISK_SPACE" as const,
      belowBytes: given.belowBytes ?? null,
      belowShare: given.belowShare ?? null,
    })),
};

const conditionField = z
  .strictObject({
    keyInvalid: conditions.keyInvalid.nullish(),
    providerLow: conditions.providerLow.nullish(),
    lowBalance: conditions.lowBalance.nullish(),
    errorRate: conditions.errorRate.nullish(),
    latency: conditions.latency.nullish(),
    budget: conditions.budget.nullish(),
    spendSpike: conditions.spendSpike.nullish(),
    noTraffic: conditions.noTraffic.nullish(),
    diskSpace: conditions.diskSpace.nullish(),
  })
  .refine((given) => Object.values(given).filter((one) => one != null).length === 1, "Give exactly one condition.")
  .transform((given) => Object.values(given).find((one) => one != null) as AlertCondition);

const idList = z.array(idField).max(100, "At most 100 of them.");
const scopeField = z
  .strictObject({
    providerIds: idList.nullish(),
    models: z
      .array(z.string().trim().min(1, "A model pattern is not empty.").max(200, "At most 200 characters."))
      .max(100, "At most 100 of them.")
      .nullish(),
    providerKeyIds: idList.nullish(),
    clientKeyIds: idList.nullish(),
    per: z.enum(ALERT_GROUPINGS).nullish(),
  })
  .transform((given) => ({
    providerIds: [...new Set(given.providerIds ?? [])],
    models: [...new Set(given.models ?? [])],
    keyIds: [...new Set(given.providerKeyIds ?? [])],
    clientKeyIds: [...new Set(given.clientKeyIds ?? [])],
    per: given.per ?? null,
  }));

const cooldownField = seconds(0, MAX_COOLDOWN_MS / 1000);
const channelIdsField = z
  .array(idField)
  .max(20, "At most 20 channels.")
  .transform((ids) => [...new Set(ids)]);

export const EVERYTHING = { providerIds: [], models: [], keyIds: [], clientKeyIds: [], per: null } as const;

export const createRuleInput = z.strictObject({
  name: nameField,
  enabled: z.boolean().default(true),
  severity: z.enum(SEVERITIES).default("WARNING"),
  condition: conditionField,
  scope: scopeField.nullish(),
  forSeconds: seconds(0, 86_400).default(0),
  cooldownSeconds: cooldownField.default(900_000),
  mutedUntil: z.int().nullable().default(null),
  channelIds: channelIdsField.default([]),
  memo: memoField.default(null),
});

export const updateRuleInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  severity: z.enum(SEVERITIES).optional(),
  condition: conditionField.optional(),
  scope: scopeField.optional(),
  forSeconds: seconds(0, 86_400).optional(),
  cooldownSeconds: cooldownField.optional(),
  mutedUntil: z.int().nullable().optional(),
  channelIds: channelIdsField.optional(),
  memo: memoField.optional(),
});

type ScopeField = keyof typeof EVERYTHING;
const REQUEST_FIELDS: readonly ScopeField[] = ["providerIds", "models", "keyIds", "clientKeyIds"];

/** What a kind of rule can be narrowed by. */
export const SCOPE_FIELDS: Readonly<Record<AlertKind, readonly ScopeField[]>> = {
  KEY_INVALID: ["providerIds", "keyIds"],
  PROVIDER_LOW: ["providerIds"],
  LOW_BALANCE: ["providerIds", "keyIds"],
  ERROR_RATE: [...REQUEST_FIELDS, "per"],
  LATENCY: [...REQUEST_FIELDS, "per"],
  BUDGET: [...REQUEST_FIELDS, "per"],
  SPEND_SPIKE: [...REQUEST_FIELDS, "per"],
  NO_TRAFFIC: REQUEST_FIELDS,
  DISK_SPACE: [],
};

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
