import { describe, expect, test } from "bun:test";
import { judgeSignIn } from "../../../src/control/people/oidc/verdict.ts";
import type { Role, SignInProviderValues, UserRow } from "../../../src/store/people.ts";

const ISSUER = "https://id.example.org";
const claims = { iss: ISSUER, sub: "s1", email: "Ada@Example.org", email_verified: true, name: "Ada" };
const open: Omit<SignInProviderValues, "issuer" | "clientId" | "clientSecret" | "label"> = {
  emailDomains: [],
  roleClaim: null,
  roleRules: [],
  defaultRole: "viewer",
};
const person = (more: Partial<UserRow>): UserRow => ({
  id: "usr_1",
  email: "ada@example.org",
  name: "Ada",
  role: "operator",
  enabled: true,
  hasPassword: true,
  totpEnabled: false,
  invitedUntil: null,
  identity: null,
  preferences: {},
  lastSeenAt: null,
  createdAt: 0,
  updatedAt: 0,
  version: 1,
  ...more,
});

describe("who it is", () => {
  test("goes by issuer and subject, whatever the e-mail address has become", () => {
    const user = person({ identity: `${ISSUER} s1`, email: "old@example.org" });
    const unverified = { ...claims, email: undefined, email_verified: false };
    expect(judgeSignIn(open, unverified, [user])).toEqual({ kind: "known", user, patch: {} });
    // The same subject of somebody else's provider is somebody else.
    expect(judgeSignIn(open, { ...claims, iss: "https://evil.example" }, [user])).toMatchObject({ kind: "new" });
  });

  test("goes by the e-mail address only once, and only where the provider vouches for it", () => {
    const user = person({});
    const verdict = judgeSignIn(open, claims, [user]);
    expect(verdict).toEqual({ kind: "known", user, patch: { identity: `${ISSUER} s1` } });
    for (const email_verified of [false, undefined, 1, "yes", null]) {
      const refused = judgeSignIn(open, { ...claims, email_verified }, [user]);
      expect(refused).toEqual({ kind: "refused", why: "email_not_verified", userId: null });
    }
    for (const proof of [{ email_verified: "true" }, { email_verified: undefined, xms_edov: true }]) {
      expect(judgeSignIn(open, { ...claims, ...proof }, [user]).kind).toBe("known");
    }
    const taken = person({ identity: `${ISSUER} s2` });
    expect(judgeSignIn(open, claims, [taken])).toMatchObject({ kind: "refused", why: "other_identity" });
  });

  test("is somebody new only where that is allowed", () => {
    const values = { email: "ada@example.org", name: "Ada", role: "viewer", enabled: true, identity: `${ISSUER} s1` };
    expect(judgeSignIn(open, claims, [])).toEqual({ kind: "new", values: values as never });
    const closed = { ...open, defaultRole: null };
    expect(judgeSignIn(closed, claims, [])).toMatchObject({ kind: "refused", why: "not_invited" });
    expect(judgeSignIn(closed, claims, [person({})]).kind).toBe("known");
  });

  test("does not help who is disabled, or of another domain", () => {
    const disabled = person({ enabled: false });
    expect(judgeSignIn(open, claims, [disabled])).toEqual({ kind: "refused", why: "disabled", userId: "usr_1" });
    const linked = person({ identity: `${ISSUER} s1` });
    const policy = { ...open, emailDomains: ["example.com"] };
    expect(judgeSignIn(policy, claims, [linked])).toMatchObject({ why: "email_not_allowed", userId: "usr_1" });
    const lookalike = { ...claims, email: "ada@notexample.com" };
    expect(judgeSignIn(policy, lookalike, [])).toMatchObject({ why: "email_not_allowed" });
    expect(judgeSignIn({ ...open, emailDomains: ["example.org"] }, claims, [linked]).kind).toBe("known");
  });
});

describe("his role", () => {
  const mapped = {
    ...open,
    roleClaim: "realm_access.roles",
    roleRules: [
      { claimValue: "gw-view", role: "viewer" as Role },
      { claimValue: "gw-admin", role: "admin" as Role },
    ],
    defaultRole: null,
  };
  const withRoles = (roles: unknown) => ({ ...claims, realm_access: { roles } });

  test("is the highest that a rule gives, and follows the claim at each sign-in", () => {
    expect(judgeSignIn(mapped, withRoles(["gw-view", "gw-admin"]), [])).toMatchObject({ values: { role: "admin" } });
    const user = person({ identity: `${ISSUER} s1`, role: "admin" });
    expect(judgeSignIn(mapped, withRoles("gw-view"), [user])).toMatchObject({ patch: { role: "viewer" } });
    expect(judgeSignIn(mapped, withRoles(["gw-admin"]), [user])).toMatchObject({ patch: {} });
  });

  test("may be named by a claim with dots in its name", () => {
    const dotted = { ...mapped, roleClaim: "https://example.org/roles" };
    const named = { ...claims, "https://example.org/roles": ["gw-admin"] };
    expect(judgeSignIn(dotted, named, [])).toMatchObject({ values: { role: "admin" } });
    expect(judgeSignIn({ ...mapped, roleClaim: "__proto__.x" }, claims, [])).toMatchObject({ why: "no_role" });
  });

  test("is the default, or none, where no rule names him", () => {
    const user = person({ identity: `${ISSUER} s1`, role: "admin" });
    for (const roles of [[], ["other"], null, 7, { a: 1 }]) {
      expect(judgeSignIn(mapped, withRoles(roles), [user])).toMatchObject({ kind: "refused", why: "no_role" });
    }
    const lenient = { ...mapped, defaultRole: "viewer" as Role };
    expect(judgeSignIn(lenient, withRoles(["other"]), [user])).toMatchObject({ patch: { role: "viewer" } });
  });

  test("stays as it was given here while there are no rules", () => {
    const user = person({ identity: `${ISSUER} s1`, role: "owner" });
    expect(judgeSignIn(open, withRoles(["gw-view"]), [user])).toEqual({ kind: "known", user, patch: {} });
  });
});
