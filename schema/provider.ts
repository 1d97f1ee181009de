import { restoreDeleted } from "../src/control/config/config-deletion.ts";
import { countProviderKeys } from "../src/control/keys/provider-keys.ts";
import { listModelsOfProvider } from "../src/control/models/models.ts";
import { listQuirks } from "../src/control/providers/provider-quirks.ts";
import { createProvider, deleteProviders, listProviders, updateProvider } from "../src/control/providers/providers.ts";
import type { ProviderRow } from "../src/store/types.ts";
import { builder } from "./builder.ts";
import { KeyStrategy, ProviderKind, Quirk, StoredKeys } from "./enums.ts";
import { ProviderKeyCounts } from "./key-counts.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, RestoreInput, RestorePayload, toPayload } from "./payload.ts";
import { ProviderPayload } from "./provider-payload.ts";
import { ProviderQuirk } from "./provider-quirk.ts";
import { Model, Provider } from "./refs.ts";
import { usageFields } from "./usage-fields.ts";

builder.objectType(Provider, {
  description: "A configured upstream.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name"),
    kind: t.expose("kind", { type: ProviderKind }),
    baseUrl: t.exposeString("baseUrl"),
    apiVersion: t.exposeString("apiVersion", {
      nullable: true,
      description: "Azure only; null = the /openai/v1 surface.",
    }),
    botId: t.exposeString("botId", { nullable: true, description: "Coze only." }),
    strategy: t.expose("strategy", { type: KeyStrategy }),
    enabled: t.exposeBoolean("enabled"),
    memo: t.exposeString("memo", { nullable: true }),
    quirks: t.field({
      type: [ProviderQuirk],
      description: "What it is taken to be like: set by a person, or learned and not ignored.",
      resolve: (provider) => [...listQuirks(provider)],
    }),
    ignoredQuirks: t.field({
      type: [Quirk],
      description: "What it is said not to be like, whatever is learned.",
      resolve: ({ ignoredQuirks }) => [...ignoredQuirks],
    }),
    keyCounts: t.field({
      type: ProviderKeyCounts,
      resolve: ({ id }, _, { control }) => countProviderKeys(control, id),
    }),
    models: t.field({
      type: [Model],
      description: "Models with a target at this provider.",
      resolve: ({ id }, _, { control }) => listModelsOfProvider(control, id),
    }),
    ...usageFields<ProviderRow>("provider")(t),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

const ProviderFilter = builder.inputType("ProviderFilter", {
  fields: (t) => ({ search: t.string(), kinds: t.field({ type: [ProviderKind] }), enabled: t.boolean() }),
});

builder.queryFields((t) => ({
  providers: t.connection(
    {
      type: Provider,
      args: { filter: t.arg({ type: ProviderFilter }) },
      resolve: (_, { filter, ...page }, { control }) => listProviders(control, filter ?? {}, page),
    },
    { name: "ProviderConnection", fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }) },
    { name: "ProviderEdge" },
  ),
  provider: t.field({
    type: Provider,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, { control }) => (await control.rows.providers()).get(id) ?? null,
  }),
}));

const CreateProviderInput = builder.inputType("CreateProviderInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    kind: t.field({ type: ProviderKind, required: true }),
    baseUrl: t.string({ description: "Optional where the vendor has one public address." }),
    apiVersion: t.string(),
    botId: t.string(),
    strategy: t.field({ type: KeyStrategy, required: true, defaultValue: "round_robin" }),
    enabled: t.boolean({ required: true, defaultValue: true }),
    memo: t.string(),
    quirks: t.field({ type: [Quirk], required: true, defaultValue: [] }),
    ignoredQuirks: t.field({ type: [Quirk], required: true, defaultValue: [] }),
  }),
});

const UpdateProviderInput = builder.inputType("UpdateProviderInput", {
  description: "Absent = unchanged, null = cleared.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    name: t.string(),
    baseUrl: t.string(),
    apiVersion: t.string(),
    botId: t.string(),
    strategy: t.field({ type: KeyStrategy }),
    enabled: t.boolean(),
    memo: t.string(),
    quirks: t.field({ type: [Quirk], description: "Those that a person sets; learned ones stay as they are." }),
    ignoredQuirks: t.field({ type: [Quirk] }),
    storedKeys: t.field({
      type: StoredKeys,
      description:
        "Required when `baseUrl` moves to another origin while keys are stored: they would be sent there. KEEP needs KEYS_REVEAL.",
    }),
  }),
});

builder.mutationFields((t) => ({
  createProvider: t.field({
    type: ProviderPayload,
    args: { input: t.arg({ type: CreateProviderInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await createProvider(control, input)),
  }),
  updateProvider: t.field({
    type: ProviderPayload,
    args: { input: t.arg({ type: UpdateProviderInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) => toPayload(await updateProvider(control, principal, input)),
  }),
  deleteProviders: t.field({
    type: DeletePayload,
    description:
      "With their keys; refused while a model has a target there. `restoreProviders` brings them back for ten minutes.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteProviders(control, input.ids)),
  }),
  restoreProviders: t.field({
    type: RestorePayload,
    description:
      "Takes back a deletion of the last ten minutes, keys and all; what was observed of them (health, balances, learned quirks) begins anew.",
    args: { input: t.arg({ type: RestoreInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await restoreDeleted(control, "provider", input.undoToken)),
  }),
}));
