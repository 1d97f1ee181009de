import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Secret } from "../../src/lib/secret.ts";
import { totpCode, totpStep } from "../../src/lib/totp.ts";
import { ADMIN_TOKEN, type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { addPerson, Person } from "../support/people.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const TOKEN = `mutation { createAdminToken(input: { name: "x", scopes: [KEYS_READ] }) { userErrors { code } } }`;
const REAUTH = `mutation ($input: ReauthenticateInput!) {
  reauthenticate(input: $input) { viewer { reauthenticatedUntil } userErrors { code field } }
}`;
const CHANGE = `mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) { user { id } userErrors { code field } }
}`;

describe("sessions", () => {
  test("are listed with where they come from, and end one by one or all others", async () => {
    const first = await addPerson(server, "many@example.org", "ADMIN");
    const second = new Person(server, first.email);
    const third = new Person(server, first.email);
    await second.signIn();
    await third.signIn();
    const list = async () =>
      (await first.ask("{ sessions { id current address userAgent user { email } } }")).data.sessions as Answer[];
    const sessions = await list();
    expect(sessions).toHaveLength(3);
    expect(sessions.filter((each) => each.current)).toHaveLength(1);
    const own = { address: "127.0.0.1", userAgent: "test browser", user: { email: first.email } };
    expect(sessions[0]).toMatchObject(own);
    const { id } = (await second.ask("{ viewer { session { id } } }")).data.viewer.session;
    await first.ask(`mutation { revokeSessions(input: { ids: ["${id}"] }) { deletedIds } }`);
    expect([await second.kind(), await third.kind()]).toEqual(["ANONYMOUS", "SESSION"]);
    await first.ask("mutation { revokeOtherSessions { deletedIds } }");
    expect([await first.kind(), await third.kind()]).toEqual(["SESSION", "ANONYMOUS"]);
    expect(await list()).toHaveLength(1);
  });

  test("of somebody else cannot be ended", async () => {
    const one = await addPerson(server, "one@example.org", "ADMIN");
    const two = await addPerson(server, "two@example.org", "ADMIN");
    const { id } = (await two.ask("{ viewer { session { id } } }")).data.viewer.session;
    const reply = await one.ask(`mutation { revokeSessions(input: { ids: ["${id}"] }) { userErrors { code } } }`);
    expect(reply.data.revokeSessions.userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
    expect(await two.kind()).toBe("SESSION");
  });

  test("that have run out are taken away", async () => {
    const own = await startAdminServer();
    await addPerson(own, "gone@example.org", "VIEWER");
    own.advance(12 * 3_600_000);
    await own.control.access.expire();
    expect(await own.store.sessions.list()).toEqual([]);
    await own.stop();
  });
});

describe("a password", () => {
  test("is changed with the old one, and ends the other sessions", async () => {
    const person = await addPerson(server, "change@example.org", "VIEWER");
    const elsewhere = new Person(server, person.email);
    await elsewhere.signIn();
    const wrong = await person.ask(CHANGE, {
      input: { oldPassword: "not this one", newPassword: "a new long password" },
    });
    expect(wrong.data.changePassword.userErrors).toMatchObject([{ field: ["oldPassword"] }]);
    expect(await elsewhere.kind()).toBe("SESSION");
    const input = { oldPassword: person.password, newPassword: "a new long password" };
    expect((await person.ask(CHANGE, { input })).data.changePassword.userErrors).toEqual([]);
    expect([await person.kind(), await elsewhere.kind()]).toEqual(["SESSION", "ANONYMOUS"]);
    expect((await elsewhere.signIn()).userErrors).toHaveLength(1);
    expect((await elsewhere.signIn({ password: "a new long password" })).userErrors).toEqual([]);
  });

  test("that is wrong answers the same for known and unknown people", async () => {
    const person = await addPerson(server, "known@example.org", "VIEWER");
    const known = await new Person(server, person.email, "wrong wrong wrong").signIn();
    const unknown = await new Person(server, "stranger@example.org", "wrong wrong wrong").signIn();
    expect(known.userErrors).toEqual(unknown.userErrors);
    await server.control.audit.settled();
    const { rows } = await server.store.audit.page({
      ...{ limit: 5, afterSeq: null, beforeSeq: null, backward: false },
      filter: { actions: ["signIn"], subjectId: person.id },
    });
    expect(rows[0]).toMatchObject({ outcome: "refused", subjects: [{ id: person.id, label: person.email }] });
    expect(JSON.stringify(rows)).not.toContain("wrong wrong");
  });

  test("is guessed at ten times, however fast; elsewhere its owner stays signed in and comes in again", async () => {
    const own = await startAdminServer();
    const person = await addPerson(own, "target@example.org", "OWNER");
    const guesses = await Promise.all(
      Array.from({ length: 15 }, (_, index) => new Person(own, person.email, `guess number ${index}`).signIn()),
    );
    const codes = guesses.map(({ userErrors }) => userErrors[0].code);
    expect(codes.filter((code) => code === "INVALID")).toHaveLength(10);
    expect(codes.filter((code) => code === "RATE_LIMITED")).toHaveLength(5);
    // The account itself is shut for strangers' networks only.
    const account = own.control.access.accountThrottle;
    expect(account.waitMs(person.id, own.control.now())).toBe(0);
    expect(await person.kind()).toBe("SESSION");
    own.advance(60_001);
    expect((await person.signIn()).userErrors).toEqual([]);
    await own.stop();
  });
});

describe("a fresh proof", () => {
  test("is asked for ten minutes after signing in, and given by the password", async () => {
    const own = await startAdminServer();
    const person = await addPerson(own, "fresh@example.org", "ADMIN");
    expect((await person.ask(TOKEN)).data.createAdminToken.userErrors).toEqual([]);
    own.advance(10 * 60_000);
    const stale = await person.ask(TOKEN);
    expect(stale.errors).toMatchObject([{ extensions: { code: "REAUTH_REQUIRED" } }]);
    expect((await person.ask("{ viewer { reauthenticatedUntil } }")).data.viewer.reauthenticatedUntil).toBeNull();
    for (const input of [{}, { password: "not this one" }, { totp: "123456" }, { token: ADMIN_TOKEN }]) {
      expect((await person.ask(REAUTH, { input })).data.reauthenticate.userErrors).toHaveLength(1);
    }
    expect((await person.ask(TOKEN)).errors).toHaveLength(1);
    const proved = await person.ask(REAUTH, { input: { password: person.password } });
    expect(proved.data.reauthenticate).toMatchObject({
      viewer: { reauthenticatedUntil: expect.any(String) },
      userErrors: [],
    });
    expect((await person.ask(TOKEN)).data.createAdminToken.userErrors).toEqual([]);
    await own.stop();
  });

  test("of a session begun with a token is that token", async () => {
    const own = await startAdminServer();
    const browser = new Person(own, "");
    await browser.signIn({ email: null, password: null, token: ADMIN_TOKEN });
    own.advance(10 * 60_000);
    expect((await browser.ask(TOKEN)).errors).toHaveLength(1);
    expect((await browser.ask(REAUTH, { input: { token: "adm_other" } })).data.reauthenticate.userErrors).toHaveLength(
      1,
    );
    expect((await browser.ask(REAUTH, { input: { token: ADMIN_TOKEN } })).data.reauthenticate.userErrors).toEqual([]);
    expect((await browser.ask(TOKEN)).errors).toBeUndefined();
    await own.stop();
  });
});

describe("an authenticator app", () => {
  const ENROL = "mutation { enrolTotp { secret uri userErrors { code } } }";
  const CONFIRM = `mutation ($code: String!) {
    confirmTotp(input: { code: $code }) { recoveryCodes userErrors { code field } }
  }`;

  test("is asked from its confirmation on; each code and each recovery code counts once", async () => {
    const own = await startAdminServer();
    const person = await addPerson(own, "totp@example.org", "ADMIN");
    const { secret: text } = (await person.ask(ENROL)).data.enrolTotp;
    const secret = new Secret(text);
    const code = (offset = 0) => totpCode(secret, totpStep(own.control.now()) + offset);
    expect((await person.signIn()).userErrors).toEqual([]); // Not confirmed yet.
    const wrong = await person.ask(CONFIRM, { code: "000000" });
    expect(wrong.data.confirmTotp.userErrors).toMatchObject([{ field: ["code"] }]);
    const { recoveryCodes } = (await person.ask(CONFIRM, { code: code() })).data.confirmTotp;
    expect(new Set(recoveryCodes).size).toBe(10);

    expect((await person.signIn()).userErrors).toMatchObject([{ code: "TOTP_REQUIRED", field: ["totp"] }]);
    expect((await person.signIn({ totp: code() })).userErrors).toMatchObject([{ code: "INVALID" }]); // Used to confirm.
    expect(await person.kind()).toBe("ANONYMOUS");
    own.advance(30_000);
    const next = code();
    expect((await person.signIn({ totp: next })).userErrors).toEqual([]);
    expect((await person.signIn({ totp: next })).userErrors).toHaveLength(1);
    expect((await person.signIn({ totp: recoveryCodes[0] })).userErrors).toEqual([]);
    expect((await person.signIn({ totp: recoveryCodes[0] })).userErrors).toHaveLength(1);
    const stored = JSON.stringify(await own.store.users.proofs(person.id));
    expect(stored).not.toContain(text);
    expect(stored).not.toContain(recoveryCodes[1].replaceAll("-", ""));

    expect((await person.signIn({ totp: recoveryCodes[1] })).userErrors).toEqual([]);
    await person.ask("mutation { disableTotp { userErrors { code } } }");
    expect((await person.signIn()).userErrors).toEqual([]);
    await own.stop();
  });

  test("is not guessed at by clearing the count with the right password", async () => {
    const own = await startAdminServer();
    const person = await addPerson(own, "guessed@example.org", "ADMIN");
    const { secret } = (await person.ask(ENROL)).data.enrolTotp;
    await person.ask(CONFIRM, { code: totpCode(new Secret(secret), totpStep(own.control.now())) });
    const codes: string[] = [];
    for (let index = 0; index < 12; index++) {
      codes.push((await person.signIn({ totp: String(index).padStart(6, "0") })).userErrors[0].code);
      codes.push((await person.signIn()).userErrors[0].code);
    }
    expect(codes.at(-1)).toBe("RATE_LIMITED");
    await own.stop();
  });
});

describe("a token of a person", () => {
  test("cannot change how he signs in, nor end what else is his", async () => {
    const person = await addPerson(server, "named@example.org", "OWNER");
    const made = await person.ask(
      `mutation { createAdminToken(input: { name: "small", scopes: [KEYS_READ] }) { secret } }`,
    );
    const { secret } = made.data.createAdminToken;
    const browser = new Person(server, "");
    expect((await browser.signIn({ email: null, password: null, token: secret })).userErrors).toEqual([]);
    const asks = [
      (query: string, variables?: object) => browser.ask(query, variables),
      (query: string, variables?: object) => server.ask<Answer>(query, variables, { token: secret }),
    ];
    for (const ask of asks) {
      for (const mutation of ["enrolTotp", "disableTotp"]) {
        const { data } = await ask(`mutation { ${mutation} { userErrors { code } } }`);
        expect(data[mutation].userErrors).toMatchObject([{ code: "CONFLICT" }]);
      }
      const change = { oldPassword: person.password, newPassword: "a new long password" };
      expect((await ask(CHANGE, { input: change })).data.changePassword.userErrors).toHaveLength(1);
      await ask("mutation { revokeOtherSessions { deletedIds } }");
      expect((await ask("{ sessions { user { id } } }")).data.sessions).not.toContainEqual({ user: { id: person.id } });
      expect((await ask("{ adminTokens { name } }")).data.adminTokens).toEqual([{ name: "small" }]);
    }
    expect(await person.kind()).toBe("SESSION");
    expect((await person.signIn()).userErrors).toEqual([]);
  });
});

describe("what a console keeps for a person", () => {
  test("preferences are his own, patched key by key, and bounded", async () => {
    const person = await addPerson(server, "prefs@example.org", "VIEWER");
    const SET = `mutation ($patch: JSON!) {
      updatePreferences(input: { patch: $patch }) { viewer { preferences } userErrors { code } }
    }`;
    await person.ask(SET, { patch: { theme: "dark", columns: [1, 2] } });
    const changed = await person.ask(SET, { patch: { theme: null, zone: "UTC" } });
    expect(changed.data.updatePreferences.viewer.preferences).toEqual({ columns: [1, 2], zone: "UTC" });
    for (const patch of [{ big: "x".repeat(20_000) }, [], "text"]) {
      expect((await person.ask(SET, { patch })).data.updatePreferences.userErrors).toHaveLength(1);
    }
    expect((await server.ask(SET, { patch: {} })).data.updatePreferences.userErrors).toMatchObject([
      { code: "CONFLICT" },
    ]);
  });

  test("views are seen by others when shared, and changed by their owner only", async () => {
    const owner = await addPerson(server, "views@example.org", "VIEWER");
    const other = await addPerson(server, "looks@example.org", "VIEWER");
    const SAVE = `mutation ($input: SaveViewInput!) { saveView(input: $input) { savedView { id name } userErrors { code } } }`;
    const save = async (person: Person, input: object) =>
      (await person.ask(SAVE, { input: { page: "keys", name: "mine", state: { status: "ACTIVE" }, ...input } })).data
        .saveView;
    const names = async (person: Person) =>
      (await person.ask(`{ savedViews(page: "keys") { name } }`)).data.savedViews.map((each: Answer) => each.name);
    const { id } = (await save(owner, {})).savedView;
    expect([await names(owner), await names(other)]).toEqual([["mine"], []]);
    await save(owner, { id, name: "ours", shared: true });
    expect(await names(other)).toEqual(["ours"]);
    expect((await save(other, { id, name: "theirs" })).userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
    const DELETE = `mutation { deleteSavedViews(input: { ids: ["${id}"] }) { deletedIds } }`;
    expect((await other.ask(DELETE)).data.deleteSavedViews.deletedIds).toEqual([]);
    expect((await owner.ask(DELETE)).data.deleteSavedViews.deletedIds).toEqual([id]);
    expect((await save(owner, { state: "x".repeat(20_000) })).userErrors).toMatchObject([{ code: "OUT_OF_RANGE" }]);
  });
});
