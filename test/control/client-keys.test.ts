import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CLIENT_KEY_PREFIX, generateSecret, isWellFormedSecret } from "../../src/control/clients/client-key-secret.ts";
import { addClientKey, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const ERRORS = "userErrors { __typename code message field }";
const FIELDS = "id name enabled secretPreview expiresAt expired allowedModels requestContent tags memo builtin version";
const create = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: CreateClientKeyInput!) { createClientKey(input: $input) { clientKey { ${FIELDS} } secret ${ERRORS} } }`,
      { input },
    )
  ).data.createClientKey;
const update = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: UpdateClientKeyInput!) { updateClientKey(input: $input) { clientKey { ${FIELDS} } ${ERRORS} } }`,
      { input },
    )
  ).data.updateClientKey;
const rotate = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: RotateClientKeyInput!) { rotateClientKey(input: $input) { clientKey { id secretPreview } secret ${ERRORS} } }`,
      { input },
    )
  ).data.rotateClientKey;
const isKnown = (secret: string) =>
  server.snapshots.current.clientKeysByHash.has(server.control.vault.clientKeyHash(secret));

describe("a client key's secret", () => {
  test("has 32 random bytes and a checksum that tells a whole one from a piece", () => {
    const secret = generateSecret(CLIENT_KEY_PREFIX).reveal();
    expect(secret).toMatch(/^sk-slc_[0-9A-Za-z]{49}$/);
    expect(isWellFormedSecret(CLIENT_KEY_PREFIX, secret)).toBe(true);
    expect(isWellFormedSecret(CLIENT_KEY_PREFIX, secret.slice(0, -1))).toBe(false);
    const other = secret.at(20) === "A" ? "B" : "A";
    expect(isWellFormedSecret(CLIENT_KEY_PREFIX, secret.slice(0, 20) + other + secret.slice(21))).toBe(false);
    expect(isWellFormedSecret("adm_", secret)).toBe(false);
  });

  test("never comes twice", () => {
    const many = new Set(Array.from({ length: 2000 }, () => generateSecret(CLIENT_KEY_PREFIX).reveal()));
    expect(many.size).toBe(2000);
  });
});

describe("a client key's strictness", () => {
  test("is off unless somebody wants it, and in force at once", async () => {
    const { id, secret } = await addClientKey(server, { name: "lenient" });
    const entry = () => server.snapshots.current.clientKeysByHash.get(server.control.vault.clientKeyHash(secret));
    const read = async () =>
      (await server.ask("query ($id: ID!) { clientKey(id: $id) { strictParameters } }", { id })).data.clientKey;
    expect([await read(), entry()?.strictParameters]).toEqual([{ strictParameters: false }, false]);
    await update({ id, strictParameters: true });
    expect([await read(), entry()?.strictParameters]).toEqual([{ strictParameters: true }, true]);
    await update({ id, memo: "as it was" });
    expect(entry()?.strictParameters).toBe(true);
  });
});

describe("creating a client key", () => {
  test("answers the secret once; it opens the gateway at once and stands nowhere", async () => {
    const { clientKey, secret, userErrors } = await create({
      name: "app",
      allowedModels: ["gpt-*"],
      requestContent: "FULL",
      tags: ["research", "eu", "research"],
    });
    expect(userErrors).toEqual([]);
    expect(clientKey).toMatchObject({
      name: "app",
      allowedModels: ["gpt-*"],
      requestContent: "FULL",
      tags: ["research", "eu"],
      expired: false,
      builtin: null,
    });
    expect(isKnown(secret)).toBe(true);
    const again = await server.ask(
      `{ clientKey(id: "${clientKey.id}") { ${FIELDS} } clientKeys { nodes { ${FIELDS} } } }`,
    );
    expect(again.text).not.toContain(secret);
    expect(again.data.clientKey.secretPreview).toContain(secret.slice(-4));
    expect(JSON.stringify(await server.store.clientKeys.list())).not.toContain(secret);
  });

  const refusals: [what: string, input: object, field: string[], code: string][] = [
    ["an empty name", { name: "" }, ["name"], "REQUIRED"],
    ["a taken name", { name: "app" }, ["name"], "DUPLICATE"],
    ["a time that has passed", { name: "late", expiresAt: "2020-01-01T00:00:00Z" }, ["expiresAt"], "OUT_OF_RANGE"],
    ["an empty model pattern", { name: "x", allowedModels: [""] }, ["allowedModels", "0"], "REQUIRED"],
    ["an empty tag", { name: "x", tags: ["a", " "] }, ["tags", "1"], "REQUIRED"],
    ["a tag that is too long", { name: "x", tags: ["t".repeat(51)] }, ["tags", "0"], "TOO_LONG"],
    [
      "too many tags",
      { name: "x", tags: Array.from({ length: 21 }, (_, index) => `t${index}`) },
      ["tags"],
      "OUT_OF_RANGE",
    ],
  ];
  test.each(refusals)("refuses %s, and shows no secret", async (_what, input, field, code) => {
    const { clientKey, secret, userErrors } = await expectNothingWritten(server, () => create(input));
    expect([clientKey, secret]).toEqual([null, null]);
    expect(userErrors).toMatchObject([{ field, code }]);
  });
});

describe("changing a client key", () => {
  test("disables it at once, and leaves the secret alone", async () => {
    const { id, secret } = await addClientKey(server, { name: "switch" });
    expect((await update({ id, enabled: false, memo: "off" })).clientKey).toMatchObject({
      enabled: false,
      memo: "off",
    });
    const hash = server.control.vault.clientKeyHash(secret);
    expect(server.snapshots.current.clientKeysByHash.get(hash)?.enabled).toBe(false);
  });

  test("expiry is a time, and null takes it away", async () => {
    const { id } = await addClientKey(server, { name: "expiring" });
    const at = new Date(Date.now() + 60_000).toISOString();
    expect((await update({ id, expiresAt: at })).clientKey).toMatchObject({ expiresAt: at, expired: false });
    expect((await update({ id, expiresAt: "2020-01-01T00:00:00Z" })).clientKey.expired).toBe(true);
    expect((await update({ id, expiresAt: null })).clientKey).toMatchObject({ expiresAt: null, expired: false });
  });

  test("replaces its tags whole, and leaves them alone where nothing is said of them", async () => {
    const { id } = await addClientKey(server, { name: "tagged", tags: ["a", "b"] });
    expect((await update({ id, memo: "x" })).clientKey.tags).toEqual(["a", "b"]);
    expect((await update({ id, tags: ["c"] })).clientKey.tags).toEqual(["c"]);
    expect((await update({ id, tags: [] })).clientKey.tags).toEqual([]);
  });

  test("refuses a stale version and an unknown id", async () => {
    const { id } = await addClientKey(server, { name: "contended" });
    await update({ id, memo: "theirs" });
    const stale = await expectNothingWritten(server, () => update({ id, expectedVersion: 1, memo: "mine" }));
    expect(stale.userErrors).toMatchObject([{ code: "STALE_VERSION" }]);
    const missing = await expectNothingWritten(server, () => update({ id: "cky_0", memo: "x" }));
    expect(missing.userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  });
});

describe("rotating a client key", () => {
  test("the new secret works and the old one does not, from the same moment", async () => {
    const { id, secret: old } = await addClientKey(server, { name: "rotating" });
    const { secret, userErrors } = await rotate({ id });
    expect(userErrors).toEqual([]);
    expect([isKnown(old), isKnown(secret)]).toEqual([false, true]);
  });

  test("refuses the anonymous client (which cannot be deleted either), a stale version and an unknown id", async () => {
    const none = { expiresAt: null, allowedModels: [], requestContent: null, memo: null };
    const blank = { ...none, enabled: true, strictParameters: false, tags: [] };
    const made = await server.store.clientKeys.create({
      ...blank,
      name: "anonymous",
      secret: null,
      builtin: "anonymous",
    });
    const id = made.kind === "ok" ? made.row.id : "";
    const notLetIn = async () =>
      (await server.ask(`{ clientKeys { nodes { name letIn } } }`)).data.clientKeys.nodes
        .filter((node: Answer) => !node.letIn)
        .map((node: Answer) => node.name);
    const set = (value: boolean) =>
      server.ask(
        `mutation { updateSettings(input: { changes: [{ key: "allowAnonymous", value: ${value} }] }) { version } }`,
      );
    expect(await notLetIn()).toEqual(["anonymous"]);
    await set(true);
    expect(await notLetIn()).toEqual([]);
    await set(false);
    const anonymous = await expectNothingWritten(server, () => rotate({ id }));
    expect(anonymous).toMatchObject({ secret: null, userErrors: [{ code: "CONFLICT" }] });
    const { id: other } = await addClientKey(server, { name: "rotating-2" });
    const stale = await expectNothingWritten(server, () => rotate({ id: other, expectedVersion: 7 }));
    expect(stale).toMatchObject({ secret: null, userErrors: [{ code: "STALE_VERSION" }] });
    const missing = await expectNothingWritten(server, () => rotate({ id: "cky_0" }));
    expect(missing).toMatchObject({ secret: null, userErrors: [{ code: "NOT_FOUND" }] });
    const deletion = await expectNothingWritten(server, () =>
      server.ask(
        "mutation ($ids: [ID!]!) { deleteClientKeys(input: { ids: $ids }) { deletedIds userErrors { code } } }",
        {
          ids: [other, id],
        },
      ),
    );
    expect(deletion.data.deleteClientKeys).toEqual({ deletedIds: [], userErrors: [{ code: "CONFLICT" }] });
  });
});

describe("listing client keys", () => {
  test("filters and sorts; a deleted one is gone from the gateway", async () => {
    const { id, secret } = await addClientKey(server, { name: "zz-listed", memo: "find me", tags: ["zz-team"] });
    await addClientKey(server, { name: "zz-off", enabled: false });
    const list = async (filter: object, orderBy?: object) => {
      const { data } = await server.ask(
        `query ($filter: ClientKeyFilter, $orderBy: ClientKeyOrder) {
          clientKeys(filter: $filter, orderBy: $orderBy) { nodes { name } totalCount }
        }`,
        { filter, orderBy },
      );
      return data.clientKeys.nodes.map((node: { name: string }) => node.name);
    };
    expect(await list({ search: "FIND ME" })).toEqual(["zz-listed"]);
    expect(await list({ search: "ZZ-TEAM" })).toEqual(["zz-listed"]);
    expect(await list({ tags: ["nobody's", "zz-team"] })).toEqual(["zz-listed"]);
    expect(await list({ tags: ["zz"] })).toEqual([]);
    expect(await list({ search: "zz-", enabled: false })).toEqual(["zz-off"]);
    expect(await list({ search: "zz-" }, { field: "CREATED_AT", direction: "DESC" })).toEqual(["zz-off", "zz-listed"]);
    expect(await list({ ids: [id], expired: true })).toEqual([]);
    const remove = await server.ask(
      "mutation ($ids: [ID!]!) { deleteClientKeys(input: { ids: $ids }) { deletedIds } }",
      {
        ids: [id],
      },
    );
    expect(remove.data.deleteClientKeys.deletedIds).toEqual([id]);
    expect(isKnown(secret)).toBe(false);
  });
});
