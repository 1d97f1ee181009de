import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectNothingWritten, readEverything } from "../support/admin-fixtures.ts";
import { ADMIN_TOKEN, type AdminServer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
let origin: string;
beforeAll(async () => {
  server = await startAdminServer();
  origin = new URL(server.url).origin;
});
afterAll(() => server.stop());

const SIGN_IN = `mutation ($token: String!) {
  signIn(input: { token: $token }) {
    viewer { kind scopes session { createdAt idleExpiresAt expiresAt } }
    userErrors { __typename code message field ... on RateLimitedError { retryAfterMs } }
  }
}`;
const signIn = (token = ADMIN_TOKEN, headers: Record<string, string> = { origin }, target = server) =>
  target.ask(SIGN_IN, { token }, { token: null, headers });
const cookieOf = (reply: { headers: Headers }) => reply.headers.get("set-cookie")?.split(";")[0] ?? "";
const viewer = async (headers: Record<string, string>, target = server) =>
  (await target.ask("{ viewer { kind } }", {}, { token: null, headers })).data?.viewer?.kind ?? null;

describe("signing in", () => {
  test("makes a cookie that scripts cannot read and other sites do not send", async () => {
    const reply = await signIn();
    expect(reply.data.signIn.viewer.kind).toBe("SESSION");
    expect(reply.data.signIn.viewer.scopes).toContain("KEYS_WRITE");
    const cookie = reply.headers.get("set-cookie")!;
    expect(cookie).toStartWith("sluice_session=");
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=604800"]) expect(cookie).toContain(part);
    expect(cookie).not.toContain("Secure");
    expect(cookie).not.toContain(ADMIN_TOKEN);
    expect(await viewer({ cookie: cookieOf(reply), origin })).toBe("SESSION");
  });

  test("over https the cookie is bound to this host", async () => {
    const reply = await signIn(ADMIN_TOKEN, { origin: origin.replace("http:", "https:") });
    expect(reply.headers.get("set-cookie")).toMatch(/^__Host-sluice_session=.*; Secure$/);
    expect(await viewer({ cookie: cookieOf(reply), origin })).toBe("SESSION");
  });

  test("with a wrong token is refused and leaves no cookie", async () => {
    const reply = await expectNothingWritten(server, () => signIn("adm_wrong"));
    expect(reply.data.signIn).toMatchObject({ viewer: { kind: "ANONYMOUS" }, userErrors: [{ field: ["token"] }] });
    expect(reply.headers.get("set-cookie")).toBeNull();
    expect(reply.text).not.toContain("adm_wrong");
  });

  test("is throttled after ten different guesses, even for the right token, and opens again", async () => {
    const other = await startAdminServer();
    const headers = { origin: new URL(other.url).origin };
    for (let index = 0; index < 10; index++) await signIn(`guess-${index}`, headers, other);
    const blocked = await signIn(ADMIN_TOKEN, headers, other);
    expect(blocked.data.signIn.userErrors).toMatchObject([{ __typename: "RateLimitedError", code: "RATE_LIMITED" }]);
    expect(blocked.data.signIn.userErrors[0].retryAfterMs).toBeGreaterThan(0);
    expect((await other.ask("{ viewer { kind } }")).status).toBe(429);
    other.advance(60_001);
    expect((await signIn(ADMIN_TOKEN, headers, other)).data.signIn.userErrors).toEqual([]);
    await other.stop();
  });
});

describe("a cookie request", () => {
  test("counts only with this server's own origin", async () => {
    const cookie = cookieOf(await signIn());
    const refused: Record<string, string>[] = [
      { cookie },
      { cookie, origin: "https://evil.example" },
      { cookie, origin: "null" },
      { cookie, origin: `${origin}.evil.example` },
      { cookie, "sec-fetch-site": "cross-site" },
      { cookie, "sec-fetch-site": "same-site" },
    ];
    for (const headers of refused) {
      const reply = await server.ask("{ viewer { kind } }", {}, { token: null, headers });
      expect([reply.status, reply.errors?.[0]?.extensions.code]).toEqual([403, "FORBIDDEN_ORIGIN"]);
    }
    expect(await viewer({ cookie, origin })).toBe("SESSION");
    expect(await viewer({ cookie, "sec-fetch-site": "same-origin" })).toBe("SESSION");
  });

  test("signing in from another site's page is refused too", async () => {
    const reply = await signIn(ADMIN_TOKEN, { origin: "https://evil.example" });
    expect([reply.status, reply.headers.get("set-cookie")]).toEqual([403, null]);
  });

  test("must be JSON", async () => {
    const cookie = cookieOf(await signIn());
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/graphql",
    ]) {
      const response = await fetch(server.url, {
        method: "POST",
        headers: { cookie, origin, "content-type": type },
        body: JSON.stringify({ query: "{ viewer { kind } }" }),
      });
      expect(response.status).toBe(415);
    }
  });

  test("with a broken or forged cookie is anonymous", async () => {
    const cookie = cookieOf(await signIn());
    const [name, value] = cookie.split("=") as [string, string];
    for (const bad of [
      "",
      "x",
      ".",
      `${value}x`,
      value.slice(1),
      `${value.slice(0, -1)}${value.endsWith("A") ? "B" : "A"}`,
      "a".repeat(2000),
    ]) {
      expect(await viewer({ cookie: `${name}=${bad}`, origin })).toBe("ANONYMOUS");
    }
  });
});

describe("a session", () => {
  test("ends after twelve idle hours; using it moves that on, but never past a week", async () => {
    const own = await startAdminServer();
    const headers = { origin: new URL(own.url).origin };
    const cookie = cookieOf(await signIn(ADMIN_TOKEN, headers, own));
    const use = () => own.ask("{ viewer { kind } }", {}, { token: null, headers: { ...headers, cookie } });
    const HOUR = 3_600_000;
    const idle = cookieOf(await signIn(ADMIN_TOKEN, headers, own));
    for (let hours = 0; hours + 11 < 7 * 24; hours += 11) {
      own.advance(11 * HOUR);
      const reply = await use();
      expect(reply.data.viewer.kind).toBe("SESSION");
    }
    expect(await viewer({ ...headers, cookie: idle }, own)).toBe("ANONYMOUS");
    own.advance(11 * HOUR);
    expect((await use()).data.viewer.kind).toBe("ANONYMOUS");
    await own.stop();
  });

  test("is not written anew on every request", async () => {
    const cookie = cookieOf(await signIn());
    const reply = await server.ask("{ viewer { kind } }", {}, { token: null, headers: { cookie, origin } });
    expect(reply.headers.get("set-cookie")).toBeNull();
  });

  test("signing out ends every copy of it, also after a restart", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-session-"));
    const before = await startAdminServer({ dataDir });
    const headers = { origin: new URL(before.url).origin };
    const cookie = cookieOf(await signIn(ADMIN_TOKEN, headers, before));
    const kept = cookieOf(await signIn(ADMIN_TOKEN, headers, before));
    const out = await before.ask(
      "mutation { signOut { viewer { kind } userErrors { code } } }",
      {},
      {
        token: null,
        headers: { ...headers, cookie },
      },
    );
    expect(out.data.signOut).toEqual({ viewer: { kind: "ANONYMOUS" }, userErrors: [] });
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect(await viewer({ ...headers, cookie }, before)).toBe("ANONYMOUS");
    await before.stop();
    const after = await startAdminServer({ dataDir });
    const again = { origin: new URL(after.url).origin };
    expect(await viewer({ ...again, cookie }, after)).toBe("ANONYMOUS");
    expect(await viewer({ ...again, cookie: kept }, after)).toBe("SESSION");
    await after.stop();
    const changed = await startAdminServer({ dataDir, adminToken: "adm_another-token" });
    expect(await viewer({ origin: new URL(changed.url).origin, cookie: kept }, changed)).toBe("ANONYMOUS");
    await changed.stop();
    await rm(dataDir, { recursive: true });
  });
});

describe("a bearer token", () => {
  test("opens everything, whatever the origin, and comes before a cookie", async () => {
    const reply = await server.ask(
      "{ viewer { kind } }",
      {},
      {
        headers: { origin: "https://tool.example", cookie: "sluice_session=x" },
      },
    );
    expect(reply.data.viewer.kind).toBe("TOKEN");
  });

  test("that is wrong is refused, not taken for nobody", async () => {
    for (const authorization of ["Bearer adm_wrong", "Basic abc", "Bearer", ADMIN_TOKEN]) {
      const reply = await server.ask("{ viewer { kind } }", {}, { token: null, headers: { authorization } });
      expect([reply.status, reply.errors?.[0]?.extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
    }
  });
});

describe("the first start", () => {
  const SET_UP = `mutation ($input: SetUpInput!) {
    setUp(input: $input) {
      adminToken viewer { kind setupRequired user { email role } } userErrors { code field }
    }
  }`;
  const OWNER = { email: "Ada@Example.org", password: "correct horse battery", timeZone: "Asia/Shanghai" };

  test("gives one link, which makes the first owner once and signs him in", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-setup-"));
    const fresh = await startAdminServer({ adminToken: null, dataDir });
    const headers = { origin: new URL(fresh.url).origin };
    const options = { token: null, headers };
    const setUp = (input: object) => fresh.ask(SET_UP, { input }, options);
    const setupToken = fresh.control.access.setupLinkToken!;
    expect((await fresh.ask("{ viewer { kind setupRequired } }", {}, options)).data.viewer).toEqual({
      kind: "ANONYMOUS",
      setupRequired: true,
    });
    const refusals: [object, string][] = [
      [{ ...OWNER, setupToken: "setup_wrong" }, "setupToken"],
      [{ ...OWNER, setupToken, password: "short" }, "password"],
      [{ ...OWNER, setupToken, email: "nobody" }, "email"],
      [{ setupToken, email: "ada@example.org" }, "password"],
    ];
    for (const [input, field] of refusals) {
      const refused = await expectNothingWritten(fresh, () => setUp(input));
      expect(refused.data.setUp).toMatchObject({ adminToken: null, userErrors: [{ field: [field] }] });
      expect(await fresh.store.users.list()).toEqual([]);
    }

    const [done, late] = await Promise.all([setUp({ ...OWNER, setupToken }), setUp({ ...OWNER, setupToken })]);
    const winner = done.data.setUp.userErrors.length === 0 ? done : late;
    expect((winner === done ? late : done).data.setUp.userErrors).toMatchObject([{ code: "CONFLICT" }]);
    expect(winner.data.setUp.adminToken).toBeNull();
    expect(winner.data.setUp.viewer).toMatchObject({ kind: "SESSION", setupRequired: false });
    expect(winner.data.setUp.viewer.user).toMatchObject({ email: "ada@example.org", role: "OWNER" });
    expect(await viewer({ ...headers, cookie: cookieOf(winner) }, fresh)).toBe("SESSION");
    await fresh.stop();

    const again = await startAdminServer({ adminToken: null, dataDir });
    expect(again.control.access.setupLinkToken).toBeNull();
    const used = await again.ask(SET_UP, { input: { setupToken } }, { token: null });
    expect(used.data.setUp.userErrors).toMatchObject([{ code: "CONFLICT" }]);
    await again.stop();
    await rm(dataDir, { recursive: true });
  });

  test("makes an admin token as well, or alone, when it is asked for", async () => {
    for (const input of [{}, { ...OWNER, createAdminToken: true }]) {
      const fresh = await startAdminServer({ adminToken: null });
      const setupToken = fresh.control.access.setupLinkToken!;
      const { adminToken } = (await fresh.ask(SET_UP, { input: { setupToken, ...input } }, { token: null })).data.setUp;
      expect(adminToken).toMatch(/^adm_[0-9A-Za-z]{49}$/);
      expect((await fresh.ask("{ viewer { kind } }", {}, { token: adminToken })).data.viewer.kind).toBe("TOKEN");
      expect(fresh.control.access.setupRequired).toBe(false);
      const stored = JSON.stringify([await readEverything(fresh), await fresh.store.adminTokens.list()]);
      expect(stored).not.toContain(adminToken);
      await fresh.stop();
    }
  });

  test("leaves the link usable when the account could not be stored", async () => {
    const fresh = await startAdminServer({ adminToken: null });
    const setupToken = fresh.control.access.setupLinkToken!;
    const { create } = fresh.store.users;
    fresh.store.users.create = () => Promise.reject(new Error("disk full at /secret/path"));
    const failed = await fresh.ask(SET_UP, { input: { setupToken, ...OWNER } }, { token: null });
    expect(failed.errors?.[0]?.extensions.code).toBe("INTERNAL_SERVER_ERROR");
    expect(failed.text).not.toContain("/secret/path");
    fresh.store.users.create = create;
    const done = await fresh.ask(SET_UP, { input: { setupToken, ...OWNER } }, { token: null });
    expect(done.data.setUp.userErrors).toEqual([]);
    await fresh.stop();
  });

  test("the admin token of a version before there were people goes on working, but not behind ADMIN_TOKEN", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-adopt-"));
    const old = "adm_from-an-older-version";
    const first = await startAdminServer({ dataDir });
    const hash = first.control.vault.mac("admin-token", old);
    await first.store.settings.put({ "$admin.tokenHash": hash, "$admin.signedOut": {} });
    await first.stop();
    const given = await startAdminServer({ dataDir });
    expect((await given.ask("{ viewer { kind } }", {}, { token: old })).status).toBe(401);
    await given.stop();
    for (const _ of [1, 2]) {
      const later = await startAdminServer({ dataDir, adminToken: null });
      expect(later.control.access.setupRequired).toBe(false);
      const reply = await later.ask("{ viewer { kind token { name } } }", {}, { token: old });
      expect(reply.data.viewer).toEqual({ kind: "TOKEN", token: { name: "set-up" } });
      expect(await later.store.settings.all()).toEqual({});
      await later.stop();
    }
    await rm(dataDir, { recursive: true });
  });
});
