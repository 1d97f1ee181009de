import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type AdminServer, type Answer, startAdminServer } from "../../support/admin-server.ts";
import { type FakeOidcProvider, startOidcProvider } from "../../support/fake-oidc-provider.ts";
import { HOST, OidcBrowser, setProvider } from "../../support/oidc-browser.ts";
import { addPerson } from "../../support/people.ts";

let server: AdminServer;
let provider: FakeOidcProvider;
let browser: OidcBrowser;
beforeEach(async () => {
  server = await startAdminServer();
  provider = await startOidcProvider();
  browser = new OidcBrowser(server, provider);
  expect((await setProvider(server, provider, { defaultRole: "VIEWER" })).userErrors).toEqual([]);
});
afterEach(async () => {
  await provider.stop();
  await server.stop();
});

const users = async () =>
  (await server.store.users.list()).map(({ email, role, identity }) => ({ email, role, identity }));
const sessions = () => server.store.sessions.list();
const entries = async (action: string): Promise<Answer[]> => {
  await server.control.audit.settled();
  const { data } = await server.ask<Answer>(
    `query ($f: AuditFilter) { auditLog(filter: $f) { nodes { actorLabel outcome code address input subjects { label } changes { field before after } } } }`,
    { f: { actions: [action] } },
  );
  return data.auditLog.nodes;
};
/** Runs a sign-in that must not come through, and proves that it left nobody and nothing. */
async function expectRefused(problem: string, visit = () => browser.signIn()): Promise<void> {
  const before = [await users(), await sessions()];
  expect(await visit()).toBe(`/?signInProblem=${problem}`);
  expect([await users(), await sessions()]).toEqual(before);
  expect((await browser.viewer()).kind).toBe("ANONYMOUS");
}

describe("who comes for the first time", () => {
  test("is made a user, has a session like any other, and stands in the audit log", async () => {
    const location = new URL(await browser.start("?return=/keys%3Fa%3D1"));
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      response_type: "code",
      scope: "openid email profile",
      code_challenge_method: "S256",
      redirect_uri: `http://${HOST}/auth/oidc/callback`,
    });
    expect(await browser.callback(await provider.visit(location.href))).toBe("/keys?a=1");
    expect(await browser.viewer()).toMatchObject({
      kind: "SESSION",
      user: { email: "ada@example.org", role: "VIEWER" },
    });
    expect([...browser.cookies.keys()]).toEqual(["sluice_session"]);
    const list = (await browser.ask("{ sessions { id current address userAgent user { email } } }")).sessions;
    const own = { current: true, address: "192.0.2.9", userAgent: "test browser", user: { email: "ada@example.org" } };
    expect(list).toMatchObject([own]);
    const [entry] = await entries("signIn");
    expect(entry).toMatchObject({ actorLabel: "ada@example.org", outcome: "DONE", input: { via: "oidc" } });
    expect(entry.subjects).toEqual([{ label: "ada@example.org" }]);
    expect(entry.changes).toContainEqual({ field: "role", before: null, after: "viewer" });
    // A second visit is the same person.
    await new OidcBrowser(server, provider).signIn();
    expect(await users()).toHaveLength(1);
    await server.ask(`mutation { revokeSessions(input: { ids: ["${list[0].id}"] }) { deletedIds } }`);
    expect((await browser.viewer()).kind).toBe("ANONYMOUS");
  });

  test("over https the cookies are bound to the host", async () => {
    browser.proto = "https";
    const location = await browser.start();
    expect(new URL(location).searchParams.get("redirect_uri")).toBe(`https://${HOST}/auth/oidc/callback`);
    expect([...browser.cookies.keys()]).toEqual(["__Host-sluice_sign_in"]);
    await browser.callback(await provider.visit(location));
    expect([...browser.cookies.keys()]).toEqual(["__Host-sluice_session"]);
    expect((await browser.viewer()).kind).toBe("SESSION");
  });

  test("behind a base path everything stays below it", async () => {
    const below = new OidcBrowser(server, provider, "/gateway");
    const location = new URL(await below.start("?return=/elsewhere"));
    expect(location.searchParams.get("redirect_uri")).toBe(`http://${HOST}/gateway/auth/oidc/callback`);
    expect(await below.callback(await provider.visit(location.href))).toBe("/gateway/");
    expect(await below.callback(`http://${HOST}/gateway/auth/oidc/callback?state=x`)).toBe(
      "/gateway/?signInProblem=expired",
    );
  });

  test("is never sent to another server", async () => {
    const hostile = ["//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil.example", "keys", ""];
    for (const path of hostile.map(encodeURIComponent).concat("/%09/evil.example")) {
      expect(new URL(await browser.signIn(`?return=${path}`), `http://${HOST}`).host).toBe(HOST);
    }
  });
});

describe("whoever is known", () => {
  test("is linked by his verified address, and by nothing else from then on", async () => {
    const person = await addPerson(server, "ada@example.org", "OPERATOR");
    await browser.signIn();
    expect(await browser.viewer()).toMatchObject({ user: { email: "ada@example.org", role: "OPERATOR" } });
    const identity = `${provider.issuer} ada-1`;
    expect(await users()).toEqual([{ email: person.email, role: "operator", identity }]);
    provider.person = { ...provider.person, sub: "another" };
    const before = await users();
    expect(await new OidcBrowser(server, provider).signIn()).toBe("/?signInProblem=other_identity");
    expect(await users()).toEqual(before);
    provider.person = { sub: "ada-1" };
    expect(await new OidcBrowser(server, provider).signIn()).toBe("/");
  });

  test("needs his invitation no more, and nobody else can use it", async () => {
    const invited = await server.ask<Answer>(
      `mutation { inviteUser(input: { email: "ada@example.org", role: ADMIN }) { inviteToken } }`,
    );
    await browser.signIn();
    const accept = `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { userErrors { field } } }`;
    const input = { inviteToken: invited.data.inviteUser.inviteToken, password: "correct horse battery" };
    const { data } = await server.ask<Answer>(accept, { input }, { token: null });
    expect(data.acceptInvitation.userErrors).toEqual([{ field: ["inviteToken"] }]);
  });

  test("is refused while disabled, and that is noted with his name", async () => {
    const person = await addPerson(server, "ada@example.org", "OPERATOR");
    await server.store.users.update(person.id, { enabled: false });
    await server.control.access.directory.refresh();
    await expectRefused("disabled");
    const [entry] = await entries("signIn");
    expect(entry).toMatchObject({ outcome: "REFUSED", code: "DISABLED", subjects: [{ label: "ada@example.org" }] });
  });

  test("has the role that the claim gives, but the last owner keeps his", async () => {
    await addPerson(server, "ada@example.org", "OWNER");
    const roleRules = [{ claimValue: "readers", role: "VIEWER" }];
    await setProvider(server, provider, { roleClaim: "groups", roleRules });
    provider.person = { ...provider.person, groups: ["readers"] };
    await browser.signIn();
    expect((await browser.viewer()).user.role).toBe("OWNER");
    await addPerson(server, "second@example.org", "OWNER");
    await new OidcBrowser(server, provider).signIn();
    expect((await browser.viewer()).user.role).toBe("VIEWER");
  });
});

describe("the provider's word does not count", () => {
  test.each([
    ["for another nonce", { nonce: "other" }],
    ["for another client", { aud: "somebody-else" }],
    ["of another issuer", { iss: "https://evil.example" }],
    ["when its time is over", { exp: Math.floor(Date.now() / 1000) - 120 }],
    ["when it was made in the future", { nbf: Math.floor(Date.now() / 1000) + 600 }],
    ["without a subject", { sub: undefined }],
    ["without a time at which it ends", { exp: undefined }],
  ])("%s", async (_, twist) => {
    provider.twist = twist;
    await expectRefused("not_valid");
  });

  test.each(["none", "other"] as const)("signed by %s", async (signature) => {
    provider.signature = signature;
    await expectRefused("not_valid");
  });

  test("about an address that it has not verified, or of another domain", async () => {
    provider.twist = { email_verified: false };
    await expectRefused("email_not_verified");
    provider.twist = {};
    await setProvider(server, provider, { defaultRole: "VIEWER", emailDomains: ["example.com"] });
    await expectRefused("email_not_allowed");
  });

  test("where nobody was invited", async () => {
    await setProvider(server, provider);
    await expectRefused("not_invited");
  });
});

describe("a way back that nobody went", () => {
  test("is refused: without the cookie, with another state, or a second time", async () => {
    const back = await provider.visit(await browser.start());
    await expectRefused("expired", () => new OidcBrowser(server, provider).callback(back));
    const copy = new Map(browser.cookies);
    const url = new URL(back);
    url.searchParams.set("state", "guessed");
    await expectRefused("expired", () => browser.callback(url.href));
    for (const [name, value] of copy) browser.cookies.set(name, value);
    expect(await browser.callback(back)).toBe("/");
    const replayed = new OidcBrowser(server, provider);
    for (const [name, value] of copy) replayed.cookies.set(name, value);
    const asked = provider.calls.length;
    expect(await replayed.callback(back)).toBe("/?signInProblem=expired");
    expect((await replayed.viewer()).kind).toBe("ANONYMOUS");
    expect(provider.calls.length).toBe(asked);
  });

  test("is refused after ten minutes", async () => {
    const back = await provider.visit(await browser.start());
    server.advance(10 * 60_000);
    await expectRefused("expired", () => browser.callback(back));
  });

  test("is refused when the provider has declined", async () => {
    const state = new URL(await browser.start()).searchParams.get("state");
    await expectRefused("declined", () =>
      browser.callback(`http://${HOST}/auth/oidc/callback?error=access_denied&state=${state}`),
    );
  });

  test("closes the door after ten attempts, and not that of passwords", async () => {
    const attempt = async (code: number) => {
      const state = new URL(await browser.start()).searchParams.get("state");
      return browser.callback(`http://${HOST}/auth/oidc/callback?code=${code}&state=${state}`);
    };
    for (let code = 0; code < 10; code++) expect(await attempt(code)).toBe("/?signInProblem=not_valid");
    expect(await browser.start()).toBe("/?signInProblem=throttled");
    expect(await browser.callback(`http://${HOST}/auth/oidc/callback?code=1`)).toBe("/?signInProblem=throttled");
    expect(server.control.access.throttle.waitMs("192.0.2.9", Date.now())).toBe(0);
    server.advance(61_000);
    expect(await browser.signIn()).toBe("/");
    const refusals = (await entries("signIn")).filter((entry) => entry.outcome === "REFUSED");
    expect(new Set(refusals.map((entry) => entry.code))).toEqual(new Set(["NOT_VALID", "THROTTLED"]));
  });
});

describe("a provider that does not answer", () => {
  const anew = () => {
    server.control.signInProvider.forget();
    return browser.start();
  };

  test("sends people back to the page, and is not asked again at once", async () => {
    for (const outage of [
      () => new Response("down", { status: 503 }),
      () => Response.json({ issuer: "https://evil.example" }),
      () => new Response(null, { status: 302, headers: { location: "http://169.254.169.254/" } }),
      () => new Response("{".repeat(2_000_000), { headers: { "content-type": "application/json" } }),
    ]) {
      provider.outage = outage;
      expect(await anew()).toMatch(/^\/\?signInProblem=(unavailable|not_valid)$/);
    }
    const asked = provider.calls.length;
    await browser.start();
    expect(provider.calls.length).toBe(asked);
    provider.outage = null;
    server.advance(6_000);
    expect(await browser.signIn()).toBe("/");
  });

  test("cannot lead the gateway to an address that it must not call", async () => {
    provider.metadata = { token_endpoint: "http://169.254.169.254/token" };
    await expectRefused("unavailable");
    expect(server.logLines.join("\n")).toContain("metadata address");
  });

  test("says nothing secret in the log", async () => {
    provider.twist = { nonce: "other" };
    await browser.signIn();
    const lines = server.logLines.join("\n");
    expect(lines).toContain("sign-in by the OpenID Connect provider failed");
    expect(lines).not.toContain("ada@example.org");
    expect(lines).not.toContain("eyJ");
  });
});

describe("a fresh proof", () => {
  const prove = "?reauthenticate=true&return=/settings";

  test("is another round trip, which asks him again", async () => {
    await browser.signIn();
    server.advance(11 * 60_000);
    expect((await browser.viewer()).reauthenticatedUntil).toBeNull();
    provider.twist = { auth_time: Math.floor(Date.now() / 1000) + 11 * 60 };
    const location = new URL(await browser.start(prove));
    expect(location.searchParams.get("prompt")).toBe("login");
    expect(location.searchParams.get("max_age")).toBe("0");
    expect(await browser.callback(await provider.visit(location.href))).toBe("/settings");
    expect((await browser.viewer()).reauthenticatedUntil).not.toBeNull();
    expect(await sessions()).toHaveLength(1);
    expect(await entries("reauthenticate")).toMatchObject([{ outcome: "DONE", actorLabel: "ada@example.org" }]);
  });

  test("is none by somebody else, by an old visit, or without a session", async () => {
    await browser.signIn();
    server.advance(11 * 60_000);
    const stale = async () => {
      expect(await browser.signIn(prove)).toBe("/?signInProblem=other_person");
      expect((await browser.viewer()).reauthenticatedUntil).toBeNull();
    };
    await stale(); // asked eleven minutes ago
    provider.twist = { auth_time: undefined };
    await stale();
    provider.twist = { auth_time: Math.floor(Date.now() / 1000) + 11 * 60 };
    provider.person = { sub: "bob", email: "bob@example.org", email_verified: true };
    await stale();
    expect(await users()).toHaveLength(1);
    expect(await new OidcBrowser(server, provider).start(prove)).toBe("/?signInProblem=other_person");
  });

  test("is not what the provider remembers of yesterday", async () => {
    provider.twist = { auth_time: Math.floor(Date.now() / 1000) - 86_400 };
    await browser.signIn();
    expect(await browser.viewer()).toMatchObject({ kind: "SESSION", reauthenticatedUntil: null });
  });
});
