import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ROLE_SCOPES } from "../../src/control/people/roles.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { ACCEPT, addPerson, Person } from "../support/people.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const mutate = (name: string, type: string, selection: string) =>
  `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { code field } } }`;
const UPDATE = mutate("updateUser", "UpdateUserInput", "user { id role enabled version }");
const INVITE = mutate("inviteUser", "InviteUserInput", "user { id invitedUntil passwordSet } inviteToken");
const RESET = mutate("resetUserSignIn", "ResetUserSignInInput", "inviteToken");
const DELETE = mutate("deleteUsers", "DeleteInput", "deletedIds");
const TOKEN = mutate(
  "createAdminToken",
  "CreateAdminTokenInput",
  "adminToken { id scopes createdBy { email } } secret",
);

describe("an invitation", () => {
  test("lets a person choose his password once, and signs him in", async () => {
    const { data } = await server.ask(INVITE, { input: { email: " Bob@Example.org ", role: "OPERATOR" } });
    const { user, inviteToken } = data.inviteUser;
    expect(user).toMatchObject({ passwordSet: false, invitedUntil: expect.any(String) });
    const bob = new Person(server, "bob@example.org");
    expect((await bob.signIn()).userErrors).toMatchObject([{ code: "INVALID", field: ["password"] }]);
    const weak = await bob.ask(ACCEPT, { input: { inviteToken, password: "short" } });
    expect(weak.data.acceptInvitation.userErrors).toMatchObject([{ field: ["password"] }]);
    const input = { inviteToken, password: bob.password };
    const accepted = await bob.ask(ACCEPT, { input });
    expect(accepted.data.acceptInvitation.viewer).toMatchObject({ kind: "SESSION", user: { email: bob.email } });
    expect((await bob.ask(ACCEPT, { input })).data.acceptInvitation.userErrors).toMatchObject([{ code: "INVALID" }]);
    expect((await bob.signIn()).viewer).toEqual({ kind: "SESSION", user: { email: bob.email, role: "OPERATOR" } });
    const stored = JSON.stringify([await server.store.users.list(), await server.store.users.proofs(user.id)]);
    expect(stored).not.toContain(inviteToken);
    expect(stored).not.toContain(bob.password);
    expect(stored).toContain("$argon2id$");
  });

  test("expires after three days", async () => {
    const own = await startAdminServer();
    const { data } = await own.ask(INVITE, { input: { email: "late@example.org", role: "VIEWER" } });
    own.advance(3 * 86_400_000);
    const input = { inviteToken: data.inviteUser.inviteToken, password: "correct horse battery" };
    const reply = await new Person(own, "late@example.org").ask(ACCEPT, { input });
    expect(reply.data.acceptInvitation.userErrors).toMatchObject([{ code: "INVALID", field: ["inviteToken"] }]);
    await own.stop();
  });

  test("for an address that is known already is refused", async () => {
    await addPerson(server, "once@example.org", "VIEWER");
    const again = await server.ask(INVITE, { input: { email: "ONCE@example.org", role: "OWNER" } });
    expect(again.data.inviteUser).toMatchObject({ inviteToken: null, userErrors: [{ code: "DUPLICATE" }] });
  });
});

describe("a role", () => {
  test("bounds what a person may do", async () => {
    const viewer = await addPerson(server, "viewer@example.org", "VIEWER");
    expect((await viewer.ask("{ providers { totalCount } }")).errors).toBeUndefined();
    for (const query of ["{ users { totalCount } }", "{ auditLog { totalCount } }"]) {
      expect((await viewer.ask(query)).errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    }
    const reply = await viewer.ask(INVITE, { input: { email: "x@example.org", role: "VIEWER" } });
    expect(reply.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    await server.control.audit.settled();
    const { rows } = await server.store.audit.page({ ...PAGE, filter: { actorIds: [viewer.id] } });
    expect(rows.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(
      expect.arrayContaining(["inviteUser refused", "Query.users refused", "Query.auditLog refused"]),
    );
  });
  const PAGE = { limit: 50, afterSeq: null, beforeSeq: null, backward: false };

  test("that is taken away counts at once", async () => {
    const person = await addPerson(server, "was-admin@example.org", "ADMIN");
    expect((await person.ask("{ auditLog { totalCount } }")).errors).toBeUndefined();
    await server.ask(UPDATE, { input: { id: person.id, role: "VIEWER" } });
    expect((await person.ask("{ auditLog { totalCount } }")).errors).toMatchObject([
      { extensions: { code: "FORBIDDEN" } },
    ]);
  });

  test("of an owner is not given, changed or reset by whoever holds less", async () => {
    const owner = await addPerson(server, "owner@example.org", "OWNER");
    const token = (await server.ask(TOKEN, { input: { name: "people", scopes: ["USERS_ADMIN"] } })).data
      .createAdminToken;
    const weak = { token: token.secret as string };
    const refused = [
      await server.ask(INVITE, { input: { email: "up@example.org", role: "OWNER" } }, weak),
      await server.ask(UPDATE, { input: { id: owner.id, enabled: false } }, weak),
      await server.ask(RESET, { input: { id: owner.id } }, weak),
      await server.ask(DELETE, { input: { ids: [owner.id] } }, weak),
    ];
    for (const { data } of refused) {
      const [payload] = Object.values(data) as Answer[];
      expect(payload.userErrors).toMatchObject([{ code: "FORBIDDEN" }]);
    }
    expect(await owner.kind()).toBe("SESSION");
    expect(server.control.access.directory.userByEmail("up@example.org")).toBeNull();
  });

  test("that is smaller is contained in the larger one", () => {
    const { owner, admin, operator, viewer } = ROLE_SCOPES;
    for (const [small, large] of [
      [viewer, operator],
      [operator, admin],
      [admin, owner],
    ] as const) {
      expect([...small].filter((scope) => !large.has(scope))).toEqual([]);
      expect(small.size).toBeLessThan(large.size);
    }
  });
});

describe("the last owner who can sign in", () => {
  test("cannot be demoted, disabled, reset or deleted, also not two at the same time", async () => {
    const own = await startAdminServer();
    const [ada, bea] = [
      await addPerson(own, "ada@example.org", "OWNER"),
      await addPerson(own, "bea@example.org", "OWNER"),
    ];
    await own.ask(INVITE, { input: { email: "invited@example.org", role: "OWNER" } });
    const demote = (person: { id: string }) => own.ask(UPDATE, { input: { id: person.id, role: "ADMIN" } });
    const both = await Promise.all([demote(ada), demote(bea)]);
    const codes = both.flatMap(({ data }) => data.updateUser.userErrors.map((error: Answer) => error.code));
    expect(codes).toEqual(["CONFLICT"]);
    const last = own.control.access.directory.users().find((row) => row.role === "owner" && row.hasPassword)!;
    const refused = [
      await own.ask(UPDATE, { input: { id: last.id, enabled: false } }),
      await own.ask(RESET, { input: { id: last.id } }),
      await own.ask(DELETE, { input: { ids: [last.id, ada.id, bea.id] } }),
    ];
    for (const { data } of refused) {
      const [payload] = Object.values(data) as Answer[];
      expect(payload.userErrors).toMatchObject([{ code: "CONFLICT" }]);
    }
    expect(own.control.access.directory.user(last.id)).toMatchObject({
      role: "owner",
      enabled: true,
      hasPassword: true,
    });
    await own.stop();
  });
});

describe("a person who is disabled, reset or deleted", () => {
  test("is out at once: browser, tools and subscriptions", async () => {
    for (const end of ["disable", "reset", "delete"]) {
      const person = await addPerson(server, `${end}@example.org`, "ADMIN");
      const made = await person.ask(TOKEN, { input: { name: "mine", scopes: ["KEYS_READ"] } });
      const { secret, adminToken } = made.data.createAdminToken;
      expect(adminToken.createdBy.email).toBe(person.email);
      const principal = server.control.access.byToken(secret, "10.0.0.1").principal;
      expect(server.control.access.isStillValid(principal)).toBe(true);
      if (end === "disable") await server.ask(UPDATE, { input: { id: person.id, enabled: false } });
      if (end === "reset") await server.ask(RESET, { input: { id: person.id } });
      if (end === "delete") await server.ask(DELETE, { input: { ids: [person.id] } });
      expect(await person.kind()).toBe("ANONYMOUS");
      expect((await person.signIn()).userErrors).toMatchObject([{ code: "INVALID" }]);
      // A reset takes away what he signs in with; his tools go on.
      expect(server.control.access.isStillValid(principal)).toBe(end === "reset");
      const status = (await server.ask("{ viewer { kind } }", {}, { token: secret })).status;
      expect(status).toBe(end === "reset" ? 200 : 401);
    }
  });
});

describe("an admin token", () => {
  test("holds at most the scopes of its maker, now and later", async () => {
    const person = await addPerson(server, "maker@example.org", "OPERATOR");
    const greedy = await person.ask(TOKEN, { input: { name: "greedy", scopes: ["KEYS_READ", "AUDIT_READ"] } });
    expect(greedy.data.createAdminToken).toMatchObject({ secret: null, userErrors: [{ code: "FORBIDDEN" }] });
    const made = await person.ask(TOKEN, { input: { name: "tool", scopes: ["KEYS_READ", "KEYS_WRITE"] } });
    const { secret } = made.data.createAdminToken;
    const scopes = async () => (await server.ask("{ viewer { scopes } }", {}, { token: secret })).data.viewer.scopes;
    expect(await scopes()).toEqual(["KEYS_READ", "KEYS_WRITE"]);
    const { principal } = server.control.access.byToken(secret, "10.0.0.1");
    await server.ask(UPDATE, { input: { id: person.id, role: "VIEWER" } });
    expect(await scopes()).toEqual(["KEYS_READ"]);
    expect(server.control.access.isStillValid(principal)).toBe(false);
    const entry = (await server.store.adminTokens.list()).find((row) => row.name === "tool")!;
    expect(entry).toMatchObject({ secretPreview: expect.stringMatching(/^adm…/), lastUsedAddress: expect.any(String) });
    expect(JSON.stringify(entry)).not.toContain(secret);
  });

  test("expires, and one made with it does not outlive it", async () => {
    const own = await startAdminServer();
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const input = { name: "hour", scopes: ["KEYS_READ"], expiresAt };
    const { secret } = (await own.ask(TOKEN, { input })).data.createAdminToken;
    const child = (more: object) => own.ask(TOKEN, { input: { ...input, name: "child", ...more } }, { token: secret });
    const outliving = await child({ expiresAt: null });
    expect(outliving.data.createAdminToken.userErrors).toMatchObject([{ code: "OUT_OF_RANGE", field: ["expiresAt"] }]);
    expect((await child({})).data.createAdminToken.userErrors).toEqual([]);
    own.advance(3_600_001);
    expect((await own.ask("{ viewer { kind } }", {}, { token: secret })).status).toBe(401);
    await own.stop();
  });

  test("signs a browser in, and takes its session along when it is revoked", async () => {
    const { adminToken, secret } = (await server.ask(TOKEN, { input: { name: "door", scopes: ["KEYS_READ"] } })).data
      .createAdminToken;
    const browser = new Person(server, "");
    expect((await browser.signIn({ email: null, password: null, token: secret })).viewer.kind).toBe("SESSION");
    expect((await browser.ask("{ viewer { scopes token { name } user { id } } }")).data.viewer).toEqual({
      scopes: ["KEYS_READ"],
      token: { name: "door" },
      user: null,
    });
    await server.ask(`mutation { revokeAdminTokens(input: { ids: ["${adminToken.id}"] }) { deletedIds } }`);
    expect(await browser.kind()).toBe("ANONYMOUS");
    expect((await server.ask("{ viewer { kind } }", {}, { token: secret })).status).toBe(401);
  });

  test("of somebody else is neither seen nor revoked without USERS_ADMIN", async () => {
    const [mine, other] = [
      await addPerson(server, "mine@example.org", "ADMIN"),
      await addPerson(server, "other@example.org", "ADMIN"),
    ];
    const made = (await mine.ask(TOKEN, { input: { name: "private", scopes: ["KEYS_READ"] } })).data.createAdminToken;
    const { id } = made.adminToken;
    const names = async (person: Person) =>
      (await person.ask("{ adminTokens { name } }")).data.adminTokens.map((each: Answer) => each.name);
    expect([await names(mine), await names(other)]).toEqual([["private"], []]);
    expect((await other.ask(`{ node(id: "${id}") { id } }`)).data.node).toBeNull();
    const revoke = `mutation { revokeAdminTokens(input: { ids: ["${id}"] }) { deletedIds userErrors { code } } }`;
    expect((await other.ask(revoke)).data.revokeAdminTokens.userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
    expect((await mine.ask(revoke)).data.revokeAdminTokens.deletedIds).toEqual([id]);
  });
});
