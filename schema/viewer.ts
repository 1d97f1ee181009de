import type { Principal, Session as SessionValue } from "../src/control/principal.ts";
import { SCOPES } from "../src/control/principal.ts";
import { finalExpiry, idleExpiry } from "../src/control/session-cookie.ts";
import { endSession, setUp, signIn } from "../src/control/sessions.ts";
import { builder } from "./builder.ts";
import type { GraphqlContext } from "./context.ts";
import { Scope, ViewerKind } from "./enums.ts";
import { GRAPHQL_LIMITS } from "./limits.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { UserError } from "./user-errors.ts";

const Session = builder.objectRef<SessionValue>("Session");
builder.objectType(Session, {
  fields: (t) => ({
    createdAt: t.expose("createdAtMs", { type: "DateTime" }),
    idleExpiresAt: t.field({
      type: "DateTime",
      description: "Without any activity until then it ends; each use moves it on.",
      resolve: idleExpiry,
    }),
    expiresAt: t.field({ type: "DateTime", description: "It ends then in any case.", resolve: finalExpiry }),
  }),
});

const Viewer = builder.objectRef<Principal>("Viewer");
builder.objectType(Viewer, {
  fields: (t) => ({
    kind: t.expose("kind", { type: ViewerKind }),
    scopes: t.field({ type: [Scope], resolve: ({ scopes }) => SCOPES.filter((scope) => scopes.has(scope)) }),
    setupRequired: t.boolean({
      description: "True until the one-time set-up link has been used (never with ADMIN_TOKEN).",
      resolve: (_, __, { control }) => control.access.setupRequired,
    }),
    session: t.field({
      type: Session,
      nullable: true,
      resolve: (principal) => (principal.kind === "session" ? principal.session : null),
    }),
  }),
});

const ApiLimits = builder.objectRef<typeof GRAPHQL_LIMITS>("ApiLimits");
builder.objectType(ApiLimits, {
  fields: (t) => ({
    complexityLimit: t.exposeInt("cost"),
    depthLimit: t.exposeInt("depth"),
    maxPageSize: t.exposeInt("page"),
    maxSubscriptions: t.exposeInt("subscriptions"),
  }),
});

builder.queryFields((t) => ({
  viewer: t.field({ type: Viewer, resolve: (_, __, { principal }) => principal }),
  apiLimits: t.field({ type: ApiLimits, resolve: () => GRAPHQL_LIMITS }),
}));

const viewerNow = (_: unknown, __: unknown, context: GraphqlContext) => context.principal;

const SessionPayload = payloadRef<true>("SessionPayload");
builder.objectType(SessionPayload, {
  fields: (t) => ({
    viewer: t.field({ type: Viewer, resolve: viewerNow }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const SetUpPayload = payloadRef<string>("SetUpPayload");
builder.objectType(SetUpPayload, {
  fields: (t) => ({
    adminToken: t.string({
      nullable: true,
      description: "Shown once: the bearer token for tools and for signing in again.",
      resolve: ({ value }) => value,
    }),
    viewer: t.field({ type: Viewer, resolve: viewerNow }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const SignInInput = builder.inputType("SignInInput", {
  fields: (t) => ({ token: t.string({ required: true, description: "The admin token." }) }),
});
const SetUpInput = builder.inputType("SetUpInput", {
  fields: (t) => ({
    setupToken: t.string({ required: true, description: "From the link that the first start printed." }),
  }),
});

builder.mutationFields((t) => ({
  signIn: t.field({
    type: SessionPayload,
    description: "Exchanges the admin token for a session cookie.",
    args: { input: t.arg({ type: SignInInput, required: true }) },
    resolve: (_, { input }, context) => toPayload(signIn(context, input.token)),
  }),
  signOut: t.field({
    type: SessionPayload,
    resolve: async (_, __, context) => toPayload(await endSession(context)),
  }),
  setUp: t.field({
    type: SetUpPayload,
    args: { input: t.arg({ type: SetUpInput, required: true }) },
    resolve: async (_, { input }, context) => toPayload(await setUp(context, input.setupToken)),
  }),
}));
