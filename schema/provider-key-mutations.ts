import type { ProviderKeyView } from "../src/control/keys/key-status.ts";
import {
  type ActedOnKeys,
  actOnProviderKeys,
  reorderProviderKeys,
  tagProviderKeys,
} from "../src/control/keys/provider-key-actions.ts";
import { deleteProviderKeys, restoreProviderKeys } from "../src/control/keys/provider-key-deletion.ts";
import { type RevealedSecret, revealProviderKeySecret } from "../src/control/keys/provider-key-reveal.ts";
import { createProviderKey, updateProviderKey } from "../src/control/keys/provider-key-writes.ts";
import { refreshKeyBalances } from "../src/control/keys/refresh-balances-job.ts";
import { validateProviderKeys } from "../src/control/keys/validate-keys-job.ts";
import { builder } from "./builder.ts";
import { KeyAction } from "./enums.ts";
import { JobPayload } from "./job.ts";
import { KeyLimitsInput } from "./key-limits.ts";
import { DeletePayload, payloadRef, RestoreInput, RestorePayload, toPayload } from "./payload.ts";
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
    limits: t.field({ type: KeyLimitsInput }),
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
    limits: t.field({ type: KeyLimitsInput, description: "Set together: what is not named becomes unlimited." }),
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

const ValidateProviderKeysInput = builder.inputType("ValidateProviderKeysInput", {
  fields: (t) => ({
    selection: t.field({ type: ProviderKeySelection, required: true }),
    concurrency: t.int({ required: true, defaultValue: 16 }),
    disableInvalid: t.boolean({
      required: true,
      defaultValue: false,
      description: "Switches off those that the vendor refuses.",
    }),
  }),
});

const RefreshKeyBalancesInput = builder.inputType("RefreshKeyBalancesInput", {
  fields: (t) => ({ selection: t.field({ type: ProviderKeySelection, required: true }) }),
});

const TagProviderKeysInput = builder.inputType("TagProviderKeysInput", {
  fields: (t) => ({
    selection: t.field({ type: ProviderKeySelection, required: true }),
    add: t.stringList({ required: true, defaultValue: [] }),
    remove: t.stringList({ required: true, defaultValue: [] }),
  }),
});

const ReorderProviderKeysInput = builder.inputType("ReorderProviderKeysInput", {
  fields: (t) => ({
    providerId: t.id({ required: true }),
    ids: t.idList({ required: true, description: "In the order that they are to have." }),
    afterId: t.id({ description: "The key that they follow; null: to the top." }),
  }),
});

const RevealProviderKeySecretInput = builder.inputType("RevealProviderKeySecretInput", {
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const RevealProviderKeySecretPayload = payloadRef<RevealedSecret>("RevealProviderKeySecretPayload");
builder.objectType(RevealProviderKeySecretPayload, {
  fields: (t) => ({
    secret: t.string({ nullable: true, resolve: ({ value }) => value?.secret.reveal() }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
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
  validateProviderKeys: t.field({
    type: JobPayload,
    description:
      "Asks each key's vendor whether it takes the key; the verdicts go into the keys' health. It costs nothing where the vendor lists its models, else one token of the provider's cheapest model; `job.items` say how it was found.",
    args: { input: t.arg({ type: ValidateProviderKeysInput, required: true }) },
    resolve: async (_, { input: { selection, ...options } }, { control }) =>
      toPayload(await validateProviderKeys(control, selection, options)),
  }),
  refreshKeyBalances: t.field({
    type: JobPayload,
    description: "Asks vendors that say what is left of an account.",
    args: { input: t.arg({ type: RefreshKeyBalancesInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await refreshKeyBalances(control, input.selection)),
  }),
  tagProviderKeys: t.field({
    type: ActOnProviderKeysPayload,
    args: { input: t.arg({ type: TagProviderKeysInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await tagProviderKeys(control, input.selection, input)),
  }),
  reorderProviderKeys: t.field({
    type: ActOnProviderKeysPayload,
    description: "Numbers the provider's priorities anew, so that these keys stand where they are put.",
    args: { input: t.arg({ type: ReorderProviderKeysInput, required: true }) },
    resolve: async (_, { input: { afterId = null, ...input } }, { control }) =>
      toPayload(await reorderProviderKeys(control, { ...input, afterId })),
  }),
  restoreProviderKeys: t.field({
    type: RestorePayload,
    description: "Takes back a deletion of the last day; the keys come back with their health.",
    args: { input: t.arg({ type: RestoreInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await restoreProviderKeys(control, input.undoToken)),
  }),
  revealProviderKeySecret: t.field({
    type: RevealProviderKeySecretPayload,
    description: "Needs a fresh proof of who is asking, and is in the audit log.",
    args: { input: t.arg({ type: RevealProviderKeySecretInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await revealProviderKeySecret(control, input.id)),
  }),
  deleteProviderKeys: t.field({
    type: DeletePayload,
    description: "They leave the pool at once; `restoreProviderKeys` brings them back for a day.",
    args: { input: t.arg({ type: DeleteProviderKeysInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteProviderKeys(control, input.selection)),
  }),
}));
