import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readOidcVariables } from "../../../src/control/people/oidc/environment.ts";
import { type AdminServer, type Answer, startAdminServer } from "../../support/admin-server.ts";
import { type FakeOidcProvider, startOidcProvider } from "../../support/fake-oidc-provider.ts";
import { setProvider } from "../../support/oidc-browser.ts";
import { addPerson } from "../../support/people.ts";

let server: AdminServer;
let provider: FakeOidcProvider;
beforeAll(async () => {
  server = await startAdminServer();
  provider = await startOidcProvider();
});
afterAll(async () => {
  await provider.stop();
  await server.stop();
});
beforeEach(() => server.ask("mutation { removeSignInProvider { userErrors { code } } }"));

const signInWith = async () => (await server.ask<Answer>("{ viewer { signInWith } }", {}, { token: null })).data.viewer;
const stored = () => server.store.signInProvider.get();

describe("the sign-in provider", () => {
  test("is set once it has answered; strangers hear its name, nobody its secret", async () => {
    const roleRules = [{ claimValue: "admins", role: "ADMIN" }];
    const set = await setProvider(server, provider, { emailDomains: ["Example.org"], roleClaim: "groups", roleRules });
    expect(set).toEqual({
      signInProvider: {
        ...{ issuer: provider.issuer, clientId: "sluice", label: "Example", emailDomains: ["example.org"] },
        ...{ roleClaim: "groups", roleRules, defaultRole: null, locked: false, version: 1 },
      },
      userErrors: [],
    });
    expect(await signInWith()).toEqual({ signInWith: "Example" });
    expect((await stored())?.clientSecret.reveal()).toBe(provider.clientSecret);
    const { data } = await server.ask<Answer>("mutation { testSignInProvider { userErrors { code } } }");
    expect(data.testSignInProvider.userErrors).toEqual([]);
    await server.ask("mutation { removeSignInProvider { userErrors { code } } }");
    expect(await signInWith()).toEqual({ signInWith: null });
    expect(await stored()).toBeNull();
  });

  test("keeps its secret, but hands it to no other issuer or client", async () => {
    await setProvider(server, provider);
    const kept = await setProvider(server, provider, { clientSecret: null, label: "New", expectedVersion: 1 });
    expect(kept).toMatchObject({ signInProvider: { label: "New", version: 2 }, userErrors: [] });
    expect((await stored())?.clientSecret.reveal()).toBe(provider.clientSecret);
    for (const other of [{ issuer: "https://evil.example" }, { clientId: "other" }]) {
      const refused = await setProvider(server, provider, { clientSecret: null, ...other });
      expect(refused.userErrors).toMatchObject([{ code: "REQUIRED", field: ["clientSecret"] }]);
    }
    const stale = await setProvider(server, provider, { expectedVersion: 1 });
    expect(stale.userErrors).toMatchObject([{ code: "STALE_VERSION" }]);
    expect(await stored()).toMatchObject({ version: 2, label: "New" });
  });

  test.each([
    [{ issuer: "http://id.example.org" }, ["issuer"]],
    [{ issuer: "https://user:pass@id.example.org" }, ["issuer"]],
    [{ issuer: "ftp://id.example.org" }, ["issuer"]],
    [{ clientId: " " }, ["clientId"]],
    [{ label: "a\nb" }, ["label"]],
    [{ emailDomains: ["ada@example.org"] }, ["emailDomains", "0"]],
    [{ roleRules: [{ claimValue: "x", role: "OWNER" }] }, ["roleClaim"]],
    [{ issuer: "https://169.254.169.254" }, ["issuer"]],
    [{ issuer: "http://127.0.0.1:1" }, ["issuer"]],
  ])("is refused with %j, and nothing is stored", async (input, field) => {
    const { userErrors } = await setProvider(server, provider, input);
    expect(userErrors).toMatchObject([{ field }]);
    expect(await stored()).toBeNull();
    expect(await signInWith()).toEqual({ signInWith: null });
  });

  test("is for owners only: whoever sets it says who everybody is", async () => {
    const admin = await addPerson(server, "admin@example.org", "ADMIN");
    for (const document of [
      "{ signInProvider { issuer } }",
      "mutation { removeSignInProvider { userErrors { code } } }",
      "mutation { testSignInProvider { userErrors { code } } }",
      'mutation { setSignInProvider(input: { issuer: "https://x.example", clientId: "x" }) { userErrors { code } } }',
    ]) {
      expect((await admin.ask(document)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    }
  });

  test("changes stand in the audit log without the secret", async () => {
    await setProvider(server, provider);
    const { data } = await server.ask<Answer>(
      `{ auditLog(first: 1, filter: { actions: ["setSignInProvider"] }) { nodes { outcome changes { field after } } } }`,
    );
    const [entry] = data.auditLog.nodes;
    expect(entry.outcome).toBe("DONE");
    expect(entry.changes).toContainEqual({ field: "issuer", after: provider.issuer });
    expect(JSON.stringify(entry)).not.toContain(provider.clientSecret);
  });
});

describe("in the environment", () => {
  const given = {
    OIDC_ISSUER: "https://id.example.org/realms/a",
    OIDC_CLIENT_ID: "sluice",
    OIDC_CLIENT_SECRET: "s3cret",
  };

  test("lists are written with commas", () => {
    const values = readOidcVariables({
      ...given,
      OIDC_EMAIL_DOMAINS: "example.com, Example.org",
      OIDC_ROLE_CLAIM: "groups",
      OIDC_ROLES: "cn=admins=admin, staff = viewer",
      OIDC_DEFAULT_ROLE: "viewer",
    });
    expect(values).toMatchObject({
      ...{ issuer: given.OIDC_ISSUER, clientId: "sluice", label: "OpenID Connect" },
      emailDomains: ["example.com", "example.org"],
      roleRules: [
        { claimValue: "cn=admins", role: "admin" },
        { claimValue: "staff", role: "viewer" },
      ],
      defaultRole: "viewer",
    });
    expect(values.clientSecret.reveal()).toBe("s3cret");
  });

  test.each([
    ["OIDC_ISSUER", { OIDC_ISSUER: "id.example.org" }],
    ["OIDC_CLIENT_SECRET", { OIDC_CLIENT_SECRET: undefined }],
    ["OIDC_ROLES", { OIDC_ROLES: "admins=king", OIDC_ROLE_CLAIM: "groups" }],
    ["OIDC_ROLES", { OIDC_ROLES: "admins=admin" }],
    ["OIDC_DEFAULT_ROLE", { OIDC_DEFAULT_ROLE: "king" }],
  ])("a mistake names %s", (name, wrong) => {
    expect(() => readOidcVariables({ ...given, ...wrong })).toThrow(`${name}:`);
  });

  test("it cannot be changed while Sluice runs", async () => {
    const fixedSignInProvider = readOidcVariables({ ...given, OIDC_LABEL: "Example" });
    const fixed = await startAdminServer({ change: (deps) => ({ ...deps, fixedSignInProvider }) });
    const { userErrors } = await setProvider(fixed, provider);
    expect(userErrors).toMatchObject([{ code: "LOCKED_BY_ENV" }]);
    const { data } = await fixed.ask<Answer>("{ viewer { signInWith } signInProvider { locked version } }");
    expect(data).toEqual({ viewer: { signInWith: "Example" }, signInProvider: { locked: true, version: 0 } });
    expect(await fixed.store.signInProvider.get()).toBeNull();
    await fixed.stop();
  });
});
