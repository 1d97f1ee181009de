import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Secret, Vault } from "../../src/lib/secret.ts";
import type { Written } from "../../src/store/types.ts";

afterEach(cleanUp);

import {
  cleanUp,
  clientKeyValues,
  MASTER_KEY,
  modelValues,
  openTestStore,
  providerKeyValues,
  providerValues,
  temporaryDirectory,
} from "./fixtures.ts";

function ok<Row>(written: Written<Row>): Row {
  if (written.kind !== "ok") throw new Error(`expected ok, got ${written.kind}`);
  return written.row;
}

describe("providers", () => {
  test("are created, read, changed and deleted", async () => {
    const store = await openTestStore();
    const row = ok(await store.providers.create(providerValues({ memo: "first" })));
    expect(row).toMatchObject({ ...providerValues({ memo: "first" }), version: 1 });
    expect(row.createdAt).toBe(row.updatedAt);
    expect(await store.providers.get(row.id)).toEqual(row);
    const changed = ok(await store.providers.update(row.id, { enabled: false, memo: null }));
    expect(changed).toMatchObject({ enabled: false, memo: null, version: 2, name: row.name });
    expect(await store.providers.list()).toEqual([changed]);
    expect(await store.providers.delete([row.id, "prv_unknown"])).toEqual([row.id]);
    expect(await store.providers.list()).toEqual([]);
    expect(await store.providers.get(row.id)).toBeNull();
  });

  test("keep what was learned of them until it is forgotten, the address changes or they go", async () => {
    const store = await openTestStore();
    const { id, ...row } = ok(await store.providers.create(providerValues({ ignoredQuirks: ["echo_reasoning"] })));
    const learned = { quirk: "no_stream_options", learnedAt: 5, words: "Unknown field" } as const;
    expect(await store.providers.learnQuirk(id, learned)).toBe(true);
    expect(await store.providers.learnQuirk(id, { ...learned, words: "again" })).toBe(false);
    expect(await store.providers.learnQuirk(id, { ...learned, quirk: "echo_reasoning" })).toBe(false);
    expect(await store.providers.learnQuirk("prv_0", learned)).toBe(false);
    expect(await store.providers.list()).toEqual([{ id, ...row, learnedQuirks: [learned] }]);
    expect(ok(await store.providers.update(id, { baseUrl: row.baseUrl })).learnedQuirks).toEqual([learned]);
    expect(await store.providers.forgetQuirk(id, "max_tokens_only")).toMatchObject({ learnedQuirks: [learned] });
    expect(await store.providers.forgetQuirk(id, learned.quirk)).toMatchObject({ learnedQuirks: [] });
    await store.providers.learnQuirk(id, learned);
    expect(ok(await store.providers.update(id, { baseUrl: "https://b.example/v1" })).learnedQuirks).toEqual([]);
    await store.providers.learnQuirk(id, learned);
    expect(await store.providers.delete([id])).toEqual([id]);
    expect(await store.providers.forgetQuirk(id, learned.quirk)).toBeNull();
  });

  test("read past what a newer version stored", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    const { id } = ok(await store.providers.create(providerValues()));
    const target = { providerId: id, upstreamModel: "m", priority: 0, weight: 1, enabled: true, traits: null };
    const model = ok(await store.models.create(modelValues({ targets: [target] })));
    await store.close();
    const database = new Database(join(dataDir, "sluice.db"));
    database.run("UPDATE provider SET quirks = ?", [JSON.stringify(["from_the_future", "max_tokens_only"])]);
    database.run("INSERT INTO provider_quirk VALUES (?, 'from_the_future', 1, '')", [id]);
    database.run("UPDATE model_target SET traits = ?", [JSON.stringify({ thinking: "sideways" })]);
    database.close();
    const reopened = await openTestStore(dataDir);
    expect(await reopened.providers.get(id)).toMatchObject({ quirks: ["max_tokens_only"], learnedQuirks: [] });
    expect(await reopened.models.get(model.id)).toMatchObject({ targets: [target] });
  });

  test("list in the order of their making", async () => {
    const store = await openTestStore();
    for (const name of ["c", "a", "b"]) await store.providers.create(providerValues({ name }));
    expect((await store.providers.list()).map((row) => row.name)).toEqual(["c", "a", "b"]);
  });

  test("a change with an old version is refused and changes nothing", async () => {
    const store = await openTestStore();
    const row = ok(await store.providers.create(providerValues()));
    const second = ok(await store.providers.update(row.id, { memo: "second" }, 1));
    expect(await store.providers.update(row.id, { memo: "late" }, 1)).toEqual({ kind: "stale", current: second });
    expect(await store.providers.get(row.id)).toEqual(second);
  });

  test("a name is given once", async () => {
    const store = await openTestStore();
    const first = ok(await store.providers.create(providerValues({ name: "a" })));
    const second = ok(await store.providers.create(providerValues({ name: "b" })));
    const refused = { kind: "duplicate", field: "name", existing: first } as const;
    expect(await store.providers.create(providerValues({ name: "a" }))).toEqual(refused);
    expect(await store.providers.update(second.id, { name: "a" })).toEqual(refused);
    expect(ok(await store.providers.update(second.id, { name: "b" })).name).toBe("b");
    expect(await store.providers.list()).toHaveLength(2);
  });

  test("what is not there is not changed", async () => {
    const store = await openTestStore();
    expect(await store.providers.update("prv_unknown", { memo: "x" })).toEqual({ kind: "not_found" });
  });

  test("an open field of a patch stays as it is", async () => {
    const store = await openTestStore();
    const row = ok(await store.providers.create(providerValues({ memo: "kept" })));
    expect(
      ok(await store.providers.update(row.id, { memo: undefined, name: undefined, enabled: false })),
    ).toMatchObject({
      memo: "kept",
      name: row.name,
      enabled: false,
    });
  });

  test("deleting one takes its keys and its places in models along", async () => {
    const store = await openTestStore();
    const [gone, kept] = [
      ok(await store.providers.create(providerValues({ name: "gone" }))),
      ok(await store.providers.create(providerValues({ name: "kept" }))),
    ];
    await store.providerKeys.create(providerKeyValues(gone.id));
    const keptKey = ok(await store.providerKeys.create(providerKeyValues(kept.id)));
    const plain = { upstreamModel: "m", priority: 0, weight: 1, enabled: true, traits: null };
    const target = (providerId: string) => ({ ...plain, providerId });
    const model = ok(
      await store.models.create(modelValues({ targets: [target(gone.id), target(kept.id), target(gone.id)] })),
    );
    const untouched = ok(await store.models.create(modelValues({ name: "other", targets: [target(kept.id)] })));
    await store.providers.delete([gone.id]);
    expect(await store.providerKeys.list()).toEqual([keptKey]);
    expect(await store.models.get(model.id)).toMatchObject({ targets: [target(kept.id)], version: 2 });
    expect(await store.models.get(untouched.id)).toEqual(untouched);
  });
});

describe("provider keys", () => {
  test("come with their secrets only where they are asked for opened", async () => {
    const store = await openTestStore();
    const provider = ok(await store.providers.create(providerValues()));
    const proxyUrl = new Secret("http://user:pass@proxy.example:3128");
    const row = ok(await store.providerKeys.create(providerKeyValues(provider.id, { proxyUrl })));
    expect(row).toMatchObject({ secretPreview: "sk-…0001", proxyPreview: "proxy.example:3128", tags: ["paid"] });
    expect(Object.keys(row)).not.toContain("secret");
    expect(JSON.stringify(row)).not.toContain("pass");
    const [opened] = await store.providerKeys.listOpened();
    expect(opened!.secret.reveal()).toBe("sk-first-secret-0001");
    expect(opened!.proxyUrl!.reveal()).toBe("http://user:pass@proxy.example:3128");
  });

  test("opened values follow a change of the secret", async () => {
    const store = await openTestStore();
    const provider = ok(await store.providers.create(providerValues()));
    const row = ok(await store.providerKeys.create(providerKeyValues(provider.id)));
    const [before] = await store.providerKeys.listOpened();
    expect((await store.providerKeys.listOpened())[0]!.secret).toBe(before!.secret); // cached
    const changed = ok(await store.providerKeys.update(row.id, { secret: new Secret("sk-second-secret-0002") }));
    expect(changed.secretPreview).toBe("sk-…0002");
    expect(changed.fingerprint).not.toBe(row.fingerprint);
    expect((await store.providerKeys.listOpened())[0]!.secret.reveal()).toBe("sk-second-secret-0002");
    ok(await store.providerKeys.update(row.id, { memo: "same secret" }));
    expect((await store.providerKeys.listOpened())[0]!.secret.reveal()).toBe("sk-second-secret-0002");
    ok(await store.providerKeys.update(row.id, { proxyUrl: null }));
    expect((await store.providerKeys.listOpened())[0]!.proxyUrl).toBeNull();
    await store.providerKeys.delete([row.id]);
    expect(await store.providerKeys.listOpened()).toEqual([]);
  });

  test("neither a name nor a secret is twice in a provider", async () => {
    const store = await openTestStore();
    const provider = ok(await store.providers.create(providerValues()));
    const other = ok(await store.providers.create(providerValues({ name: "other" })));
    const first = ok(await store.providerKeys.create(providerKeyValues(provider.id)));
    expect(
      await store.providerKeys.create(providerKeyValues(provider.id, { secret: new Secret("sk-another-0003") })),
    ).toEqual({ kind: "duplicate", field: "name", existing: first });
    expect(await store.providerKeys.create(providerKeyValues(provider.id, { name: "k2" }))).toEqual({
      kind: "duplicate",
      field: "secret",
      existing: first,
    });
    const elsewhere = ok(await store.providerKeys.create(providerKeyValues(other.id)));
    expect(await store.providerKeys.update(elsewhere.id, { providerId: provider.id })).toMatchObject({
      kind: "duplicate",
    });
    expect(await store.providerKeys.list()).toEqual([first, elsewhere]);
  });

  test("many are written in one transaction, duplicates told one by one", async () => {
    const store = await openTestStore();
    const provider = ok(await store.providers.create(providerValues()));
    const values = Array.from({ length: 2000 }, (_, index) =>
      providerKeyValues(provider.id, { name: `k${index}`, secret: new Secret(`sk-import-${index % 1999}`) }),
    );
    const written = await store.providerKeys.writeMany(values.map((each) => ({ kind: "create", values: each })));
    expect(written.map((each) => each.kind)).toEqual([...Array(1999).fill("ok"), "duplicate"]);
    expect(await store.providerKeys.list()).toHaveLength(1999);
    expect(
      await store.providerKeys.delete(written.flatMap((each) => (each.kind === "ok" ? [each.row.id] : []))),
    ).toHaveLength(1999);
  });

  test("no secret stands in any file", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    const provider = ok(await store.providers.create(providerValues()));
    const proxyUrl = new Secret("http://user:proxy-password@proxy.example:3128");
    await store.providerKeys.create(providerKeyValues(provider.id, { proxyUrl }));
    await store.clientKeys.create(clientKeyValues());
    const stored = readdirSync(dataDir)
      .filter((name) => name.includes(".db"))
      .map((name) => readFileSync(join(dataDir, name), "latin1"))
      .join("");
    expect(stored).toContain("openai-main");
    for (const secret of ["sk-first-secret-0001", "proxy-password", "sk-slc_client-secret-1"]) {
      expect(stored).not.toContain(secret);
    }
  });

  test("a value that was moved to another row does not open", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    const provider = ok(await store.providers.create(providerValues()));
    await store.providerKeys.create(providerKeyValues(provider.id));
    await store.providerKeys.create(providerKeyValues(provider.id, { name: "k2", secret: new Secret("sk-other") }));
    await store.close();
    const database = new Database(join(dataDir, "sluice.db"));
    database.run("UPDATE provider_key SET secret = (SELECT secret FROM provider_key WHERE name = 'k1')");
    database.close();
    const again = await openTestStore(dataDir);
    await expect(again.providerKeys.listOpened()).rejects.toThrow(/moved from another row/);
  });
});

describe("models", () => {
  test("keep names, targets and price in their order", async () => {
    const store = await openTestStore();
    const provider = ok(await store.providers.create(providerValues()));
    const targets = [3, 1, 2].map((priority) => ({
      providerId: provider.id,
      upstreamModel: `m${priority}`,
      priority,
      weight: 1,
      enabled: priority !== 1,
      traits: priority === 1 ? { thinking: "effort" as const, sampling: false, efforts: ["low" as const] } : null,
    }));
    const price = { input: 2, output: 8, cacheRead: 0.5, cacheWrite: null };
    const values = modelValues({ aliases: ["z", "a"], targets, price, description: "d" });
    const row = ok(await store.models.create(values));
    expect(row).toMatchObject(values);
    expect(await store.models.list()).toEqual([row]);
    const changed = ok(await store.models.update(row.id, { aliases: ["a", "b"], price: null }));
    expect(changed).toMatchObject({ ...values, aliases: ["a", "b"], price: null, version: 2 });
    expect(ok(await store.models.update(row.id, { targets: [] })).targets).toEqual([]);
    expect(await store.models.delete([row.id])).toEqual([row.id]);
    ok(await store.models.create(values)); // its names are free again
  });

  test("a name or alias belongs to one model", async () => {
    const store = await openTestStore();
    const first = ok(await store.models.create(modelValues({ name: "a", aliases: ["b"] })));
    const duplicate = (field: string) => ({ kind: "duplicate", field, existing: first }) as const;
    expect(await store.models.create(modelValues({ name: "b" }))).toEqual(duplicate("name"));
    expect(await store.models.create(modelValues({ name: "c", aliases: ["d", "a"] }))).toEqual(duplicate("aliases"));
    const second = ok(await store.models.create(modelValues({ name: "c", aliases: ["c", "d", "d"] })));
    expect(second.aliases).toEqual(["d"]);
    expect(await store.models.update(second.id, { name: "b" })).toEqual(duplicate("name"));
    expect(await store.models.update(second.id, { aliases: ["a"] })).toEqual(duplicate("aliases"));
    expect(ok(await store.models.update(first.id, { name: "b", aliases: ["a"] }))).toMatchObject({
      name: "b",
      aliases: ["a"],
    });
    expect(await store.models.list()).toHaveLength(2);
  });
});

describe("client keys", () => {
  test("are found by the hash of their secret", async () => {
    const store = await openTestStore();
    const row = ok(
      await store.clientKeys.create(clientKeyValues({ allowedModels: ["gpt-*"], requestContent: "full" })),
    );
    const hash = new Vault(MASTER_KEY).clientKeyHash("sk-slc_client-secret-1");
    expect(row).toMatchObject({ hash, allowedModels: ["gpt-*"], requestContent: "full", lastUsedAt: null, version: 1 });
    const rotated = ok(await store.clientKeys.update(row.id, { secret: new Secret("sk-slc_client-secret-2") }, 1));
    expect(rotated.hash).not.toBe(hash);
    expect(rotated.secretPreview).toBe("sk-…et-2");
    expect(await store.clientKeys.list()).toEqual([rotated]);
    expect(await store.clientKeys.delete([row.id])).toEqual([row.id]);
  });

  test("names, secrets and the built-in ones are there once", async () => {
    const store = await openTestStore();
    const anonymous = ok(
      await store.clientKeys.create(clientKeyValues({ name: "anonymous", secret: null, builtin: "anonymous" })),
    );
    expect(anonymous).toMatchObject({ hash: null, secretPreview: "", builtin: "anonymous" });
    const team = ok(await store.clientKeys.create(clientKeyValues()));
    expect(await store.clientKeys.create(clientKeyValues({ secret: new Secret("x") }))).toEqual({
      kind: "duplicate",
      field: "name",
      existing: team,
    });
    expect(await store.clientKeys.create(clientKeyValues({ name: "b" }))).toMatchObject({
      kind: "duplicate",
      field: "secret",
    });
    expect(
      await store.clientKeys.create(clientKeyValues({ name: "c", secret: null, builtin: "anonymous" })),
    ).toMatchObject({ kind: "duplicate", field: "builtin" });
    expect(await store.clientKeys.list()).toEqual([anonymous, team]);
  });

  test("a last use outlives a restart and is no change", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    const row = ok(await store.clientKeys.create(clientKeyValues()));
    await store.clientKeys.touch(new Map([[row.id, 1234]]));
    expect(await store.clientKeys.get(row.id)).toEqual({ ...row, lastUsedAt: 1234 });
    await store.close();
    const again = await openTestStore(dataDir);
    expect(await again.clientKeys.list()).toEqual([{ ...row, lastUsedAt: 1234 }]);
  });
});

test("settings are kept as JSON and removed with null", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  await store.settings.put({ maxAttempts: 5, requestContent: "full", nested: { a: [1, null] }, off: false });
  await store.settings.put({ maxAttempts: 6, requestContent: null, unknown: null });
  await store.close();
  const again = await openTestStore(dataDir);
  expect(await again.settings.all()).toEqual({ maxAttempts: 6, nested: { a: [1, null] }, off: false });
});

test("a configuration that another program has locked is written when it lets go, and the loop turns meanwhile", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  const other = new Database(join(dataDir, "sluice.db"));
  other.run("BEGIN IMMEDIATE");
  const creating = store.providers.create(providerValues());
  expect(await store.providers.list()).toEqual([]); // reads go on
  expect(await Promise.race([creating, Bun.sleep(100).then(() => "waiting")])).toBe("waiting");
  other.run("ROLLBACK");
  other.close();
  expect((await creating).kind).toBe("ok");
});

describe("what is written together", () => {
  test("is there when all of it succeeded", async () => {
    const store = await openTestStore();
    const made = await store.writeTogether(async (inside) => {
      const provider = ok(await inside.providers.create(providerValues()));
      return ok(await inside.providerKeys.create(providerKeyValues(provider.id)));
    });
    expect(await store.providerKeys.get(made.id)).toEqual(made);
    ok(await store.providers.create(providerValues({ name: "alone" })));
    expect(await store.providers.list()).toHaveLength(2);
  });

  test("is not there at all when the last of it failed, and writing goes on", async () => {
    const store = await openTestStore();
    const writing = store.writeTogether(async (inside) => {
      ok(await inside.providers.create(providerValues()));
      await inside.settings.put({ maxAttempts: 5 });
      throw new Error("a mistake");
    });
    await expect(writing).rejects.toThrow("a mistake");
    expect(await store.providers.list()).toEqual([]);
    expect(await store.settings.all()).toEqual({});
    ok(await store.providers.create(providerValues()));
  });

  test("others wait to write and see nothing of it until it is whole", async () => {
    const store = await openTestStore();
    ok(await store.providers.create(providerValues({ name: "before" })));
    const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const together = store.writeTogether(async (inside) => {
      ok(await inside.providers.create(providerValues({ name: "inside" })));
      expect(await inside.providers.list()).toHaveLength(2);
      begin();
      await allowed;
    });
    await begun;
    const names = async () => (await store.providers.list()).map(({ name }) => name);
    expect(await names()).toEqual(["before"]);
    const alone = store.providers.create(providerValues({ name: "alone" }));
    expect(await Promise.race([alone, Bun.sleep(20).then(() => "waiting")])).toBe("waiting");
    allow();
    await together;
    ok(await alone);
    expect(await names()).toEqual(["before", "inside", "alone"]);
  });
});
