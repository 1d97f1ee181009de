import {
  createClientKey,
  deleteClientKeys,
  type IssuedClientKey,
  isExpired,
  isLetIn,
  listClientKeys,
  rotateClientKey,
  updateClientKey,
} from "../src/control/clients/client-keys.ts";
import { restoreDeleted } from "../src/control/config/config-deletion.ts";
import type { ClientKeyRow } from "../src/store/types.ts";
import { builder } from "./builder.ts";
import { BuiltinClient, ClientKeyOrderField, ContentPolicy, SortDirection } from "./enums.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, RestoreInput, RestorePayload, toPayload } from "./payload.ts";
import { ClientKey } from "./refs.ts";
import { usageFields } from "./usage-fields.ts";
import { UserError } from "./user-errors.ts";

builder.objectType(ClientKey, {
  description: "Issued to callers of /v1.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name"),
    secretPreview: t.exposeString("secretPreview"),
    enabled: t.exposeBoolean("enabled"),
    expiresAt: t.expose("expiresAt", { type: "DateTime", nullable: true }),
    expired: t.boolean({ resolve: (row, _, { control }) => isExpired(row, control.now()) }),
    letIn: t.boolean({
      description: "False for the built-in anonymous client while anonymous access is off (setting allowAnonymous).",
      resolve: (row, _, { control }) => isLetIn(control, row),
    }),
    allowedModels: t.stringList({
      description: "Model names or patterns with `*`; empty = all.",
      resolve: ({ allowedModels }) => [...allowedModels],
    }),
    requestContent: t.expose("requestContent", {
      type: ContentPolicy,
      nullable: true,
      description: "What is kept of its requests; null = the global setting.",
    }),
    strictParameters: t.exposeBoolean("strictParameters", {
      description: "A field that the upstream cannot be sent is a 400; else it is left out and reported.",
    }),
    tags: t.stringList({
      description: "Whom its use is put down to: `usage(groupBy: [CLIENT_KEY_TAG])`.",
      resolve: ({ tags }) => [...tags],
    }),
    memo: t.exposeString("memo", { nullable: true }),
    builtin: t.expose("builtin", { type: BuiltinClient, nullable: true }),
    lastUsedAt: t.expose("lastUsedAt", { type: "DateTime", nullable: true }),
    ...usageFields<ClientKeyRow>("client")(t),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

const ClientKeyFilter = builder.inputType("ClientKeyFilter", {
  fields: (t) => ({
    ids: t.idList(),
    search: t.string({ description: "In name, memo, tags or secret preview." }),
    enabled: t.boolean(),
    expired: t.boolean(),
    tags: t.stringList({ description: "One of these tags." }),
  }),
});
const ClientKeyOrder = builder.inputType("ClientKeyOrder", {
  fields: (t) => ({
    field: t.field({ type: ClientKeyOrderField, required: true }),
    direction: t.field({ type: SortDirection, required: true, defaultValue: "asc" }),
  }),
});

builder.queryFields((t) => ({
  clientKeys: t.connection(
    {
      type: ClientKey,
      args: { filter: t.arg({ type: ClientKeyFilter }), orderBy: t.arg({ type: ClientKeyOrder }) },
      resolve: (_, { filter, orderBy, ...page }, { control }) =>
        listClientKeys(control, filter ?? {}, page, orderBy ?? undefined),
    },
    {
      name: "ClientKeyConnection",
      fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
    },
    { name: "ClientKeyEdge" },
  ),
  clientKey: t.field({
    type: ClientKey,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control }) => control.store.clientKeys.get(id),
  }),
}));

const ClientKeyPayload = payloadRef<ClientKeyRow>("ClientKeyPayload");
builder.objectType(ClientKeyPayload, {
  fields: (t) => ({
    clientKey: t.field({ type: ClientKey, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ClientKeySecretPayload = payloadRef<IssuedClientKey>("ClientKeySecretPayload");
builder.objectType(ClientKeySecretPayload, {
  fields: (t) => ({
    clientKey: t.field({ type: ClientKey, nullable: true, resolve: ({ value }) => value?.clientKey }),
    secret: t.string({
      nullable: true,
      description: "Shown once.",
      resolve: ({ value }) => value?.secret.reveal(),
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const CreateClientKeyInput = builder.inputType("CreateClientKeyInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    enabled: t.boolean({ required: true, defaultValue: true }),
    expiresAt: t.field({ type: "DateTime" }),
    allowedModels: t.stringList({ required: true, defaultValue: [] }),
    requestContent: t.field({ type: ContentPolicy }),
    strictParameters: t.boolean({ required: true, defaultValue: false }),
    tags: t.stringList({ required: true, defaultValue: [] }),
    memo: t.string(),
  }),
});
const UpdateClientKeyInput = builder.inputType("UpdateClientKeyInput", {
  description: "Absent = unchanged, null = cleared.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    name: t.string(),
    enabled: t.boolean(),
    expiresAt: t.field({ type: "DateTime" }),
    allowedModels: t.stringList(),
    requestContent: t.field({ type: ContentPolicy }),
    strictParameters: t.boolean(),
    tags: t.stringList(),
    memo: t.string(),
  }),
});
const RotateClientKeyInput = builder.inputType("RotateClientKeyInput", {
  fields: (t) => ({ id: t.id({ required: true }), expectedVersion: t.int() }),
});

builder.mutationFields((t) => ({
  createClientKey: t.field({
    type: ClientKeySecretPayload,
    args: { input: t.arg({ type: CreateClientKeyInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await createClientKey(control, input)),
  }),
  updateClientKey: t.field({
    type: ClientKeyPayload,
    args: { input: t.arg({ type: UpdateClientKeyInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await updateClientKey(control, input)),
  }),
  rotateClientKey: t.field({
    type: ClientKeySecretPayload,
    description: "Replaces the secret at once; the old one stops working with the next request.",
    args: { input: t.arg({ type: RotateClientKeyInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(await rotateClientKey(control, input.id, input.expectedVersion ?? null)),
  }),
  deleteClientKeys: t.field({
    type: DeletePayload,
    description: "Refused at once; `restoreClientKeys` brings them back for ten minutes.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteClientKeys(control, input.ids)),
  }),
  restoreClientKeys: t.field({
    type: RestorePayload,
    description:
      "Takes back a deletion of the last ten minutes: their secrets work again, with the files and responses they had.",
    args: { input: t.arg({ type: RestoreInput, required: true }) },
    resolve: async (_, { input }, { control }) =>
      toPayload(await restoreDeleted(control, "clientKey", input.undoToken)),
  }),
}));
