import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { KeyHealthChange } from "../../src/events.ts";
import { addKey, addModel, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
let providerId: string;
beforeAll(async () => {
  server = await startAdminServer();
  providerId = (await addProvider(server, { name: "main" })).id;
});
afterAll(() => server.stop());

const ERRORS = "userErrors { __typename code message field ... on DuplicateError { existing { __typename id } } }";
const FIELDS =
  "id name status secretPreview fingerprint proxyPreview tags memo userAgent priority weight enabled version";
const create = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: CreateProviderKeyInput!) { createProviderKey(input: $input) { providerKey { ${FIELDS} } ${ERRORS} } }`,
      { input: { providerId, ...input } },
    )
  ).data.createProviderKey;
const update = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: UpdateProviderKeyInput!) { updateProviderKey(input: $input) { providerKey { ${FIELDS} } ${ERRORS} } }`,
      { input },
    )
  ).data.updateProviderKey;
const act = async (selection: object, action: string) =>
  (
    await server.ask(
      `mutation ($input: ActOnProviderKeysInput!) {
        actOnProviderKeys(input: $input) { affected providerKeys { id status } ${ERRORS} }
      }`,
      { input: { selection, action } },
    )
  ).data.actOnProviderKeys;

/** As if the upstream had refused the key. */
function refuseKey(keyId: string, model: string | null = null): void {
  server.pool.restore(
    [
      {
        keyId,
        model: model ?? "",
        state: model === null ? "invalid" : "cooling",
        untilMs: model === null ? null : Date.now() + 60_000,
        failures: 2,
        sinceMs: Date.now() - 1000,
        errorClass: model === null ? "key_invalid" : "rate_limited",
        httpStatus: model === null ? 401 : 429,
        message: "Incorrect API key provided: sk-…wxyz",
      },
    ],
    [],
  );
}

describe("creating a provider key", () => {
  test("answers everything but the secret, and serves at once", async () => {
    const secret = "sk-very-secret-0123456789";
    const reply = await server.ask(
      `mutation ($input: CreateProviderKeyInput!) { createProviderKey(input: $input) { providerKey { ${FIELDS} } ${ERRORS} } }`,
      {
        input: {
          providerId,
          secret: `  ${secret}\n`,
          name: "first",
          tags: ["a", "b", "a"],
          userAgent: "codex/1",
          proxyUrl: "http://user:hush@proxy.example:3128",
        },
      },
    );
    const { providerKey, userErrors } = reply.data.createProviderKey;
    expect(userErrors).toEqual([]);
    expect(providerKey).toMatchObject({
      name: "first",
      status: "UNCHECKED",
      secretPreview: "sk-…6789",
      tags: ["a", "b"],
      userAgent: "codex/1",
    });
    expect(providerKey.proxyPreview).toContain("proxy.example:3128");
    expect(reply.text).not.toContain(secret);
    expect(reply.text).not.toContain("hush");
    const [served] = server.snapshots.current.providersById.get(providerId)!.keys;
    expect(served?.secret.reveal()).toBe(secret);
  });

  test("names an unnamed key after its fingerprint", async () => {
    const { providerKey } = await create({ secret: "sk-unnamed-0123456789" });
    expect(providerKey.name).toBe(`key-${providerKey.fingerprint.slice(0, 8)}`);
  });

  const refusals: [what: string, input: object, field: string[], code: string][] = [
    ["an unknown provider", { providerId: "prv_0", secret: "sk-x-0123456789" }, ["providerId"], "NOT_FOUND"],
    ["an empty secret", { secret: "  " }, ["secret"], "REQUIRED"],
    ["a secret with a space", { secret: "sk one" }, ["secret"], "INVALID"],
    ["a secret that would end a header", { secret: "sk-1\r\nx: y" }, ["secret"], "INVALID"],
    ["the same secret again", { secret: "sk-very-secret-0123456789" }, ["secret"], "DUPLICATE"],
    ["the same name again", { secret: "sk-other-0123456789", name: "first" }, ["name"], "DUPLICATE"],
    ["a weight of nothing", { secret: "sk-w", weight: 0 }, ["weight"], "OUT_OF_RANGE"],
    ["a negative priority", { secret: "sk-w", priority: -1 }, ["priority"], "OUT_OF_RANGE"],
    ["a SOCKS proxy", { secret: "sk-w", proxyUrl: "socks5://proxy.example" }, ["proxyUrl"], "INVALID"],
    ["a proxy on a private address", { secret: "sk-w", proxyUrl: "http://192.168.1.1:8080" }, ["proxyUrl"], "INVALID"],
    ["a user agent that would end a header", { secret: "sk-w", userAgent: "a\nb" }, ["userAgent"], "INVALID"],
    ["an empty tag", { secret: "sk-w", tags: [""] }, ["tags", "0"], "REQUIRED"],
  ];
  test.each(refusals)("refuses %s", async (_what, input, field, code) => {
    const { providerKey, userErrors } = await expectNothingWritten(server, () => create(input));
    expect(providerKey).toBeNull();
    expect(userErrors).toHaveLength(1);
    expect(userErrors[0]).toMatchObject({ field, code });
  });
});

describe("changing a provider key", () => {
  test("keeps the secret unless a new one is given; a new one starts with a clean slate", async () => {
    const key = await addKey(server, providerId, { name: "rotating", secret: "sk-old-0123456789" });
    refuseKey(key.id);
    const renamed = await update({ id: key.id, name: "rotated", memo: "note" });
    expect(renamed.providerKey).toMatchObject({
      name: "rotated",
      memo: "note",
      secretPreview: "sk-…6789",
      status: "INVALID",
    });
    const replaced = await update({ id: key.id, secret: "sk-new-9876543210" });
    expect(replaced.providerKey).toMatchObject({ secretPreview: "sk-…3210", status: "UNCHECKED", memo: "note" });
  });

  test("refuses a stale version and an unknown id", async () => {
    const key = await addKey(server, providerId, { name: "contended" });
    await update({ id: key.id, memo: "theirs" });
    const stale = await expectNothingWritten(server, () => update({ id: key.id, expectedVersion: 1, memo: "mine" }));
    expect(stale.userErrors[0]).toMatchObject({ code: "STALE_VERSION" });
    const missing = await expectNothingWritten(server, () => update({ id: "pky_0", memo: "mine" }));
    expect(missing.userErrors[0]).toMatchObject({ code: "NOT_FOUND", field: ["id"] });
  });

  test("null clears the proxy", async () => {
    const key = await addKey(server, providerId, { name: "proxied", proxyUrl: "http://proxy.example:3128" });
    expect((await update({ id: key.id, proxyUrl: null })).providerKey.proxyPreview).toBeNull();
  });
});

describe("a sick key", () => {
  test("shows its state in words, the upstream's own included, and counts as such", async () => {
    const key = await addKey(server, providerId, { name: "sick", tags: ["sick"] });
    refuseKey(key.id);
    const { data } = await server.ask(
      `query ($id: ID!) {
        providerKey(id: $id) {
          status consecutiveFailures cooldownUntil parkedModels { model }
          statusReason { errorClass httpStatus message since }
        }
        providerKeys(filter: { tags: ["sick"] }) { counts { total invalid } }
      }`,
      { id: key.id },
    );
    expect(data.providerKey).toMatchObject({
      status: "INVALID",
      consecutiveFailures: 2,
      cooldownUntil: null,
      statusReason: { errorClass: "KEY_INVALID", httpStatus: 401, message: "Incorrect API key provided: sk-…wxyz" },
    });
    expect(data.providerKeys.counts).toEqual({ total: 1, invalid: 1 });
  });

  test("may be parked on one model only, which that model's health shows", async () => {
    const provider = await addProvider(server, { name: "parking" });
    const key = await addKey(server, provider.id, { name: "parked" });
    await addModel(server, provider.id, {
      name: "parked-model",
      targets: [{ providerId: provider.id, upstreamModel: "upstream-1" }],
    });
    refuseKey(key.id, "upstream-1");
    server.events.emit("config", { noun: "providerKey", kind: "updated", ids: [key.id] });
    const { data } = await server.ask(
      `query ($id: ID!) {
        providerKey(id: $id) { status parkedModels { model state until } }
        model(name: "parked-model") { health { state usableKeys totalKeys } targets { usableKeys } }
      }`,
      { id: key.id },
    );
    expect(data.providerKey.parkedModels).toMatchObject([{ model: "upstream-1", state: "COOLING" }]);
    expect(data.model).toEqual({
      health: { state: "DOWN", usableKeys: 0, totalKeys: 1 },
      targets: [{ usableKeys: 0 }],
    });
  });

  test("keeps its history, newest first", async () => {
    const key = await addKey(server, providerId, { name: "historic" });
    const change = (atMs: number, to: KeyHealthChange["to"]): KeyHealthChange => ({
      atMs,
      keyId: key.id,
      providerId,
      model: null,
      from: "active",
      to,
      untilMs: null,
      errorClass: "rate_limited",
      httpStatus: 429,
      message: "slow down",
      requestId: null,
    });
    server.store.keyStates.save([], [], [change(1000, "cooling"), change(2000, "exhausted")]);
    const { data } = await server.ask(
      "query ($id: ID!) { providerKey(id: $id) { healthHistory(first: 10) { nodes { at from to message errorClass } } } }",
      { id: key.id },
    );
    expect(data.providerKey.healthHistory.nodes).toEqual([
      {
        at: "1970-01-01T00:00:02.000Z",
        from: "ACTIVE",
        to: "EXHAUSTED",
        message: "slow down",
        errorClass: "RATE_LIMITED",
      },
      {
        at: "1970-01-01T00:00:01.000Z",
        from: "ACTIVE",
        to: "COOLING",
        message: "slow down",
        errorClass: "RATE_LIMITED",
      },
    ]);
  });
});

describe("acting on many keys", () => {
  test("by filter, with exceptions; only what changes counts", async () => {
    const provider = await addProvider(server, { name: "bulk" });
    const keys = [];
    for (const name of ["bulk-1", "bulk-2", "bulk-3"]) keys.push(await addKey(server, provider.id, { name }));
    const selection = { filter: { providers: [provider.id] }, excludeIds: [keys[2].id] };
    const disabled = await act(selection, "DISABLE");
    expect(disabled).toMatchObject({ affected: 2, userErrors: [] });
    expect(disabled.providerKeys.map((key: { status: string }) => key.status)).toEqual(["DISABLED", "DISABLED"]);
    expect(server.snapshots.current.providersById.get(provider.id)!.keys.map((key) => key.id)).toEqual([keys[2].id]);
    expect((await act(selection, "DISABLE")).affected).toBe(0);
    expect((await act({ filter: { providers: [provider.id] } }, "ENABLE")).affected).toBe(2);
  });

  test("RESET gives a sick key another chance, and writes nothing", async () => {
    const key = await addKey(server, providerId, { name: "reset-me" });
    refuseKey(key.id);
    const { version } = (await server.store.providerKeys.get(key.id))!;
    expect((await act({ ids: [key.id] }, "RESET")).providerKeys).toEqual([{ id: key.id, status: "UNCHECKED" }]);
    expect((await server.store.providerKeys.get(key.id))!.version).toBe(version);
  });

  test("is refused without ids and filter, and with both: everything must be meant", async () => {
    for (const selection of [{}, { ids: [], filter: {} }]) {
      const { affected, userErrors } = await expectNothingWritten(server, () => act(selection, "DISABLE"));
      expect(affected).toBe(0);
      expect(userErrors[0]).toMatchObject({ code: "REQUIRED", field: ["selection"] });
    }
  });

  test("deletes by filter", async () => {
    const provider = await addProvider(server, { name: "doomed" });
    const { id } = await addKey(server, provider.id, { tags: ["doomed"] });
    const reply = await server.ask(
      `mutation { deleteProviderKeys(input: { selection: { filter: { tags: ["doomed"] } } }) { deletedIds userErrors { code } } }`,
    );
    expect(reply.data.deleteProviderKeys).toEqual({ deletedIds: [id], userErrors: [] });
    expect(await server.store.providerKeys.get(id)).toBeNull();
  });
});

describe("listing provider keys", () => {
  let listed: string;
  beforeAll(async () => {
    listed = (await addProvider(server, { name: "listed" })).id;
    for (let index = 0; index < 5; index++) {
      await addKey(server, listed, {
        name: `list-${index}`,
        priority: 5 - index,
        enabled: index !== 4,
        tags: [`t${index % 2}`],
      });
    }
  });
  const list = async (args: string, variables: object = {}) => {
    const [name] = Object.keys(variables);
    const query = `query ${name === undefined ? "" : `($${name}: String)`} {
      providerKeys(filter: { providers: ["${listed}"] }, ${args}) {
        nodes { name } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`;
    const { data, errors } = await server.ask(query, variables);
    return {
      ...data?.providerKeys,
      errors,
      names: data?.providerKeys.nodes.map((node: { name: string }) => node.name),
    };
  };

  test("walks forward and backward by cursor, the same rows in the same order", async () => {
    const first = await list("first: 2");
    expect(first.names).toEqual(["list-0", "list-1"]);
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const second = await list("first: 2, after: $after", { after: first.pageInfo.endCursor });
    expect(second.names).toEqual(["list-2", "list-3"]);
    const back = await list("last: 2, before: $before", { before: second.pageInfo.startCursor });
    expect(back.names).toEqual(["list-0", "list-1"]);
    const end = await list("first: 2, after: $after", { after: second.pageInfo.endCursor });
    expect(end).toMatchObject({ names: ["list-4"], pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  });

  test("a row that goes meanwhile shifts nothing", async () => {
    const extra = await addKey(server, listed, { name: "list-00" });
    const first = await list("first: 2");
    expect(first.names).toEqual(["list-0", "list-00"]);
    await server.store.providerKeys.delete([extra.id]);
    server.events.emit("config", { noun: "providerKey", kind: "deleted", ids: [extra.id] });
    expect((await list("first: 2, after: $after", { after: first.pageInfo.endCursor })).names).toEqual([
      "list-1",
      "list-2",
    ]);
  });

  test("sorts by what is asked, both ways", async () => {
    expect((await list("orderBy: { field: PRIORITY }")).names).toEqual([
      "list-4",
      "list-3",
      "list-2",
      "list-1",
      "list-0",
    ]);
    expect((await list("first: 1, orderBy: { field: NAME, direction: DESC }")).names).toEqual(["list-4"]);
    expect((await list("last: 1, orderBy: { field: STATUS }")).names).toHaveLength(1);
  });

  test("refuses a cursor of another order, a page of both ends and one that is too long", async () => {
    const { pageInfo } = await list("first: 1");
    const misused = await list("first: 1, after: $after, orderBy: { field: PRIORITY }", { after: pageInfo.endCursor });
    expect(misused.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect((await list("first: 1, after: $after", { after: "garbage" })).errors?.[0]?.extensions.code).toBe(
      "BAD_USER_INPUT",
    );
    expect((await list("first: 1, last: 1")).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect((await list("first: 201")).errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
    expect((await list("first: 200")).errors).toBeUndefined();
  });

  test("filters by status, tag, text and id; the counts leave the status out", async () => {
    const ask = async (filter: object) => {
      const { data } = await server.ask(
        `query ($filter: ProviderKeyFilter) {
          providerKeys(filter: $filter) { totalCount counts { total unchecked disabled } nodes { id name } }
        }`,
        { filter: { providers: [listed], ...filter } },
      );
      return data.providerKeys;
    };
    expect(await ask({ statuses: ["DISABLED"] })).toMatchObject({
      totalCount: 1,
      counts: { total: 5, unchecked: 4, disabled: 1 },
      nodes: [{ name: "list-4" }],
    });
    expect((await ask({ tags: ["t1"] })).totalCount).toBe(2);
    const [{ id }] = (await ask({ search: "LIST-3" })).nodes;
    expect((await ask({ ids: [id, "pky_0"] })).nodes).toEqual([{ id, name: "list-3" }]);
  });
});
