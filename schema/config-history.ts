import {
  listRevisions,
  type RevertedConfig,
  readRevisionDifferences,
  revertConfig,
  summarize,
} from "../src/control/config/config-revisions.ts";
import type { ConfigRevision as Revision, RevisionCount } from "../src/store/config-changes.ts";
import { builder } from "./builder.ts";
import { ConfigDifference } from "./config.ts";
import { ConfigChangeKind, ConfigNoun } from "./enums.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { UserError } from "./user-errors.ts";

const ConfigChangeCount = builder.objectRef<RevisionCount>("ConfigChangeCount");
builder.objectType(ConfigChangeCount, {
  fields: (t) => ({
    noun: t.expose("noun", { type: ConfigNoun }),
    kind: t.expose("kind", { type: ConfigChangeKind }),
    count: t.exposeInt("count"),
  }),
});

const ConfigRevision = builder.objectRef<Revision>("ConfigRevision");
builder.objectType(ConfigRevision, {
  description: "One change of the configuration: all that one write did.",
  fields: (t) => ({
    version: t.exposeInt("version"),
    at: t.expose("at", { type: "DateTime" }),
    actor: t.exposeString("actor", { description: "Who changed it, in words." }),
    actorId: t.exposeID("actorId", { nullable: true }),
    action: t.exposeString("action", { description: 'The operation, or "start".' }),
    summary: t.string({ resolve: summarize }),
    counts: t.field({ type: [ConfigChangeCount], resolve: ({ counts }) => [...counts] }),
    differences: t.field({
      type: [ConfigDifference],
      args: { first: t.arg.int({ required: true, defaultValue: 20 }) },
      resolve: (revision, { first }, { control }) => readRevisionDifferences(control, revision, first),
    }),
  }),
});

builder.queryFields((t) => ({
  configHistory: t.connection(
    {
      type: ConfigRevision,
      description: "Newest first.",
      resolve: (_, page, { control }) => listRevisions(control, page),
    },
    {
      name: "ConfigHistoryConnection",
      fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
    },
    { name: "ConfigHistoryEdge" },
  ),
  configRevision: t.field({
    type: ConfigRevision,
    nullable: true,
    args: { version: t.arg.int({ required: true }) },
    resolve: (_, { version }, { control }) => control.store.history.get(version),
  }),
}));

const RevertConfigPayload = payloadRef<RevertedConfig>("RevertConfigPayload");
builder.objectType(RevertConfigPayload, {
  fields: (t) => ({
    version: t.int({ nullable: true, resolve: ({ value }) => value?.version }),
    differences: t.field({ type: [ConfigDifference], resolve: ({ value }) => [...(value?.differences ?? [])] }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const RevertConfigInput = builder.inputType("RevertConfigInput", {
  fields: (t) => ({
    version: t.int({ required: true, description: "The configuration becomes what it was right after this change." }),
    expectedVersion: t.int({ description: "`configVersion` as it was looked at." }),
  }),
});

builder.mutationField("revertConfig", (t) =>
  t.field({
    type: RevertConfigPayload,
    description: "Deleted keys come back with their secrets; what was made since goes. A revert can be reverted.",
    args: { input: t.arg({ type: RevertConfigInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(await revertConfig(control, input.version, input.expectedVersion ?? null)),
  }),
);
