import { signInLabel } from "../src/control/people/oidc/edit.ts";
import { freshUntil, ownUser } from "../src/control/people/own-account.ts";
import { readPreferences, updatePreferences } from "../src/control/people/preferences.ts";
import { type Principal, SCOPES } from "../src/control/people/principal.ts";
import { builder } from "./builder.ts";
import type { GraphqlContext } from "./context.ts";
import { Scope, ViewerKind } from "./enums.ts";
import { GRAPHQL_LIMITS } from "./limits.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { AdminToken, Session, User } from "./refs.ts";
import { UserError } from "./user-errors.ts";

export const Viewer = builder.objectRef<Principal>("Viewer");
builder.objectType(Viewer, {
  description: "Who is asking.",
  fields: (t) => ({
    kind: t.expose("kind", { type: ViewerKind }),
    user: t.field({
      type: User,
      nullable: true,
      description: "Null for strangers, ADMIN_TOKEN, and tokens that no person made.",
      resolve: (principal, _, { control }) => ownUser(control, principal),
    }),
    scopes: t.field({ type: [Scope], resolve: ({ scopes }) => SCOPES.filter((scope) => scopes.has(scope)) }),
    setupRequired: t.boolean({
      description: "True until the one-time set-up link has been used (never with ADMIN_TOKEN).",
      resolve: (_, __, { control }) => control.access.setupRequired,
    }),
    signInWith: t.string({
      nullable: true,
      description: "The sign-in provider's name, for a button to `/auth/oidc/start`; null: there is none.",
      resolve: (_, __, { control }) => signInLabel(control),
    }),
    session: t.field({
      type: Session,
      nullable: true,
      resolve: (principal) => (principal.kind === "session" ? principal.session : null),
    }),
    token: t.field({
      type: AdminToken,
      nullable: true,
      description: "With which you ask, or signed in; null for ADMIN_TOKEN.",
      resolve: (principal, _, { control }) =>
        principal.kind === "anonymous" ? null : control.access.directory.token(principal.tokenId ?? ""),
    }),
    preferences: t.field({
      type: "JSON",
      description: "What your console keeps for you; empty for a token.",
      resolve: (principal, _, { control }) => readPreferences(control, principal),
    }),
    reauthenticatedUntil: t.field({
      type: "DateTime",
      nullable: true,
      description: "Until then nothing answers REAUTH_REQUIRED; null: reauthenticate first.",
      resolve: (principal, _, { control }) => freshUntil(principal, control.now()),
    }),
  }),
});

/** As it is after the mutation whose payload shows it. */
export const viewerNow = (_: unknown, __: unknown, context: GraphqlContext) => context.principal;

const ApiLimits = builder.objectRef<typeof GRAPHQL_LIMITS>("ApiLimits");
builder.objectType(ApiLimits, {
  fields: (t) => ({
    complexityLimit: t.exposeInt("cost", {
      description: "What an operation may cost: `extensions.cost` of each answer tells.",
    }),
    depthLimit: t.exposeInt("depth"),
    maxPageSize: t.exposeInt("page"),
    maxSubscriptions: t.exposeInt("subscriptions", { description: "At once, of one visitor." }),
    aliasLimit: t.exposeInt("aliases"),
    directiveLimit: t.exposeInt("directives"),
    maxBodyBytes: t.exposeInt("bodyBytes"),
    rootFieldLimit: t.exposeInt("rootFields"),
    timeoutMs: t.exposeInt("timeoutMs"),
    tokenLimit: t.exposeInt("tokens", { description: "Of a document's text." }),
  }),
});

builder.queryFields((t) => ({
  viewer: t.field({ type: Viewer, resolve: (_, __, { principal }) => principal }),
  apiLimits: t.field({ type: ApiLimits, resolve: () => GRAPHQL_LIMITS }),
}));

const ViewerPayload = payloadRef<true>("ViewerPayload");
builder.objectType(ViewerPayload, {
  fields: (t) => ({
    viewer: t.field({ type: Viewer, resolve: viewerNow }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});
const UpdatePreferencesInput = builder.inputType("UpdatePreferencesInput", {
  fields: (t) => ({
    patch: t.field({ type: "JSON", required: true, description: "Key by key; null takes one away. At most 16 KiB." }),
  }),
});

builder.mutationFields((t) => ({
  updatePreferences: t.field({
    type: ViewerPayload,
    args: { input: t.arg({ type: UpdatePreferencesInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) =>
      toPayload(await updatePreferences(control, principal, input.patch)),
  }),
}));
