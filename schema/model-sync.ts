import { type FieldChange, SYNC_FIELDS, SYNC_KINDS, type SyncEntry } from "../src/control/models/model-diff.ts";
import { previewModelSync, type SyncPreview, type SyncResult, syncModels } from "../src/control/models/model-sync.ts";
import { startModelSync } from "../src/control/models/model-sync-job.ts";
import { MODEL_CAPABILITIES, type OfferedModel as Offered } from "../src/llm/model-capabilities.ts";
import type { ProviderOffer as Offer } from "../src/store/provider-offers.ts";
import { builder } from "./builder.ts";
import { ModelCapability } from "./enums.ts";
import { JobPayload } from "./job.ts";
import { ModelPrice } from "./model-price.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { Model, Provider } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const OfferedModel = builder.objectRef<Offered>("OfferedModel");
builder.objectType(OfferedModel, {
  description: "As the upstream's own list has it; capabilities are a guess by that list and by the name.",
  fields: (t) => ({
    name: t.exposeString("id"),
    displayName: t.exposeString("displayName", { nullable: true }),
    contextWindow: t.exposeInt("contextWindow", { nullable: true }),
    maxOutputTokens: t.exposeInt("maxOutputTokens", { nullable: true }),
    capabilities: t.field({
      type: [ModelCapability],
      resolve: ({ capabilities }) => MODEL_CAPABILITIES.filter((one) => capabilities.includes(one)),
    }),
  }),
});

const ProviderOffer = builder.objectRef<Offer>("ProviderOffer");
builder.objectType(ProviderOffer, {
  fields: (t) => ({
    seenAt: t.expose("seenAt", { type: "DateTime" }),
    models: t.field({ type: [OfferedModel], resolve: ({ models }) => [...models] }),
  }),
});

builder.objectField(Provider, "offer", (t) =>
  t.field({
    type: ProviderOffer,
    nullable: true,
    description: "What its upstream listed when it was last asked (previewModelSync); null when it never was.",
    resolve: ({ id }, _, { control }) => control.store.offers.get(id),
  }),
);

const spellField = (field: string) => field.replace(/[A-Z]/g, "_$&").toUpperCase();
const ModelSyncKind = builder.enumType("ModelSyncKind", {
  description: "ADDED: offered and named by no entry. REMOVED: a target of an entry, and not offered any more.",
  values: SYNC_KINDS,
});
const ModelSyncField = builder.enumType("ModelSyncField", {
  values: Object.fromEntries(SYNC_FIELDS.map((value) => [spellField(value), { value }])) as Record<
    string,
    { value: FieldChange["field"] }
  >,
});

const ModelSyncChange = builder.objectRef<FieldChange>("ModelSyncChange");
builder.objectType(ModelSyncChange, {
  fields: (t) => ({
    field: t.expose("field", { type: ModelSyncField }),
    before: t.exposeString("before", { nullable: true }),
    after: t.exposeString("after", { nullable: true }),
  }),
});

const ModelSyncEntry = builder.objectRef<SyncEntry>("ModelSyncEntry");
builder.objectType(ModelSyncEntry, {
  description:
    "Applied, ADDED makes an entry (or gives the one of that name a last target), REMOVED takes the target away (and switches off an entry that has no other), CHANGED takes over what is said here.",
  fields: (t) => ({
    key: t.exposeString("key", { description: "For `apply`; the same while the difference is the same." }),
    kind: t.expose("kind", { type: ModelSyncKind }),
    upstreamModel: t.exposeString("upstreamModel"),
    model: t.expose("model", { type: Model, nullable: true, description: "Null: a new one is made." }),
    offered: t.expose("offered", { type: OfferedModel, nullable: true }),
    changes: t.field({ type: [ModelSyncChange], resolve: ({ changes }) => [...changes] }),
    price: t.expose("price", { type: ModelPrice, nullable: true, description: "The bundled list's." }),
  }),
});

const PreviewModelSyncPayload = payloadRef<SyncPreview>("PreviewModelSyncPayload");
builder.objectType(PreviewModelSyncPayload, {
  fields: (t) => ({
    provider: t.field({ type: Provider, nullable: true, resolve: ({ value }) => value?.provider }),
    seenAt: t.field({ type: "DateTime", nullable: true, resolve: ({ value }) => value?.seenAt }),
    entries: t.field({ type: [ModelSyncEntry], resolve: ({ value }) => [...(value?.entries ?? [])] }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const SyncModelsPayload = payloadRef<SyncResult>("SyncModelsPayload");
builder.objectType(SyncModelsPayload, {
  fields: (t) => ({
    models: t.field({
      type: [Model],
      description: "What was written; nothing in a dry run.",
      resolve: ({ value }) => [...(value?.models ?? [])],
    }),
    entries: t.field({
      type: [ModelSyncEntry],
      description: "Those that were applied, or would be.",
      resolve: ({ value }) => [...(value?.entries ?? [])],
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const PreviewModelSyncInput = builder.inputType("PreviewModelSyncInput", {
  fields: (t) => ({ providerId: t.id({ required: true }) }),
});

const SyncModelsInput = builder.inputType("SyncModelsInput", {
  fields: (t) => ({
    providerId: t.id({ required: true }),
    apply: t.stringList({ required: true, description: "Keys of entries of the preview; all of them or none." }),
    dryRun: t.boolean({ required: true, defaultValue: false }),
  }),
});

const StartModelSyncInput = builder.inputType("StartModelSyncInput", {
  fields: (t) => ({
    providerIds: t.idList({ description: "Without: all that are enabled." }),
    apply: t.field({
      type: [ModelSyncKind],
      required: true,
      defaultValue: [],
      description: "Differences of these kinds are applied unseen; without any the offers are only remembered.",
    }),
  }),
});

builder.mutationFields((t) => ({
  previewModelSync: t.field({
    type: PreviewModelSyncPayload,
    description:
      "Asks the provider what it offers, remembers that, and says how it differs from the configured models.",
    args: { input: t.arg({ type: PreviewModelSyncInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await previewModelSync(control, input.providerId)),
  }),
  syncModels: t.field({
    type: SyncModelsPayload,
    description:
      "Applies differences in one transaction. The provider is asked anew when the preview is 15 minutes old.",
    args: { input: t.arg({ type: SyncModelsInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await syncModels(control, input)),
  }),
  startModelSync: t.field({
    type: JobPayload,
    description: "Many providers, one item each, whose message says what differs.",
    args: { input: t.arg({ type: StartModelSyncInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await startModelSync(control, input)),
  }),
}));
