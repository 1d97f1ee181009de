import { ROLES, type Role, type SignInProviderValues, type UserRow, type UserValues } from "../../../store/people.ts";
import type { IdTokenClaims } from "./client.ts";

export const REFUSALS = [
  "email_not_verified",
  "email_not_allowed",
  "other_identity",
  "not_invited",
  "no_role",
  "disabled",
] as const;
export type Refusal = (typeof REFUSALS)[number];

export type Verdict =
  | { readonly kind: "refused"; readonly why: Refusal; readonly userId: string | null }
  /** `patch` is empty when nothing about him changes. */
  | { readonly kind: "known"; readonly user: UserRow; readonly patch: { identity?: string; role?: Role } }
  | { readonly kind: "new"; readonly values: UserValues & { readonly identity: string } };

type Policy = Pick<SignInProviderValues, "emailDomains" | "roleClaim" | "roleRules" | "defaultRole">;

/**
 * Who of us this is. By issuer and subject; else, by an e-mail address that the provider has verified, the account here that belongs to
 * nobody there yet; else somebody new, where a rule or the default gives him a role.
 */
export function judgeSignIn(policy: Policy, claims: IdTokenClaims, users: readonly UserRow[]): Verdict {
  const identity = identityOf(claims);
  const email = verifiedEmail(claims);
  const linked = users.find((user) => user.identity === identity) ?? null;
  const refused = (why: Refusal, user = linked): Verdict => ({ kind: "refused", why, userId: user?.id ?? null });
  if (policy.emailDomains.length > 0 || linked === null) {
    if (email === null) return refused("email_not_verified");
    const domain = email.slice(email.lastIndexOf("@") + 1);
    if (policy.emailDomains.length > 0 && !policy.emailDomains.includes(domain)) return refused("email_not_allowed");
  }
  const user = linked ?? users.find((each) => each.email === email) ?? null;
  if (user !== null && user.identity !== null && user !== linked) return refused("other_identity", user);
  if (user?.enabled === false) return refused("disabled", user);
  const isMapped = policy.roleRules.length > 0;
  const role = (isMapped ? mappedRole(policy, claims) : null) ?? policy.defaultRole;
  if (isMapped && role === null) return refused("no_role", user);
  if (user === null) {
    if (role === null) return refused("not_invited");
    return { kind: "new", values: { email: email!, name: nameOf(claims, email!), role, enabled: true, identity } };
  }
  return {
    kind: "known",
    user,
    patch: {
      ...(user.identity === null ? { identity } : {}),
      ...(isMapped && role !== null && role !== user.role ? { role } : {}),
    },
  };
}

/** Issuers hold no spaces. */
export function identityOf({ iss, sub }: IdTokenClaims): string {
  return `${iss} ${sub}`;
}

/** Null unless the provider vouches for it. Microsoft says so by a claim of its own; some providers write "true". */
function verifiedEmail({ email, email_verified, xms_edov }: IdTokenClaims): string | null {
  const isVerified = [email_verified, xms_edov].some((claim) => claim === true || claim === "true" || claim === "1");
  if (!isVerified || typeof email !== "string" || email.length > 254) return null;
  return /^[^\s@<>"',;:]+@[^\s@<>"',;:]+$/.test(email) ? email.toLowerCase() : null;
}

/** The highest of the roles that his values give. */
function mappedRole({ roleClaim, roleRules }: Policy, claims: IdTokenClaims): Role | null {
  const found = roleClaim === null ? null : claimAt(claims, roleClaim);
  const values = new Set((Array.isArray(found) ? found : [found]).map(String));
  return ROLES.find((role) => roleRules.some((rule) => rule.role === role && values.has(rule.claimValue))) ?? null;
}

/** By its name, which may hold dots, or as a path: Keycloak puts roles into `realm_access.roles`. */
function claimAt(claims: IdTokenClaims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split(".")
    .reduce<unknown>(
      (value, part) =>
        typeof value === "object" && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : null,
      claims,
    );
}

function nameOf({ name }: IdTokenClaims, email: string): string {
  const given = typeof name === "string" ? name.replace(/\p{C}/gu, "").trim().slice(0, 100) : "";
  return given === "" ? email.split("@")[0]!.slice(0, 100) : given;
}
