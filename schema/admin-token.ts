import {
  createAdminToken,
  type IssuedAdminToken,
  listAdminTokens,
  revokeAdminTokens,
} from "../src/control/people/admin-tokens.ts";
import type { Scope as ScopeName } from "../src/control/people/principal.ts";
import { builder } from "./builder.ts";
import { Scope } from "./enums.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, toPayload } from "./payload.ts";
import { AdminToken, User } from "./refs.ts";
import { UserError } from "./user-errors.ts";

builder.objectType(AdminToken, {
  description: "Lets a tool ask as whoever made it, within its scopes.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name"),
    secretPreview: t.exposeString("secretPreview"),
    scopes: t.field({
      type: [Scope],
      description: "Of these, what its maker may not do any more is refused.",
      resolve: ({ scopes }) => scopes as ScopeName[],
    }),
    createdBy: t.field({
      type: User,
      nullable: true,
      description: "Null: made with ADMIN_TOKEN, or by the first set-up.",
      resolve: ({ createdBy }, _, { control }) => control.access.directory.user(createdBy ?? ""),
    }),
    expiresAt: t.expose("expiresAt", { type: "DateTime", nullable: true }),
    lastUsedAt: t.expose("lastUsedAt", { type: "DateTime", nullable: true }),
    lastUsedAddress: t.exposeString("lastUsedAddress", { nullable: true }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
  }),
});

builder.queryFields((t) => ({
  adminTokens: t.field({
    type: [AdminToken],
    description: "Your own; everybody's with USERS_ADMIN.",
    resolve: (_, __, { control, principal }) => [...listAdminTokens(control, principal)],
  }),
}));

const AdminTokenSecretPayload = payloadRef<IssuedAdminToken>("AdminTokenSecretPayload");
builder.objectType(AdminTokenSecretPayload, {
  fields: (t) => ({
    adminToken: t.field({ type: AdminToken, nullable: true, resolve: ({ value }) => value?.row }),
    secret: t.string({
      nullable: true,
      description: "Shown once.",
      resolve: ({ value }) => value?.secret.reveal(),
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const CreateAdminTokenInput = builder.inputType("CreateAdminTokenInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    scopes: t.field({ type: [Scope], required: true, description: "At most your own." }),
    expiresAt: t.field({ type: "DateTime" }),
  }),
});

builder.mutationFields((t) => ({
  createAdminToken: t.field({
    type: AdminTokenSecretPayload,
    args: { input: t.arg({ type: CreateAdminTokenInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await createAdminToken(control, principal, input)),
  }),
  revokeAdminTokens: t.field({
    type: DeletePayload,
    description: "They end at once, with the sessions begun with them.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await revokeAdminTokens(control, principal, input.ids)),
  }),
}));
