import { z } from "zod";
import { Secret } from "../../../lib/secret.ts";
import type { SignInProviderValues } from "../../../store/people.ts";
import type { Control } from "../../control.ts";
import { invalid, locked, ok, type Result, readInput, refuse, type UserError } from "../../user-errors.ts";
import { staleWhole } from "../../writes.ts";
import { signInProviderFields } from "./fields.ts";
import { OidcError } from "./problem.ts";

/** What is shown of it: all but the secret. */
export type SignInProviderView = Omit<SignInProviderValues, "clientSecret"> & {
  readonly isFixed: boolean;
  /** 0 when it stands in the environment. */
  readonly version: number;
};

/** For the audit log. */
export interface SignInProviderChange {
  readonly before: object;
  readonly after: object;
}

export async function readSignInProvider({ signInProvider }: Control): Promise<SignInProviderView | null> {
  const values = await signInProvider.current();
  if (values === null) return null;
  const { isFixed } = signInProvider;
  return { ...shownOf(values), isFixed, version: isFixed ? 0 : ((await signInProvider.stored())?.version ?? 0) };
}

function shownOf({ issuer, clientId, label, emailDomains, roleClaim, roleRules, defaultRole }: SignInProviderValues) {
  return { issuer, clientId, label, emailDomains, roleClaim, roleRules, defaultRole };
}

/** What a stranger is told: the button's words. Null: there is no such way in. */
export async function signInLabel({ access, signInProvider }: Control): Promise<string | null> {
  return access.setupRequired ? null : ((await signInProvider.current())?.label ?? null);
}

const { clientSecret, label, emailDomains, roleClaim, roleRules, defaultRole, ...needed } = signInProviderFields;
const input = z.strictObject({
  ...needed,
  clientSecret: clientSecret.nullish(),
  label: label.nullish(),
  emailDomains: emailDomains.nullish(),
  roleClaim: roleClaim.nullish(),
  roleRules: roleRules.nullish(),
  defaultRole: defaultRole.nullish(),
  expectedVersion: z.int().min(0, "A version is 0 or more.").nullish(),
});

/** Puts it in force once it has answered: a mistyped issuer would show a button that leads nowhere. */
export async function setSignInProvider(
  control: Control,
  given: z.input<typeof input>,
): Promise<Result<SignInProviderChange>> {
  const { signInProvider, store } = control;
  if (signInProvider.isFixed) return refuse(locked([], "OIDC_ISSUER"));
  const read = readInput(input, given);
  if (!read.ok) return read;
  const { expectedVersion, ...fields } = read.value;
  const old = await signInProvider.stored();
  // A secret is kept only for whom it was meant: another issuer must not be handed it.
  const isSame = old?.issuer === fields.issuer && old.clientId === fields.clientId;
  const secret = fields.clientSecret == null ? (isSame ? old.clientSecret : null) : new Secret(fields.clientSecret);
  if (secret === null) return refuse(invalid("clientSecret", "The client secret is needed.", "REQUIRED"));
  if (fields.roleRules?.length && fields.roleClaim == null) {
    return refuse(invalid("roleClaim", "Name the claim that holds these values.", "REQUIRED"));
  }
  const values: SignInProviderValues = {
    issuer: fields.issuer,
    clientId: fields.clientId,
    clientSecret: secret,
    label: fields.label ?? "OpenID Connect",
    emailDomains: fields.emailDomains ?? [],
    roleClaim: fields.roleClaim ?? null,
    roleRules: fields.roleRules ?? [],
    defaultRole: fields.defaultRole ?? null,
  };
  const problem = await tryOut(control, values);
  if (problem !== null) return refuse(problem);
  const written = await store.signInProvider.put(values, expectedVersion ?? undefined);
  if (written.kind === "stale") return refuse(staleWhole("the sign-in provider", written.version));
  signInProvider.forget();
  return ok({ before: old === null ? {} : shownOf(old), after: shownOf(written.row) });
}

/** Sessions that began by it go on; who has no password cannot come again. */
export async function removeSignInProvider({ signInProvider, store }: Control): Promise<Result<SignInProviderChange>> {
  if (signInProvider.isFixed) return refuse(locked([], "OIDC_ISSUER"));
  const old = await signInProvider.stored();
  await store.signInProvider.delete();
  signInProvider.forget();
  return ok({ before: old === null ? {} : shownOf(old), after: {} });
}

/** Asks the provider in force for its configuration, as a sign-in would. */
export async function testSignInProvider(control: Control): Promise<Result<true>> {
  const values = await control.signInProvider.current();
  if (values === null) return refuse(invalid([], "No sign-in provider is set.", "NOT_FOUND"));
  const problem = await tryOut(control, values);
  return problem === null ? ok(true) : refuse(problem);
}

async function tryOut({ signInProvider }: Control, values: SignInProviderValues): Promise<UserError | null> {
  try {
    // Anew, not what the client in force remembers.
    await (await signInProvider.newClient(values)).discover();
    return null;
  } catch (error) {
    if (!(error instanceof OidcError)) throw error;
    const message = `The provider's configuration cannot be read: ${error.detail}.`;
    return { kind: "upstream", code: "UPSTREAM_UNREACHABLE", message, field: ["issuer"], httpStatus: null };
  }
}
