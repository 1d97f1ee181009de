import { changePassword } from "../src/control/people/own-account.ts";
import { SCOPES } from "../src/control/people/principal.ts";
import { ROLE_SCOPES } from "../src/control/people/roles.ts";
import {
  deleteUsers,
  type InvitedUser,
  inviteUser,
  listUsers,
  resetUserSignIn,
  updateUser,
} from "../src/control/people/users.ts";
import type { UserRow } from "../src/store/people.ts";
import { builder } from "./builder.ts";
import { Role, Scope } from "./enums.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, toPayload } from "./payload.ts";
import { User } from "./refs.ts";
import { UserError } from "./user-errors.ts";

builder.objectType(User, {
  description: "A person who administers this gateway.",
  interfaces: [Node],
  fields: (t) => ({
    email: t.exposeString("email"),
    name: t.exposeString("name"),
    role: t.expose("role", { type: Role }),
    scopes: t.field({
      type: [Scope],
      description: "What the role may do.",
      resolve: ({ role }) => SCOPES.filter((scope) => ROLE_SCOPES[role].has(scope)),
    }),
    enabled: t.exposeBoolean("enabled"),
    passwordSet: t.exposeBoolean("hasPassword"),
    totpEnabled: t.exposeBoolean("totpEnabled"),
    invitedUntil: t.expose("invitedUntil", {
      type: "DateTime",
      nullable: true,
      description: "Until then his one-time link works; null: there is none.",
    }),
    lastSeenAt: t.expose("lastSeenAt", { type: "DateTime", nullable: true }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    version: t.exposeInt("version"),
  }),
});

builder.queryFields((t) => ({
  users: t.connection(
    {
      type: User,
      description: "By e-mail address.",
      args: { search: t.arg.string() },
      resolve: (_, { search, ...page }, { control }) => listUsers(control, search ?? null, page),
    },
    {
      name: "UserConnection",
      fields: (c) => ({ totalCount: c.int({ resolve: ({ totalCount }) => totalCount }) }),
    },
    { name: "UserEdge" },
  ),
}));

const UserPayload = payloadRef<UserRow>("UserPayload");
builder.objectType(UserPayload, {
  fields: (t) => ({
    user: t.field({ type: User, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const InvitePayload = payloadRef<InvitedUser>("InvitePayload");
builder.objectType(InvitePayload, {
  fields: (t) => ({
    user: t.field({ type: User, nullable: true, resolve: ({ value }) => value?.user }),
    inviteToken: t.string({
      nullable: true,
      description: "Shown once, good for three days. The link is the console's address with `/setup#` and this.",
      resolve: ({ value }) => value?.inviteToken.reveal(),
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const InviteUserInput = builder.inputType("InviteUserInput", {
  fields: (t) => ({
    email: t.string({ required: true }),
    name: t.string(),
    role: t.field({ type: Role, required: true }),
  }),
});
const UpdateUserInput = builder.inputType("UpdateUserInput", {
  description: "Absent = unchanged.",
  fields: (t) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int(),
    email: t.string(),
    name: t.string(),
    role: t.field({ type: Role }),
    enabled: t.boolean({ description: "False ends his sessions, and refuses his tokens, at once." }),
  }),
});
const ResetUserSignInInput = builder.inputType("ResetUserSignInInput", {
  fields: (t) => ({ id: t.id({ required: true }) }),
});
const ChangePasswordInput = builder.inputType("ChangePasswordInput", {
  fields: (t) => ({ oldPassword: t.string({ required: true }), newPassword: t.string({ required: true }) }),
});

builder.mutationFields((t) => ({
  inviteUser: t.field({
    type: InvitePayload,
    description: "Nobody chooses a password for somebody else: the person does, by a one-time link.",
    args: { input: t.arg({ type: InviteUserInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) => toPayload(await inviteUser(control, principal, input)),
  }),
  updateUser: t.field({
    type: UserPayload,
    args: { input: t.arg({ type: UpdateUserInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) => toPayload(await updateUser(control, principal, input)),
  }),
  resetUserSignIn: t.field({
    type: InvitePayload,
    description: "A new link; password, authenticator app and sessions of the person end at once.",
    args: { input: t.arg({ type: ResetUserSignInInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await resetUserSignIn(control, principal, input.id)),
  }),
  deleteUsers: t.field({
    type: DeletePayload,
    description: "With their sessions, tokens and saved views.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await deleteUsers(control, principal, input.ids)),
  }),
  changePassword: t.field({
    type: UserPayload,
    description: "Your own. Your other sessions end.",
    args: { input: t.arg({ type: ChangePasswordInput, required: true }) },
    resolve: async (_, { input }, context) => toPayload(await changePassword(context, input)),
  }),
}));
