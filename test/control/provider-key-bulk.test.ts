import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { addKey, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
let providerId: string;
let ids: string[];
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());
let round = 0;
beforeEach(async () => {
  providerId = (await addProvider(server, { name: `p${++round}` })).id;
  ids = [];
  for (const name of ["a", "b", "c"]) ids.push((await addKey(server, providerId, { name, tags: ["old"] })).id);
});

async function mutate(name: string, input: object, fields: string): Promise<Answer> {
  const type = name === "restoreProviderKeys" ? "RestoreInput!" : `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${name}(input: $input) { ${fields} userErrors { code message field } } }`;
  const { data, errors } = await server.ask(query, { input });
  expect(errors).toBeUndefined();
  return data[name];
}
const list = async (args = ""): Promise<Answer> =>
  (
    await server.ask(`{ providerKeys(filter: { providers: ["${providerId}"] ${args} }, orderBy: { field: PRIORITY }) {
      totalCount counts { total cooling } nodes { id name tags priority status balance { remaining source } }
    } }`)
  ).data.providerKeys;
const names = async (args = "") => (await list(args)).nodes.map(({ name }: Answer) => name);

/** As an attempt with this key would have judged it. */
function fail(id: string, httpStatus: number): void {
  const key = server.snapshots.current.providersById.get(providerId)!.keys.find((each) => each.id === id)!;
  const lease = server.pool.begin(key, "", Date.now());
  const failure = { errorClass: "quota", scope: "key", retryable: true, httpStatus } as const;
  lease.failed({ ...failure, retryAfterMs: null, resetAtMs: null, message: "no credit left" }, Date.now(), "req_1");
  lease.release();
  server.store.keyStates.save(server.pool.drain().states, [], []);
}

describe("tags", () => {
  test("are added and taken away by filter, and only where that changes something", async () => {
    const before = (await server.store.providerKeys.get(ids[2]!))!;
    const selection = { filter: { providers: [providerId] }, excludeIds: [ids[2]] };
    const { affected } = await mutate("tagProviderKeys", { selection, add: ["new"], remove: ["old"] }, "affected");
    expect(affected).toBe(2);
    expect((await list()).nodes.map(({ tags }: Answer) => tags)).toEqual([["new"], ["new"], ["old"]]);
    expect(await server.store.providerKeys.get(ids[2]!)).toEqual(before);
    expect((await mutate("tagProviderKeys", { selection, add: ["new"] }, "affected")).affected).toBe(0);
    expect(await names(`tags: ["new"]`)).toEqual(["a", "b"]);
  });

  test("are refused when they are none, and nothing is written", async () => {
    await expectNothingWritten(server, async () => {
      const { userErrors } = await mutate("tagProviderKeys", { selection: { ids }, add: [" "] }, "affected");
      expect(userErrors).toMatchObject([{ code: "REQUIRED" }]);
      const both = { selection: { ids, filter: {} }, add: ["x"] };
      expect((await mutate("tagProviderKeys", both, "affected")).userErrors).toMatchObject([{ field: ["selection"] }]);
    });
  });
});

describe("order", () => {
  test("moves keys behind another, or to the top", async () => {
    await mutate("reorderProviderKeys", { providerId, ids: [ids[0]], afterId: ids[2] }, "affected");
    expect(await names()).toEqual(["b", "c", "a"]);
    await mutate("reorderProviderKeys", { providerId, ids: [ids[2], ids[0]] }, "affected");
    expect(await names()).toEqual(["c", "a", "b"]);
    const { userErrors } = await mutate("reorderProviderKeys", { providerId, ids: ["pky_0"] }, "affected");
    expect(userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  });
});

describe("a deletion", () => {
  const DELETED = "deletedIds undoToken undoableUntil";

  test("takes keys out of pool and lists at once, and is taken back with their health", async () => {
    fail(ids[0]!, 402);
    const deletion = await mutate("deleteProviderKeys", { selection: { ids: ids.slice(0, 2) } }, DELETED);
    expect(deletion.deletedIds).toEqual(ids.slice(0, 2));
    expect(await names()).toEqual(["c"]);
    expect(server.snapshots.current.providersById.get(providerId)!.keys).toHaveLength(1);
    expect((await server.ask(`{ node(id: "${ids[0]}") { id } }`)).data.node).toBeNull();

    const { restoredIds, conflictingIds } = await mutate(
      "restoreProviderKeys",
      { undoToken: deletion.undoToken },
      "restoredIds conflictingIds",
    );
    expect([restoredIds, conflictingIds]).toEqual([ids.slice(0, 2), []]);
    expect((await list()).nodes.map(({ status }: Answer) => status)).toEqual(["EXHAUSTED", "UNCHECKED", "UNCHECKED"]);
    const again = await mutate("restoreProviderKeys", { undoToken: deletion.undoToken }, "restoredIds");
    expect(again.userErrors).toMatchObject([{ code: "CONFLICT" }]);
  });

  test("leaves name and secret free, and what was given again stays with its new key", async () => {
    const { undoToken } = await mutate("deleteProviderKeys", { selection: { ids: [ids[0], ids[1]] } }, DELETED);
    const again = await addKey(server, providerId, { name: "a" });
    const { restoredIds, conflictingIds } = await mutate(
      "restoreProviderKeys",
      { undoToken },
      "restoredIds conflictingIds",
    );
    expect([restoredIds, conflictingIds]).toEqual([[ids[1]], [ids[0]]]);
    expect((await list()).nodes.map(({ id }: Answer) => id).sort()).toEqual([ids[1], ids[2], again.id].sort());
  });

  test("cannot be taken back with a made-up token or after a day", async () => {
    const { undoToken } = await mutate("deleteProviderKeys", { selection: { ids } }, DELETED);
    const forged = `${Number.parseInt(undoToken, 10) + 1}${undoToken.slice(undoToken.indexOf("."))}`;
    await expectNothingWritten(server, async () => {
      expect((await mutate("restoreProviderKeys", { undoToken: forged }, "restoredIds")).userErrors).toHaveLength(1);
    });
    await server.store.providerKeys.purge(Date.now() + 1);
    expect((await mutate("restoreProviderKeys", { undoToken }, "restoredIds")).userErrors).toHaveLength(1);
    expect(await server.store.providerKeys.listRetired()).toEqual([]);
  });

  test("is found again by an import that restores", async () => {
    const secret = "sk-restored-by-import-1";
    const { id } = await addKey(server, providerId, { name: "lost", secret });
    await mutate("deleteProviderKeys", { selection: { ids: [id] } }, DELETED);
    const input = { providerId, text: secret, onDuplicate: "RESTORE", tags: ["back"] };
    const { job } = await mutate("importProviderKeys", input, "job { items { nodes { message subject { id } } } }");
    expect(job.items.nodes).toEqual([{ message: "restored", subject: { id } }]);
    expect((await list(`ids: ["${id}"]`)).nodes).toMatchObject([{ name: "lost", tags: ["back"] }]);
  });
});

describe("a secret", () => {
  test("is shown once asked for, with a token that proves itself", async () => {
    const { id } = await addKey(server, providerId, { secret: "sk-revealed-secret-1" });
    const { secret } = await mutate("revealProviderKeySecret", { id }, "secret");
    expect(secret).toBe("sk-revealed-secret-1");
    const { userErrors } = await mutate("revealProviderKeySecret", { id: "pky_0" }, "secret");
    expect(userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  });
});

describe("the table", () => {
  test("is filtered by what was observed", async () => {
    fail(ids[1]!, 402);
    expect(await names("reasons: [QUOTA]")).toEqual(["b"]);
    expect(await names("lastHttpStatus: [402, 500]")).toEqual(["b"]);
    expect(await names("failuresAtLeast: 1")).toEqual(["b"]);
    expect(await names("failuresAtLeast: 2")).toEqual([]);
    expect(await names(`lastUsed: { from: "now-1m", to: "now+1m" }`)).toEqual(["b"]);
    expect((await list("statuses: [COOLING]")).counts).toMatchObject({ total: 3 });
  });

  test("is sorted by everything it offers, and paged without a gap", async () => {
    const fields = [
      "NAME",
      "PRIORITY",
      "STATUS",
      "CREATED_AT",
      "LAST_USED_AT",
      "USAGE_COUNT",
      "BALANCE",
      "REQUESTS_24H",
      "ERROR_RATE_24H",
      "COST_24H",
    ];
    for (const field of fields) {
      const seen: string[] = [];
      for (let after: string | null = null; seen.length < 3; ) {
        const query = `query ($after: String) { providerKeys(first: 1, after: $after, filter: { providers: ["${providerId}"] },
          orderBy: { field: ${field}, direction: DESC }) { nodes { id } pageInfo { endCursor hasNextPage } } }`;
        const { providerKeys } = (await server.ask(query, { after })).data as Answer;
        seen.push(providerKeys.nodes[0].id);
        after = providerKeys.pageInfo.endCursor;
        expect(providerKeys.pageInfo.hasNextPage).toBe(seen.length < 3);
      }
      expect([field, seen.sort()]).toEqual([field, ids.toSorted()]);
    }
  });
});

describe("a person's balance", () => {
  const settle = (keyId: string, costNanoUsd: number) =>
    server.events.emit("requestSettled", makeRecord({ keyId, costNanoUsd }));

  test("is burned down by what requests cost, and kept", async () => {
    const input = { id: ids[0], remaining: "10.5", total: "20" };
    const { providerKey } = await mutate(
      "setKeyBalance",
      input,
      "providerKey { balance { remaining total currency source } }",
    );
    expect(providerKey.balance).toEqual({ remaining: "10.5", total: "20", currency: "USD", source: "MANUAL" });
    settle(ids[0]!, 500_000_000);
    settle(ids[1]!, 500_000_000);
    expect(await names(`balance: { gte: "10", lte: "10" }`)).toEqual(["a"]);
    await server.control.balances.flush();
    expect(await server.store.keyBalances.all()).toMatchObject([{ keyId: ids[0], remaining: 10_000_000_000 }]);
    await mutate("setKeyBalance", { id: ids[0], remaining: null }, "providerKey { id }");
    expect(await server.store.keyBalances.all()).toEqual([]);
  });

  test("that cannot be meant is refused", async () => {
    for (const amounts of [{ remaining: "-1" }, { remaining: "5", total: "4" }]) {
      const { userErrors } = await mutate("setKeyBalance", { id: ids[0], ...amounts }, "providerKey { id }");
      expect(userErrors).toHaveLength(1);
    }
    expect(await server.store.keyBalances.all()).toEqual([]);
  });
});
