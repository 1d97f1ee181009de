import { restoreDeleted } from "../src/control/config/config-deletion.ts";
import { createModel, deleteModels, updateModel } from "../src/control/models/model-writes.ts";
import type { ModelRow } from "../src/store/types.ts";
import { builder } from "./builder.ts";
import { ModelCapability } from "./enums.ts";
import { ModelTraitsInput } from "./model-traits.ts";
import { DeleteInput, DeletePayload, payloadRef, RestoreInput, RestorePayload, toPayload } from "./payload.ts";
import { Model } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const ModelPayload = payloadRef<ModelRow>("ModelPayload");
builder.objectType(ModelPayload, {
  fields: (t) => ({
    model: t.field({ type: Model, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ModelTargetInput = builder.inputType("ModelTargetInput", {
  fields: (t) => ({
    providerId: t.id({ required: true }),
    upstreamModel: t.string({ required: true }),
    priority: t.int({ required: true, defaultValue: 0 }),
    weight: t.int({ required: true, defaultValue: 1 }),
    enabled: t.boolean({ required: true, defaultValue: true }),
    traits: t.field({ type: ModelTraitsInput }),
  }),
});

const ModelPriceInput = builder.inputType("ModelPriceInput", {
  fields: (t) => ({
    input: t.field({ type: "Decimal", required: true }),
    output: t.field({ type: "Decimal", required: true }),
    cacheRead: t.field({ type: "Decimal" }),
    cacheWrite: t.field({ type: "Decimal" }),
    reasoning: t.field({ type: "Decimal", description: "Without: as `output`." }),
    perRequest: t.field({ type: "Decimal", description: "USD for each request, besides its tokens." }),
  }),
});

const CreateModelInput = builder.inputType("CreateModelInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    displayName: t.string(),
    description: t.string(),
    capabilities: t.field({ type: [ModelCapability], required: true, defaultValue: [] }),
    contextWindow: t.int(),
    maxOutputTokens: t.int(),
    enabled: t.boolean({ required: true, defaultValue: true }),
    aliases: t.stringList({ required: true, defaultValue: [] }),
    price: t.field({ type: ModelPriceInput }),
    targets: t.field({ type: [ModelTargetInput], required: true, defaultValue: [] }),
  }),
});

const UpdateModelInput = builder.inputType("UpdateModelInput", {
  description: "Absent = unchanged, null = cleared; `targets` and `aliases` replace the whole list.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    name: t.string(),
    displayName: t.string(),
    description: t.string(),
    capabilities: t.field({ type: [ModelCapability] }),
    contextWindow: t.int(),
    maxOutputTokens: t.int(),
    enabled: t.boolean(),
    aliases: t.stringList(),
    price: t.field({ type: ModelPriceInput }),
    targets: t.field({ type: [ModelTargetInput] }),
  }),
});

builder.mutationFields((t) => ({
  createModel: t.field({
    type: ModelPayload,
    args: { input: t.arg({ type: CreateModelInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await createModel(control, input)),
  }),
  updateModel: t.field({
    type: ModelPayload,
    args: { input: t.arg({ type: UpdateModelInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await updateModel(control, input)),
  }),
  deleteModels: t.field({
    type: DeletePayload,
    description: "`restoreModels` brings them back for ten minutes.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteModels(control, input.ids)),
  }),
  restoreModels: t.field({
    type: RestorePayload,
    description: "Takes back a deletion of the last ten minutes.",
    args: { input: t.arg({ type: RestoreInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await restoreDeleted(control, "model", input.undoToken)),
  }),
}));
