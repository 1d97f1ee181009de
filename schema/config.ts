import type { GeneratedClientKey as Generated } from "../src/control/config/config-carry-out.ts";
import type { ConfigDifference as Difference } from "../src/control/config/config-differences.ts";
import {
  type AppliedConfig,
  applyConfig,
  type ConfigComparison,
  compareConfig,
  type ConfigExport as Export,
  exportConfig,
} from "../src/control/config/config-document.ts";
import { ok } from "../src/control/user-errors.ts";
import { builder } from "./builder.ts";
import { ConfigChangeKind, ConfigNoun } from "./enums.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { UserError } from "./user-errors.ts";

const ConfigFieldDifference = builder.objectRef<Difference["fields"][number]>("ConfigFieldDifference");
builder.objectType(ConfigFieldDifference, {
  fields: (t) => ({
    field: t.exposeString("field"),
    before: t.expose("before", { type: "JSON", nullable: true, description: "Secrets are masked." }),
    after: t.expose("after", { type: "JSON", nullable: true }),
  }),
});

export const ConfigDifference = builder.objectRef<Difference>("ConfigDifference");
builder.objectType(ConfigDifference, {
  description: "What becomes, or became, of one object of the configuration.",
  fields: (t) => ({
    kind: t.expose("kind", { type: ConfigChangeKind }),
    noun: t.expose("noun", { type: ConfigNoun }),
    name: t.exposeString("name", { description: 'As it is called: "openai-main", "openai-main/key 1".' }),
    nodeId: t.exposeID("id", { nullable: true, description: "Null for a setting, and for what is not made yet." }),
    path: t.exposeString("path", {
      nullable: true,
      description: 'Where the document says so: "providers[0].keys[1]".',
    }),
    fields: t.field({ type: [ConfigFieldDifference], resolve: ({ fields }) => [...fields] }),
  }),
});

const ConfigExport = builder.objectRef<Export>("ConfigExport");
builder.objectType(ConfigExport, {
  fields: (t) => ({
    version: t.exposeInt("version", { description: "Of the configuration: for `expectedVersion`." }),
    document: t.expose("document", { type: "JSON", description: "`sluice config-schema` prints its JSON Schema." }),
  }),
});

const ConfigDiff = payloadRef<ConfigComparison>("ConfigDiff");
builder.objectType(ConfigDiff, {
  fields: (t) => ({
    version: t.int({ nullable: true, resolve: ({ value }) => value?.version }),
    differences: t.field({ type: [ConfigDifference], resolve: ({ value }) => [...(value?.differences ?? [])] }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.queryFields((t) => ({
  configVersion: t.int({
    description: "Rises with each change of the configuration.",
    resolve: (_, __, { control }) => control.store.history.version(),
  }),
  exportConfig: t.field({
    type: ConfigExport,
    description: "The whole configuration as a document, without secrets: applied again, what it leaves out stays.",
    resolve: (_, __, { control }) => exportConfig(control, false),
  }),
  configDiff: t.field({
    type: ConfigDiff,
    description: "What `applyConfig` would do with this document.",
    args: {
      document: t.arg({ type: "JSON", required: true }),
      prune: t.arg.boolean({ required: true, defaultValue: false }),
    },
    resolve: async (_, asked, { control, principal }) => toPayload(await compareConfig(control, principal, asked)),
  }),
}));

const GeneratedClientKey = builder.objectRef<Generated>("GeneratedClientKey");
builder.objectType(GeneratedClientKey, {
  fields: (t) => ({
    name: t.exposeString("name"),
    secret: t.string({ description: "Shown once.", resolve: ({ secret }) => secret.reveal() }),
  }),
});

const ApplyConfigPayload = payloadRef<AppliedConfig>("ApplyConfigPayload");
builder.objectType(ApplyConfigPayload, {
  fields: (t) => ({
    applied: t.boolean({
      description: "False for a dry run, and when there was nothing to do.",
      resolve: ({ value }) => value?.applied ?? false,
    }),
    version: t.int({ nullable: true, resolve: ({ value }) => value?.version }),
    differences: t.field({ type: [ConfigDifference], resolve: ({ value }) => [...(value?.differences ?? [])] }),
    generatedClientKeys: t.field({
      type: [GeneratedClientKey],
      description: "Client keys that the document names without a secret and that were not there.",
      resolve: ({ value }) => [...(value?.generatedClientKeys ?? [])],
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const RevealConfigPayload = payloadRef<Export>("RevealConfigPayload");
builder.objectType(RevealConfigPayload, {
  fields: (t) => ({
    export: t.field({ type: ConfigExport, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ApplyConfigInput = builder.inputType("ApplyConfigInput", {
  fields: (t) => ({
    document: t.field({ type: "JSON", required: true }),
    expectedVersion: t.int({ description: "`configVersion` as it was when the document was made." }),
    dryRun: t.boolean({ required: true, defaultValue: false }),
    prune: t.boolean({
      required: true,
      defaultValue: false,
      description: "Takes away what the document does not name.",
    }),
  }),
});

builder.mutationFields((t) => ({
  applyConfig: t.field({
    type: ApplyConfigPayload,
    description:
      "Makes the configuration what the document says, matching by name: all of it or nothing, in force at once.",
    args: { input: t.arg({ type: ApplyConfigInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await applyConfig(control, principal, { ...input, expectedVersion: input.expectedVersion ?? null })),
  }),
  revealConfig: t.field({
    type: RevealConfigPayload,
    description:
      "As `exportConfig`, with the providers' keys and the alert channels' addresses and secrets in clear. Client keys are stored as hashes only.",
    resolve: async (_, __, { control }) => toPayload(ok(await exportConfig(control, true))),
  }),
}));
