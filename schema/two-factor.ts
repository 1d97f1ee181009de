import { confirmTotp, disableTotp, enrolTotp, type TotpEnrolment } from "../src/control/people/two-factor.ts";
import type { UserRow } from "../src/store/people.ts";
import { builder } from "./builder.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { User } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const TotpEnrolmentPayload = payloadRef<TotpEnrolment>("TotpEnrolmentPayload");
builder.objectType(TotpEnrolmentPayload, {
  fields: (t) => ({
    secret: t.string({
      nullable: true,
      description: "Shown once, for typing it into the authenticator app.",
      resolve: ({ value }) => value?.secret.reveal(),
    }),
    uri: t.string({ nullable: true, description: "The same, for a QR code.", resolve: ({ value }) => value?.uri }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const RecoveryCodesPayload = payloadRef<readonly string[]>("RecoveryCodesPayload");
builder.objectType(RecoveryCodesPayload, {
  fields: (t) => ({
    recoveryCodes: t.stringList({
      description: "Shown once. Each stands for one code of the app, for when it is lost.",
      resolve: ({ value }) => [...(value ?? [])],
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const DisableTotpPayload = payloadRef<UserRow>("DisableTotpPayload");
builder.objectType(DisableTotpPayload, {
  fields: (t) => ({
    user: t.field({ type: User, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ConfirmTotpInput = builder.inputType("ConfirmTotpInput", {
  fields: (t) => ({ code: t.string({ required: true, description: "What the app shows now." }) }),
});

builder.mutationFields((t) => ({
  enrolTotp: t.field({
    type: TotpEnrolmentPayload,
    description: "A secret for your authenticator app. Nothing asks for its codes before confirmTotp.",
    resolve: async (_, __, context) => toPayload(await enrolTotp(context)),
  }),
  confirmTotp: t.field({
    type: RecoveryCodesPayload,
    description: "From now on signing in with your password asks for a code.",
    args: { input: t.arg({ type: ConfirmTotpInput, required: true }) },
    resolve: async (_, { input }, context) => toPayload(await confirmTotp(context, input.code)),
  }),
  disableTotp: t.field({
    type: DisableTotpPayload,
    resolve: async (_, __, context) => toPayload(await disableTotp(context)),
  }),
}));
