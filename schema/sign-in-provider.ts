import {
  readSignInProvider,
  removeSignInProvider,
  type SignInProviderChange,
  type SignInProviderView,
  setSignInProvider,
  testSignInProvider,
} from "../src/control/people/oidc/edit.ts";
import type { Result } from "../src/control/user-errors.ts";
import type { RoleRule } from "../src/store/people.ts";
import { builder } from "./builder.ts";
import { Role } from "./enums.ts";
import { type Payload, payloadRef, toPayload } from "./payload.ts";
import { UserError } from "./user-errors.ts";

const RoleRuleType = builder.objectRef<RoleRule>("RoleRule");
builder.objectType(RoleRuleType, {
  description: "Who has this value in the claim gets this role.",
  fields: (t) => ({ claimValue: t.exposeString("claimValue"), role: t.expose("role", { type: Role }) }),
});

const SignInProvider = builder.objectRef<SignInProviderView>("SignInProvider");
builder.objectType(SignInProvider, {
  description: "An OpenID Connect provider by whose word people may sign in. Its secret is never shown.",
  fields: (t) => ({
    issuer: t.exposeString("issuer"),
    clientId: t.exposeString("clientId"),
    label: t.exposeString("label"),
    emailDomains: t.field({
      type: ["String"],
      description: "Only verified e-mail addresses of these may come; empty: of every domain.",
      resolve: ({ emailDomains }) => [...emailDomains],
    }),
    roleClaim: t.exposeString("roleClaim", { nullable: true }),
    roleRules: t.field({
      type: [RoleRuleType],
      description: "Applied at each sign-in, the highest role counts; empty: roles are given here.",
      resolve: ({ roleRules }) => [...roleRules],
    }),
    defaultRole: t.expose("defaultRole", {
      type: Role,
      nullable: true,
      description: "Of whom no rule names; null: only people who were invited, or whom a rule names, may come.",
    }),
    locked: t.exposeBoolean("isFixed", {
      description: "Set by OIDC_ISSUER and its like: it can be changed only there.",
    }),
    version: t.exposeInt("version", { description: "0 when it is locked." }),
  }),
});

builder.queryFields((t) => ({
  signInProvider: t.field({
    type: SignInProvider,
    nullable: true,
    resolve: (_, __, { control }) => readSignInProvider(control),
  }),
}));

const SignInProviderPayload = payloadRef<true>("SignInProviderPayload");
builder.objectType(SignInProviderPayload, {
  fields: (t) => ({
    signInProvider: t.field({
      type: SignInProvider,
      nullable: true,
      description: "As it is now.",
      resolve: (_, __, { control }) => readSignInProvider(control),
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

function toChange(result: Result<SignInProviderChange>): Payload<true> {
  if (!result.ok) return { value: null, userErrors: result.errors };
  return { value: true, userErrors: [], changed: { subject: "signInProvider", ...result.value } };
}

const RoleRuleInput = builder.inputType("RoleRuleInput", {
  fields: (t) => ({ claimValue: t.string({ required: true }), role: t.field({ type: Role, required: true }) }),
});
const SetSignInProviderInput = builder.inputType("SetSignInProviderInput", {
  fields: (t) => ({
    issuer: t.string({ required: true, description: "As the provider writes it." }),
    clientId: t.string({ required: true }),
    clientSecret: t.string({ description: "Left out: the old one stays, as long as issuer and client are the same." }),
    label: t.string({ description: 'For the button "Sign in with …".' }),
    emailDomains: t.stringList(),
    roleClaim: t.string({ description: "Its name, or a path such as realm_access.roles." }),
    roleRules: t.field({ type: [RoleRuleInput] }),
    defaultRole: t.field({ type: Role }),
    expectedVersion: t.int({ description: "0: there is none yet." }),
  }),
});

builder.mutationFields((t) => ({
  setSignInProvider: t.field({
    type: SignInProviderPayload,
    description: "What is left out has its default. Refused while the provider does not answer.",
    args: { input: t.arg({ type: SetSignInProviderInput, required: true }) },
    resolve: async (_, { input }, { control }) => toChange(await setSignInProvider(control, input)),
  }),
  removeSignInProvider: t.field({
    type: SignInProviderPayload,
    resolve: async (_, __, { control }) => toChange(await removeSignInProvider(control)),
  }),
  testSignInProvider: t.field({
    type: SignInProviderPayload,
    description: "Asks the provider for its configuration, as a sign-in would.",
    resolve: async (_, __, { control }) => toPayload(await testSignInProvider(control)),
  }),
}));
