import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ANONYMOUS } from "../../src/control/people/principal.ts";
import { updateProvider } from "../../src/control/providers/providers.ts";
import { addKey, addModel, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, startAdminServer } from "../support/admin-server.ts";
import { tokenPrincipal } from "../support/principals.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const ERRORS = `userErrors {
  __typename code message field
  ... on DuplicateError { existing { id } }
  ... on StaleVersionError { currentVersion current { id } }
  ... on ConflictError { blockers { __typename id } }
  ... on ConfirmationRequiredError { flag choices }
  ... on NotFoundError { nodeId }
}`;
const create = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: CreateProviderInput!) { createProvider(input: $input) { provider { id name baseUrl } ${ERRORS} } }`,
      { input },
    )
  ).data.createProvider;
const update = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: UpdateProviderInput!) {
        updateProvider(input: $input) { provider { id name baseUrl memo strategy version keyCounts { total } } ${ERRORS} }
      }`,
      { input },
    )
  ).data.updateProvider;

describe("creating a provider", () => {
  test("fills in the vendor's public address and is in force when it is answered", async () => {
    const { provider, userErrors } = await create({ name: "openai-main", kind: "OPENAI" });
    expect(userErrors).toEqual([]);
    expect(provider.baseUrl).toBe("https://api.openai.com/v1");
    expect(server.snapshots.current.providersByName.get("openai-main")?.id).toBe(provider.id);
  });

  test("takes slashes from the end of the base URL", async () => {
    const { provider } = await create({
      name: "slashes",
      kind: "OPENAI_COMPATIBLE",
      baseUrl: "https://llm.example/v1//",
    });
    expect(provider.baseUrl).toBe("https://llm.example/v1");
  });

  const refusals: [what: string, input: object, field: string[], code: string][] = [
    ["an empty name", { name: " ", kind: "OPENAI" }, ["name"], "REQUIRED"],
    ["a name with a slash", { name: "a/b", kind: "OPENAI" }, ["name"], "INVALID"],
    ["a name that is too long", { name: "x".repeat(101), kind: "OPENAI" }, ["name"], "TOO_LONG"],
    ["a taken name", { name: "openai-main", kind: "GEMINI" }, ["name"], "DUPLICATE"],
    ["a compatible provider without address", { name: "c", kind: "OPENAI_COMPATIBLE" }, ["baseUrl"], "REQUIRED"],
    ["another scheme", { name: "c", kind: "OPENAI", baseUrl: "ftp://llm.example" }, ["baseUrl"], "INVALID"],
    [
      "credentials in the address",
      { name: "c", kind: "OPENAI", baseUrl: "https://u:p@llm.example" },
      ["baseUrl"],
      "INVALID",
    ],
    ["a metadata address", { name: "c", kind: "OPENAI", baseUrl: "http://169.254.169.254/v1" }, ["baseUrl"], "INVALID"],
    ["a private address", { name: "c", kind: "OPENAI", baseUrl: "http://10.1.2.3/v1" }, ["baseUrl"], "INVALID"],
    [
      "a query in the address",
      { name: "c", kind: "OPENAI", baseUrl: "https://llm.example/v1?key=x" },
      ["baseUrl"],
      "INVALID",
    ],
    [
      "an API version outside Azure",
      { name: "c", kind: "OPENAI", apiVersion: "2024-10-21" },
      ["apiVersion"],
      "INVALID",
    ],
    ["Coze without a bot", { name: "c", kind: "COZE" }, ["botId"], "REQUIRED"],
    ["a bot outside Coze", { name: "c", kind: "GEMINI", botId: "7" }, ["botId"], "INVALID"],
  ];
  test.each(refusals)("refuses %s", async (_what, input, field, code) => {
    const { provider, userErrors } = await expectNothingWritten(server, () => create(input));
    expect(provider).toBeNull();
    expect(userErrors).toHaveLength(1);
    expect(userErrors[0]).toMatchObject({ field, code });
  });

  test("a duplicate names the one that is there", async () => {
    const first = await addProvider(server, { name: "twin" });
    const { userErrors } = await create({ name: "twin", kind: "OPENAI" });
    expect(userErrors[0].existing.id).toBe(first.id);
  });
});

describe("changing a provider", () => {
  test("changes what is given, keeps what is not, clears what is null", async () => {
    const { id } = await addProvider(server, { name: "changing", memo: "first" });
    expect((await update({ id, strategy: "WEIGHTED" })).provider).toMatchObject({
      strategy: "WEIGHTED",
      memo: "first",
    });
    expect((await update({ id, memo: null })).provider).toMatchObject({ strategy: "WEIGHTED", memo: null, version: 3 });
  });

  test("refuses what another person has changed meanwhile", async () => {
    const { id } = await addProvider(server, { name: "contended" });
    await update({ id, memo: "theirs" });
    const { provider, userErrors } = await expectNothingWritten(server, () =>
      update({ id, expectedVersion: 1, memo: "mine" }),
    );
    expect(provider).toBeNull();
    expect(userErrors[0]).toMatchObject({ code: "STALE_VERSION", currentVersion: 2, current: { id } });
    expect((await update({ id, expectedVersion: 2, memo: "mine" })).provider.memo).toBe("mine");
  });

  test("refuses null where something must stand, and ids that are not there", async () => {
    const { id } = await addProvider(server, { name: "nulls" });
    const { userErrors } = await expectNothingWritten(server, () => update({ id, name: null }));
    expect(userErrors[0]).toMatchObject({ field: ["name"] });
    const missing = await expectNothingWritten(server, () => update({ id: "prv_0", memo: "x" }));
    expect(missing.userErrors[0]).toMatchObject({ __typename: "NotFoundError", nodeId: "prv_0" });
  });

  describe("to another address", () => {
    test("asks what becomes of the stored keys, which would be sent there", async () => {
      const { id } = await addProvider(server, { name: "moving", baseUrl: "https://one.example/v1" });
      await addKey(server, id);
      const move = { id, baseUrl: "https://two.example/v1" };
      const { userErrors } = await expectNothingWritten(server, () => update(move));
      expect(userErrors[0]).toMatchObject({
        code: "CONFIRMATION_REQUIRED",
        field: ["baseUrl"],
        flag: "storedKeys",
        choices: ["KEEP", "DELETE"],
      });
      const kept = await update({ ...move, storedKeys: "KEEP" });
      expect(kept.provider).toMatchObject({ baseUrl: "https://two.example/v1", keyCounts: { total: 1 } });
      const dropped = await update({ id, baseUrl: "https://three.example/v1", storedKeys: "DELETE" });
      expect(dropped.provider).toMatchObject({ baseUrl: "https://three.example/v1", keyCounts: { total: 0 } });
    });

    test("counts scheme and port, but not the path, and asks nothing when no key is stored", async () => {
      const { id } = await addProvider(server, { name: "moving-2", baseUrl: "https://one.example/v1" });
      expect((await update({ id, baseUrl: "https://other.example/v1" })).userErrors).toEqual([]);
      await addKey(server, id);
      expect((await update({ id, baseUrl: "https://other.example/v2" })).userErrors).toEqual([]);
      expect((await update({ id, baseUrl: "http://other.example/v2" })).userErrors).toHaveLength(1);
      expect((await update({ id, baseUrl: "https://other.example:8443/v2" })).userErrors).toHaveLength(1);
    });

    test("keeping the keys is as good as reading them: it needs that scope", async () => {
      const { id } = await addProvider(server, { name: "moving-3", baseUrl: "https://one.example/v1" });
      await addKey(server, id);
      const input = { id, baseUrl: "https://evil.example/v1", storedKeys: "KEEP" as const };
      const weaker = { ...tokenPrincipal(), scopes: new Set(["KEYS_WRITE"] as const) };
      const refused = await expectNothingWritten(server, () => updateProvider(server.control, weaker, input));
      expect(refused).toMatchObject({ ok: false, errors: [{ code: "FORBIDDEN" }] });
      expect(await updateProvider(server.control, ANONYMOUS, input)).toMatchObject({ ok: false });
    });

    test("a refused move deletes no key", async () => {
      const { id } = await addProvider(server, { name: "moving-4", baseUrl: "https://one.example/v1" });
      await addKey(server, id);
      const { userErrors } = await expectNothingWritten(server, () =>
        update({ id, name: "twin", baseUrl: "https://two.example/v1", storedKeys: "DELETE" }),
      );
      expect(userErrors[0]).toMatchObject({ code: "DUPLICATE", field: ["name"] });
    });
  });
});

describe("deleting providers", () => {
  const remove = async (ids: string[]) =>
    (
      await server.ask(`mutation ($ids: [ID!]!) { deleteProviders(input: { ids: $ids }) { deletedIds ${ERRORS} } }`, {
        ids,
      })
    ).data.deleteProviders;

  test("takes their keys along", async () => {
    const { id } = await addProvider(server, { name: "leaving" });
    const key = await addKey(server, id);
    expect(await remove([id, "prv_unknown"])).toEqual({ deletedIds: [id], userErrors: [] });
    expect(await server.store.providerKeys.get(key.id)).toBeNull();
    expect(server.snapshots.current.providersById.has(id)).toBe(false);
  });

  test("is refused while a model points there, and names the model", async () => {
    const { id } = await addProvider(server, { name: "needed" });
    const model = await addModel(server, id, { name: "needs-it" });
    const { deletedIds, userErrors } = await expectNothingWritten(server, () => remove([id]));
    expect(deletedIds).toEqual([]);
    expect(userErrors[0]).toMatchObject({ code: "CONFLICT", blockers: [{ __typename: "Model", id: model.id }] });
    expect(userErrors[0].message).toContain("needs-it");
  });
});

describe("listing providers", () => {
  test("filters by text, kind and whether it is enabled", async () => {
    await addProvider(server, { name: "list-a", kind: "ANTHROPIC", memo: "needle" });
    await addProvider(server, { name: "list-b", kind: "ANTHROPIC", enabled: false });
    const names = async (filter: object) => {
      const { data } = await server.ask(
        "query ($filter: ProviderFilter) { providers(filter: $filter) { nodes { name } totalCount } }",
        { filter },
      );
      return data.providers.nodes.map((node: { name: string }) => node.name);
    };
    expect(await names({ kinds: ["ANTHROPIC"] })).toEqual(["list-a", "list-b"]);
    expect(await names({ kinds: ["ANTHROPIC"], enabled: true })).toEqual(["list-a"]);
    expect(await names({ search: "NEEDLE" })).toEqual(["list-a"]);
  });

  test("one is read by id, with the models that point at it", async () => {
    const { id } = await addProvider(server, { name: "read-me" });
    await addModel(server, id, { name: "pointing" });
    const { data } = await server.ask(
      "query ($id: ID!) { provider(id: $id) { name models { name } } node(id: $id) { id } }",
      {
        id,
      },
    );
    expect(data).toEqual({ provider: { name: "read-me", models: [{ name: "pointing" }] }, node: { id } });
    expect((await server.ask('{ provider(id: "prv_0") { name } }')).data).toEqual({ provider: null });
  });
});
