import { acknowledgeAlert, listAlerts, readAlertState } from "../src/control/alerts/alerts.ts";
import type { AlertRow } from "../src/store/alert-types.ts";
import { builder } from "./builder.ts";
import { AlertKind, AlertState, Severity } from "./enums.ts";
import { loadNode, Node } from "./node.ts";
import { labelField } from "./object-label.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { Alert, AlertRule } from "./refs.ts";
import { TimeRangeInput } from "./shared-inputs.ts";
import { UserError } from "./user-errors.ts";

builder.objectType(Alert, {
  description: "One incident of a rule about one subject, from when it opens until it is over.",
  interfaces: [Node],
  fields: (t) => ({
    rule: t.field({
      type: AlertRule,
      nullable: true,
      description: "Null when it has been deleted.",
      resolve: ({ ruleId }, _, { control }) => control.store.alertRules.get(ruleId),
    }),
    ruleName: t.exposeString("ruleName"),
    kind: t.expose("kind", { type: AlertKind }),
    severity: t.expose("severity", { type: Severity }),
    state: t.field({ type: AlertState, resolve: (alert, _, { control }) => readAlertState(control, alert) }),
    title: t.exposeString("title"),
    detail: t.exposeString("detail", { nullable: true, description: "With the upstream's own words, masked." }),
    subject: t.field({
      type: Node,
      nullable: true,
      description: "The key, provider or client it is about; null for a model, for everything, and when it is gone.",
      resolve: ({ subject }, _, context) => (/^[a-z]{3}_/.test(subject) ? loadNode(context, subject) : null),
    }),
    subjectName: t.string({
      nullable: true,
      description: "Its id, or the name of a model.",
      resolve: ({ subject }) => subject || null,
    }),
    subjectLabel: t.field(labelField(({ subject }) => (/^[a-z]{3}_/.test(subject) ? subject : null))),
    openedAt: t.expose("openedAt", { type: "DateTime" }),
    lastSeenAt: t.expose("lastSeenAt", { type: "DateTime" }),
    resolvedAt: t.expose("resolvedAt", { type: "DateTime", nullable: true }),
    acknowledgedAt: t.expose("acknowledgedAt", { type: "DateTime", nullable: true }),
    mutedUntil: t.expose("mutedUntil", { type: "DateTime", nullable: true }),
    notifiedAt: t.expose("toldAt", { type: "DateTime", nullable: true, description: "When a message last went out." }),
    occurrences: t.exposeInt("occurrences", { description: "How often it began, flapping included." }),
  }),
});

const AlertFilter = builder.inputType("AlertFilter", {
  fields: (t) => ({
    states: t.field({ type: [AlertState] }),
    severities: t.field({ type: [Severity] }),
    kinds: t.field({ type: [AlertKind] }),
    ruleIds: t.idList(),
    subjects: t.stringList({ description: "Ids of keys, providers, clients; names of models." }),
    range: t.field({ type: TimeRangeInput, description: "When it opened." }),
  }),
});

builder.queryFields((t) => ({
  alerts: t.connection(
    {
      type: Alert,
      description: "Newest first.",
      args: { filter: t.arg({ type: AlertFilter }) },
      resolve: (_, { filter, ...page }, { control }) => listAlerts(control, filter ?? {}, page),
    },
    {
      name: "AlertConnection",
      fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
    },
    { name: "AlertEdge" },
  ),
  alert: t.field({
    type: Alert,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control }) => control.alertWatch.find(id),
  }),
}));

const AcknowledgeAlertInput = builder.inputType("AcknowledgeAlertInput", {
  fields: (t) => ({
    id: t.id({ required: true }),
    acknowledged: t.boolean({ required: true, defaultValue: true, description: "False takes it back." }),
    muteSeconds: t.int({ description: "Say nothing about it for so long; null or 0 ends that." }),
  }),
});
const AlertPayload = payloadRef<AlertRow>("AlertPayload");
builder.objectType(AlertPayload, {
  fields: (t) => ({
    alert: t.field({ type: Alert, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.mutationField("acknowledgeAlert", (t) =>
  t.field({
    type: AlertPayload,
    description: "Somebody looks after it: no message any more but that it is over.",
    args: { input: t.arg({ type: AcknowledgeAlertInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(await acknowledgeAlert(control, { ...input, muteSeconds: input.muteSeconds ?? null })),
  }),
);
