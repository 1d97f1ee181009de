import { acceptInvitation, reauthenticate } from "../src/control/people/own-account.ts";
import { finalExpiry, idleExpiry } from "../src/control/people/session-life.ts";
import { listSessions, revokeOtherSessions, revokeSessions, signOut } from "../src/control/people/sessions.ts";
import { type SetUpDone, setUp } from "../src/control/people/set-up.ts";
import { signIn } from "../src/control/people/sign-in.ts";
import { builder } from "./builder.ts";
import { Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, toPayload } from "./payload.ts";
import { Session, User } from "./refs.ts";
import { UserError } from "./user-errors.ts";
import { Viewer, viewerNow } from "./viewer.ts";

builder.objectType(Session, {
  description: "A browser that is signed in.",
  interfaces: [Node],
  fields: (t) => ({
    user: t.field({
      type: User,
      nullable: true,
      description: "Null: signed in with an admin token.",
      resolve: ({ userId }, _, { control }) => (userId === null ? null : control.access.directory.user(userId)),
    }),
    current: t.boolean({
      description: "The one that is asking.",
      resolve: ({ id }, _, { principal }) => principal.kind === "session" && principal.session.id === id,
    }),
    address: t.exposeString("address"),
    userAgent: t.exposeString("userAgent"),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    lastSeenAt: t.expose("lastSeenAt", { type: "DateTime" }),
    idleExpiresAt: t.field({
      type: "DateTime",
      description: "Without any activity until then it ends; each use moves it on.",
      resolve: idleExpiry,
    }),
    expiresAt: t.field({ type: "DateTime", description: "It ends then in any case.", resolve: finalExpiry }),
  }),
});

builder.queryFields((t) => ({
  sessions: t.field({
    type: [Session],
    description: "Your own, newest first; everybody's with USERS_ADMIN. At most 200.",
    resolve: (_, __, { control, principal }) => listSessions(control, principal),
  }),
}));

const SessionPayload = payloadRef<true>("SessionPayload");
builder.objectType(SessionPayload, {
  fields: (t) => ({
    viewer: t.field({ type: Viewer, resolve: viewerNow }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const SetUpPayload = payloadRef<SetUpDone>("SetUpPayload");
builder.objectType(SetUpPayload, {
  fields: (t) => ({
    adminToken: t.string({
      nullable: true,
      description: "Shown once: the bearer token for tools, when one was asked for.",
      resolve: ({ value }) => value?.adminToken?.reveal(),
    }),
    viewer: t.field({ type: Viewer, resolve: viewerNow }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const SignInInput = builder.inputType("SignInInput", {
  description: "E-mail address and password, with a code where the account asks for one; or an admin token.",
  fields: (t) => ({
    email: t.string(),
    password: t.string(),
    totp: t.string({ description: "Of the authenticator app, or a recovery code. Asked for with TOTP_REQUIRED." }),
    token: t.string({ description: "An admin token instead." }),
  }),
});
const SetUpInput = builder.inputType("SetUpInput", {
  fields: (t) => ({
    setupToken: t.string({ required: true, description: "From the link that the first start printed." }),
    email: t.string({ description: "Of the first owner. Without it only an admin token is made." }),
    password: t.string(),
    name: t.string(),
    locale: t.string(),
    timeZone: t.string(),
    createAdminToken: t.boolean({ description: "An admin token for tools as well." }),
  }),
});
const AcceptInvitationInput = builder.inputType("AcceptInvitationInput", {
  fields: (t) => ({
    inviteToken: t.string({ required: true, description: "From the link, behind the #." }),
    password: t.string({ required: true }),
    name: t.string(),
  }),
});
const ReauthenticateInput = builder.inputType("ReauthenticateInput", {
  description: "One of them; `token` for a session that was begun with a token.",
  fields: (t) => ({ password: t.string(), totp: t.string(), token: t.string() }),
});

builder.mutationFields((t) => ({
  signIn: t.field({
    type: SessionPayload,
    description: "Exchanges a password, or an admin token, for a session cookie.",
    args: { input: t.arg({ type: SignInInput, required: true }) },
    resolve: async (_, { input }, context) => toPayload(await signIn(context, input)),
  }),
  signOut: t.field({
    type: SessionPayload,
    resolve: async (_, __, context) => toPayload(await signOut(context)),
  }),
  setUp: t.field({
    type: SetUpPayload,
    description: "The first start's link, once: makes the first owner, an admin token, or both, and signs in.",
    args: { input: t.arg({ type: SetUpInput, required: true }) },
    resolve: async (_, { input }, context) => toPayload(await setUp(context, input)),
  }),
  acceptInvitation: t.field({
    type: SessionPayload,
    description: "By a one-time link a person chooses his password, and is signed in.",
    args: { input: t.arg({ type: AcceptInvitationInput, required: true }) },
    resolve: async (_, { input }, context) => toPayload(await acceptInvitation(context, input)),
  }),
  reauthenticate: t.field({
    type: SessionPayload,
    description: "What answers REAUTH_REQUIRED may be done for ten minutes from now.",
    args: { input: t.arg({ type: ReauthenticateInput, required: true }) },
    resolve: async (_, { input }, context) => toPayload(await reauthenticate(context, input)),
  }),
  revokeSessions: t.field({
    type: DeletePayload,
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await revokeSessions(control, principal, input.ids)),
  }),
  revokeOtherSessions: t.field({
    type: DeletePayload,
    description: "All of yours but the one that asks.",
    resolve: async (_, __, { control, principal }) => toPayload(await revokeOtherSessions(control, principal)),
  }),
}));
