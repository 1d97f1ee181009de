import { type AlertPreview as Preview, previewAlertRule } from "../src/control/alerts/alert-preview.ts";
import { CreateAlertRuleInput } from "./alert-rule.ts";
import { builder } from "./builder.ts";

const AlertPreviewFiring = builder.objectRef<Preview["firings"][number]>("AlertPreviewFiring");
builder.objectType(AlertPreviewFiring, {
  fields: (t) => ({
    subjectName: t.string({
      nullable: true,
      description: "The id or the name of what it would have been about; null for everything together.",
      resolve: ({ subject }) => subject || null,
    }),
    openedAt: t.expose("openedAt", { type: "DateTime" }),
    resolvedAt: t.expose("resolvedAt", { type: "DateTime", nullable: true, description: "Null: still open." }),
    occurrences: t.exposeInt("occurrences"),
  }),
});

const AlertPreview = builder.objectRef<Preview>("AlertPreview");
builder.objectType(AlertPreview, {
  description: "By quarters of an hour, from the roll-ups: a shorter window or `for` counts as one.",
  fields: (t) => ({
    from: t.expose("fromMs", { type: "DateTime" }),
    to: t.expose("toMs", { type: "DateTime" }),
    replayable: t.boolean({ resolve: ({ reason }) => reason === null }),
    reason: t.exposeString("reason", { nullable: true, description: "Why nothing can be said about the past." }),
    firings: t.field({
      type: [AlertPreviewFiring],
      description: "Newest first, at most 200; each would have been one incident.",
      resolve: ({ firings }) => [...firings],
    }),
  }),
});

builder.queryField("previewAlertRule", (t) =>
  t.field({
    type: AlertPreview,
    description: "How often and when a rule would have fired in the last seven days.",
    args: { input: t.arg({ type: CreateAlertRuleInput, required: true }) },
    resolve: (_, { input }, { control }) => previewAlertRule(control, input),
  }),
);
