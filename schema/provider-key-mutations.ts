import type { ProviderKeyView } from "../src/control/key-status.ts";
import { type ActedOnKeys, actOnProviderKeys, deleteProviderKeys } from "../src/control/provider-key-actions.ts";
import { createProviderKey, updateProviderKey } from "../src/control/provider-key-writes.ts";
import { builder } from "./builder.ts";
import { KeyAction } from "./enums.ts";
import { DeletePayload, payloadRef, toPayload } from "./payload.ts";
import { ProviderKeyFilter } from "./provider-key.ts";
import { ProviderKey } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const ProviderKeyPayload = payloadRef<ProviderKeyView>("ProviderKeyPayload");
builder.objectType(ProviderKeyPayload, {
  fields: (t) => ({
    providerKey: t.field({ type: ProviderKey, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ActOnProviderKeysPayload = payloadRef<ActedOnKeys>("ActOnProviderKeysPayload");
builder.objectType(ActOnProviderKeysPayload, {
  fields: (t) => ({
    affected: t.int({ resolve: ({ value }) => value?.affected ?? 0 }),
    providerKeys: t.field({
      type: [ProviderKey],
      description: "At most 200 of them.",
      resolve: ({ value }) => [...(value?.keys ?? [])],
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const CreateProviderKeyInput = builder.inputType("CreateProviderKeyInput", {
  fields: (t) => ({
    providerId: t.id({ required: true }),
    secret: t.string({ required: true }),
    name: t.string(),
    enabled: t.boolean({ required: true, defaultValue: true }),
    priority: t.int({ required: true, defaultValue: 0 }),
    weight: t.int({ required: true, defaultValue: 1 }),
    tags: t.stringList({ required: true, defaultValue: [] }),
    memo: t.string(),
    userAgent: t.string(),
    proxyUrl: t.string(),
  }),
});

const UpdateProviderKeyInput = builder.inputType("UpdateProviderKeyInput", {
  description: "Absent = unchanged, null = cleared.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    secret: t.string(),
    name: t.string(),
    enabled: t.boolean(),
    priority: t.int(),
    weight: t.int(),
    tags: t.stringList(),
    memo: t.string(),
    userAgent: t.string(),
    proxyUrl: t.string(),
  }),
});

const ProviderKeySelection = builder.inputType("ProviderKeySelection", {
  description:
    'Rows by id, or by the same filter the table shows, so that "select all 4,812" is one call. Give one of the two.',
  fields: (t) => ({
    ids: t.idList(),
    filter: t.field({ type: ProviderKeyFilter }),
    excludeIds: t.idList({ required: true, defaultValue: [] }),
  }),
});

const ActOnProviderKeysInput = builder.inputType("ActOnProviderKeysInput", {
  fields: (t) => ({
    selection: t.field({ type: ProviderKeySelection, required: true }),
    action: t.field({ type: KeyAction, required: true }),
  }),
});

const DeleteProviderKeysInput = builder.inputType("DeleteProviderKeysInput", {
  fields: (t) => ({ selection: t.field({ type: ProviderKeySelection, required: true }) }),
});

builder.mutationFields((t) => ({
  createProviderKey: t.field({
    type: ProviderKeyPayload,
    args: { input: t.arg({ type: CreateProviderKeyInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await createProviderKey(control, input)),
  }),
  updateProviderKey: t.field({
    type: ProviderKeyPayload,
    args: { input: t.arg({ type: UpdateProviderKeyInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await updateProviderKey(control, input)),
  }),
  actOnProviderKeys: t.field({
    type: ActOnProviderKeysPayload,
    args: { input: t.arg({ type: ActOnProviderKeysInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(await actOnProviderKeys(control, input.selection, input.action)),
  }),
  deleteProviderKeys: t.field({
    type: DeletePayload,
    args: { input: t.arg({ type: DeleteProviderKeysInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteProviderKeys(control, input.selection)),
  }),
}));
