import type { AlertScope as Scope } from "../src/alert-rule.ts";
import { createAlertRule, deleteAlertRules, updateAlertRule } from "../src/control/alerts/alert-rules.ts";
import type { AlertRuleRow } from "../src/store/alert-types.ts";
import { AlertCondition, AlertConditionInput } from "./alert-condition.ts";
import { builder } from "./builder.ts";
import { AlertGrouping, AlertKind, Severity } from "./enums.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, toPayload } from "./payload.ts";
import { AlertChannel, AlertRule } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const AlertScope = builder.objectRef<Scope>("AlertScope");
builder.objectType(AlertScope, {
  description: "What a rule looks at. Empty lists mean everything.",
  fields: (t) => ({
    providerIds: t.idList({ resolve: ({ providerIds }) => [...providerIds] }),
    models: t.stringList({ description: "Names or patterns with `*`.", resolve: ({ models }) => [...models] }),
    providerKeyIds: t.idList({ resolve: ({ keyIds }) => [...keyIds] }),
    clientKeyIds: t.idList({ resolve: ({ clientKeyIds }) => [...clientKeyIds] }),
    per: t.expose("per", {
      type: AlertGrouping,
      nullable: true,
      description: "One incident for each of these, instead of one for all together.",
    }),
  }),
});

builder.objectType(AlertRule, {
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name"),
    enabled: t.exposeBoolean("enabled"),
    kind: t.field({ type: AlertKind, resolve: ({ condition }) => condition.kind }),
    condition: t.expose("condition", { type: AlertCondition }),
    scope: t.expose("scope", { type: AlertScope }),
    severity: t.expose("severity", { type: Severity }),
    forSeconds: t.int({
      description: "The condition must hold for so long before an incident opens.",
      resolve: ({ forMs }) => forMs / 1000,
    }),
    cooldownSeconds: t.int({
      description: "Within so long after its end an incident opens again as the same one, without another message.",
      resolve: ({ cooldownMs }) => cooldownMs / 1000,
    }),
    channels: t.field({
      type: [AlertChannel],
      resolve: async ({ channelIds }, _, { control }) =>
        (await control.store.alertChannels.list()).filter(({ id }) => channelIds.includes(id)),
    }),
    mutedUntil: t.expose("mutedUntil", { type: "DateTime", nullable: true }),
    memo: t.exposeString("memo", { nullable: true }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

builder.queryFields((t) => ({
  alertRules: t.field({
    type: [AlertRule],
    description: "In the order in which they were made.",
    resolve: (_, __, { control }) => control.store.alertRules.list(),
  }),
  alertRule: t.field({
    type: AlertRule,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control }) => control.store.alertRules.get(id),
  }),
}));

const AlertScopeInput = builder.inputType("AlertScopeInput", {
  fields: (t) => ({
    providerIds: t.idList(),
    models: t.stringList(),
    providerKeyIds: t.idList(),
    clientKeyIds: t.idList(),
    per: t.field({ type: AlertGrouping }),
  }),
});
export const CreateAlertRuleInput = builder.inputType("CreateAlertRuleInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    enabled: t.boolean({ required: true, defaultValue: true }),
    severity: t.field({ type: Severity, required: true, defaultValue: "WARNING" }),
    condition: t.field({ type: AlertConditionInput, required: true }),
    scope: t.field({ type: AlertScopeInput }),
    forSeconds: t.int({ required: true, defaultValue: 0 }),
    cooldownSeconds: t.int({ required: true, defaultValue: 900 }),
    mutedUntil: t.field({ type: "DateTime" }),
    channelIds: t.idList({ required: true, defaultValue: [] }),
    memo: t.string(),
  }),
});
const UpdateAlertRuleInput = builder.inputType("UpdateAlertRuleInput", {
  description: "Absent = unchanged, null = cleared. `condition` and `scope` are replaced whole.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    name: t.string(),
    enabled: t.boolean(),
    severity: t.field({ type: Severity }),
    condition: t.field({ type: AlertConditionInput, description: "Of the same kind." }),
    scope: t.field({ type: AlertScopeInput }),
    forSeconds: t.int(),
    cooldownSeconds: t.int(),
    mutedUntil: t.field({ type: "DateTime" }),
    channelIds: t.idList(),
    memo: t.string(),
  }),
});

const AlertRulePayload = payloadRef<AlertRuleRow>("AlertRulePayload");
builder.objectType(AlertRulePayload, {
  fields: (t) => ({
    alertRule: t.field({ type: AlertRule, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.mutationFields((t) => ({
  createAlertRule: t.field({
    type: AlertRulePayload,
    args: { input: t.arg({ type: CreateAlertRuleInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await createAlertRule(control, input)),
  }),
  updateAlertRule: t.field({
    type: AlertRulePayload,
    args: { input: t.arg({ type: UpdateAlertRuleInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await updateAlertRule(control, input)),
  }),
  deleteAlertRules: t.field({
    type: DeletePayload,
    description: "Their open incidents are over with the next look; nobody is told.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteAlertRules(control, input.ids)),
  }),
}));
