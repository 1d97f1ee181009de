import type { ModelHealthNow } from "../src/control/models/model-health.ts";
import {
  getModel,
  listModels,
  readHealth,
  readModelPrice,
  readTargetPrice,
  readTargetTraits,
  targetsInOrder,
} from "../src/control/models/models.ts";
import { readTargetCapacity } from "../src/control/providers/provider-capacity.ts";
import { MODEL_CAPABILITIES } from "../src/llm/model-capabilities.ts";
import type { ModelRow, ModelTarget as ModelTargetValue } from "../src/store/types.ts";
import { builder } from "./builder.ts";
import { HealthState, ModelCapability, ModelOrderField, SortDirection } from "./enums.ts";
import { ModelPrice } from "./model-price.ts";
import { ModelTraitOverrides, ModelTraits } from "./model-traits.ts";
import { Node } from "./node.ts";
import { Model, Provider } from "./refs.ts";
import { usageFields } from "./usage-fields.ts";

const ModelHealth = builder.objectRef<ModelHealthNow>("ModelHealth");
builder.objectType(ModelHealth, {
  fields: (t) => ({
    state: t.expose("state", { type: HealthState }),
    usableKeys: t.exposeInt("usableKeys"),
    totalKeys: t.exposeInt("totalKeys"),
    requests5m: t.exposeInt("requests", {
      description:
        "Of the last five minutes, by the model's name and aliases, without those that were the client's own fault.",
    }),
    successRate5m: t.exposeFloat("successRate", { nullable: true, description: "0 to 1; null without requests." }),
    p95FirstTokenMs: t.exposeFloat("p95FirstTokenMs", {
      nullable: true,
      description: "Of the last 64 streams within five minutes.",
    }),
    lastError: t.exposeString("lastError", {
      nullable: true,
      description: "In the upstream's own words, secrets masked.",
    }),
    lastErrorAt: t.expose("lastErrorAtMs", { type: "DateTime", nullable: true }),
    lastRequestAt: t.expose("lastRequestAtMs", {
      type: "DateTime",
      nullable: true,
      description: "Since Sluice was started.",
    }),
  }),
});

/** A target with the model it belongs to: its price may be that model's own. */
interface TargetOfModel extends ModelTargetValue {
  readonly model: ModelRow;
}

const ModelTarget = builder.objectRef<TargetOfModel>("ModelTarget");
builder.objectType(ModelTarget, {
  fields: (t) => ({
    provider: t.field({
      type: Provider,
      nullable: true,
      description: "Null when the provider has been deleted.",
      resolve: async ({ providerId }, _, { control }) => (await control.rows.providers()).get(providerId) ?? null,
    }),
    providerId: t.exposeID("providerId"),
    upstreamModel: t.exposeString("upstreamModel"),
    priority: t.exposeInt("priority"),
    weight: t.exposeInt("weight"),
    enabled: t.exposeBoolean("enabled"),
    usableKeys: t.int({
      description: "Keys that could serve this target now.",
      resolve: async (target, _, { control }) => readTargetCapacity(target, await control.capacities.read()).usableKeys,
    }),
    totalKeys: t.int({
      resolve: async (target, _, { control }) => readTargetCapacity(target, await control.capacities.read()).totalKeys,
    }),
    price: t.field({
      type: ModelPrice,
      nullable: true,
      description: "What a million tokens cost here; null when nobody knows.",
      resolve: (target, _, { control }) => readTargetPrice(control, target.model, target),
    }),
    traits: t.expose("traits", { type: ModelTraitOverrides, nullable: true }),
    effectiveTraits: t.field({
      type: ModelTraits,
      nullable: true,
      description: "With what Sluice knows of the upstream's model; null when the provider has been deleted.",
      resolve: (target, _, { control }) => readTargetTraits(control, target),
    }),
  }),
});

builder.objectType(Model, {
  description: "The name clients ask for.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name"),
    displayName: t.string({
      description: "What people read; the name where nobody gave another.",
      resolve: ({ displayName, name }) => displayName ?? name,
    }),
    description: t.exposeString("description", { nullable: true }),
    capabilities: t.field({
      type: [ModelCapability],
      resolve: ({ capabilities }) => MODEL_CAPABILITIES.filter((one) => capabilities.includes(one)),
    }),
    contextWindow: t.exposeInt("contextWindow", { nullable: true }),
    maxOutputTokens: t.exposeInt("maxOutputTokens", { nullable: true }),
    enabled: t.exposeBoolean("enabled"),
    aliases: t.stringList({ resolve: ({ aliases }) => [...aliases] }),
    price: t.field({
      type: ModelPrice,
      nullable: true,
      description:
        "Of the target that is asked first. Null when nobody set one and the bundled list has none: its requests count as unpriced, never as free.",
      resolve: (model, _, { control }) => readModelPrice(control, model),
    }),
    targets: t.field({
      type: [ModelTarget],
      description: "Lowest priority number first; equal numbers share by weight; the next number is the fallback.",
      resolve: (model) => targetsInOrder(model).map((target) => ({ ...target, model })),
    }),
    health: t.field({ type: ModelHealth, resolve: (model, _, { control }) => readHealth(control, model) }),
    ...usageFields<ModelRow>("model")(t),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

const ModelFilter = builder.inputType("ModelFilter", {
  fields: (t) => ({
    search: t.string(),
    providers: t.idList(),
    capabilities: t.field({ type: [ModelCapability] }),
    enabled: t.boolean(),
    health: t.field({ type: [HealthState] }),
    priceMissing: t.boolean(),
  }),
});

const ModelOrder = builder.inputType("ModelOrder", {
  fields: (t) => ({
    field: t.field({ type: ModelOrderField, required: true }),
    direction: t.field({ type: SortDirection, required: true, defaultValue: "asc" }),
  }),
});

builder.queryFields((t) => ({
  models: t.connection(
    {
      type: Model,
      args: { filter: t.arg({ type: ModelFilter }), orderBy: t.arg({ type: ModelOrder }) },
      resolve: (_, { filter, orderBy, ...page }, { control }) =>
        listModels(control, filter ?? {}, page, orderBy ?? undefined),
    },
    { name: "ModelConnection", fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }) },
    { name: "ModelEdge" },
  ),
  model: t.field({
    type: Model,
    nullable: true,
    description: "By id or by name (aliases count).",
    args: { id: t.arg.id(), name: t.arg.string() },
    resolve: (_, by, { control }) => getModel(control, by),
  }),
}));
