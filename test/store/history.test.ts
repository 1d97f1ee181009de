import { afterEach, describe, expect, test } from "bun:test";
import { Secret } from "../../src/lib/secret.ts";
import { writeAs } from "../../src/store/author.ts";
import type { Store, Written } from "../../src/store/types.ts";
import { cleanUp, clientKeyValues, modelValues, openTestStore, providerKeyValues, providerValues } from "./fixtures.ts";

afterEach(cleanUp);

function ok<Row>(written: Written<Row>): Row {
  if (written.kind !== "ok") throw new Error(`expected ok, got ${written.kind}`);
  return written.row;
}

const target = (providerId: string, upstreamModel = "m") => ({
  providerId,
  upstreamModel,
  priority: 0,
  weight: 1,
  enabled: true,
  traits: null,
});

async function fill(store: Store) {
  const provider = ok(await store.providers.create(providerValues({ name: "main" })));
  const key = ok(await store.providerKeys.create(providerKeyValues(provider.id, { name: "k1" })));
  const model = ok(
    await store.models.create(modelValues({ name: "gpt", aliases: ["g"], targets: [target(provider.id)] })),
  );
  const client = ok(
    await store.clientKeys.create({
      ...clientKeyValues({ name: "dev" }),
      secret: new Secret("sk-dev-0123"),
      builtin: null,
    }),
  );
  await store.settings.put({ maxAttempts: 5 });
  return { provider, key, model, client };
}

/** All that a revert must bring back; versions and times only rise. */
async function configuration(store: Store) {
  const plain = <Row extends { version: number; updatedAt: number }>(rows: readonly Row[]): Row[] =>
    rows.map((row) => ({ ...row, version: 0, updatedAt: 0 }));
  return {
    providers: plain(await store.providers.list()),
    keys: plain(await store.providerKeys.listOpened()).map(({ secret, proxyUrl, ...key }) => ({
      ...key,
      secret: secret.reveal(),
      proxyUrl: proxyUrl?.reveal(),
    })),
    models: plain(await store.models.list()),
    clients: plain(await store.clientKeys.list()),
    settings: await store.settings.all(),
  };
}

describe("the history of the configuration", () => {
  test("has a revision for each write, with who made it and what it touched", async () => {
    const store = await openTestStore();
    expect(await store.history.version()).toBe(0);
    const author = { id: "usr_1", name: "Ada", action: "createProvider" };
    const { id } = ok(await writeAs(author, () => store.providers.create(providerValues({ name: "main" }))));
    await store.providers.update(id, { memo: "x" });
    const { revisions, totalCount } = await store.history.page({ limit: 10 });
    expect(totalCount).toBe(2);
    expect(revisions).toMatchObject([
      { version: 2, actorId: null, actor: "Sluice", counts: [{ noun: "provider", kind: "change", names: ["main"] }] },
      { version: 1, actorId: "usr_1", actor: "Ada", action: "createProvider", counts: [{ kind: "add", count: 1 }] },
    ]);
    expect(await store.history.changes(2, 10)).toMatchObject([
      { noun: "provider", objectId: id, kind: "change", rows: [{ before: { memo: null }, after: { memo: "x" } }] },
    ]);
  });

  test("has none for a write that is refused, comes to nothing, is observed or is no configuration", async () => {
    const store = await openTestStore();
    const { provider } = await fill(store);
    const version = await store.history.version();
    await store.providers.create(providerValues({ name: "main" }));
    await store.providers.update(provider.id, { memo: "late" }, 99);
    await store.providers.learnQuirk(provider.id, { quirk: "no_stream_options", learnedAt: 1, words: "" });
    await store.settings.put({ "$admin.something": 1 });
    await store.writeTogether(async (inside) => {
      const { id } = ok(await inside.models.create(modelValues({ name: "gone" })));
      await inside.models.delete([id]);
    });
    await store.writeTogether(() => Promise.reject(new Error("no"))).catch(() => {});
    expect(await store.history.version()).toBe(version);
  });

  test("calls a key by its provider's name too, also when both go at once", async () => {
    const store = await openTestStore();
    const { provider } = await fill(store);
    await store.providers.delete([provider.id]);
    const { revisions } = await store.history.page({ limit: 1 });
    expect(revisions[0]!.counts.map(({ noun, kind, names }) => [noun, kind, ...names]).sort()).toEqual([
      ["model", "change", "gpt"],
      ["provider", "remove", "main"],
      ["providerKey", "remove", "main/k1"],
    ]);
  });

  test("is read in pages from either end", async () => {
    const store = await openTestStore();
    for (let value = 1; value <= 5; value++) await store.settings.put({ maxAttempts: value });
    const versions = async (query: Parameters<typeof store.history.page>[0]) => {
      const { revisions, hasMore } = await store.history.page(query);
      return [...revisions.map(({ version }) => version), hasMore];
    };
    expect(await versions({ limit: 2 })).toEqual([5, 4, true]);
    expect(await versions({ limit: 9, below: 4 })).toEqual([3, 2, 1, false]);
    expect(await versions({ limit: 2, above: 1 })).toEqual([3, 2, true]);
  });

  test("forgets what is old, but never the newest", async () => {
    const store = await openTestStore();
    for (let value = 1; value <= 3; value++) await store.settings.put({ maxAttempts: value });
    await store.history.expire(Date.now() + 1);
    expect((await store.history.page({ limit: 9 })).revisions.map(({ version }) => version)).toEqual([3]);
    expect(await store.history.changes(2, 9)).toEqual([]);
    await store.settings.put({ maxAttempts: 9 });
    expect(await store.history.version()).toBe(4);
    expect(await store.history.revert(1)).toEqual({ kind: "unknown" });
    expect((await store.history.revert(2)).kind).toBe("ok");
  });
});

describe("a revert", () => {
  test("brings back what was deleted with its secrets, and takes away what was made since", async () => {
    const store = await openTestStore();
    const { provider, client } = await fill(store);
    const version = await store.history.version();
    const before = await configuration(store);
    await store.providers.delete([provider.id]);
    await store.clientKeys.delete([client.id]);
    const other = ok(await store.providers.create(providerValues({ name: "main" })));
    await store.providers.learnQuirk(other.id, { quirk: "no_stream_options", learnedAt: 1, words: "" });
    ok(await store.providerKeys.create(providerKeyValues(other.id, { secret: new Secret("sk-other-012345") })));
    await store.settings.put({ maxAttempts: null, pingIntervalMs: 900 });
    const reverted = await store.history.revert(version);
    expect(reverted).toMatchObject({ kind: "ok", version: version + 6 });
    expect(await configuration(store)).toEqual(before);
  });

  test("brings back values that moved from one row to another, and raises the versions", async () => {
    const store = await openTestStore();
    const { provider, key, model } = await fill(store);
    const other = ok(await store.providers.create(providerValues({ name: "other" })));
    const version = await store.history.version();
    const before = await configuration(store);
    await store.providers.update(provider.id, { name: "free" });
    await store.providers.update(other.id, { name: "main" });
    await store.providers.update(provider.id, { name: "other" });
    await store.providerKeys.update(key.id, { secret: new Secret("sk-rotated-0123") });
    await store.models.update(model.id, { aliases: [], targets: [target(other.id, "a"), target(provider.id, "b")] });
    await store.providerKeys.listOpened();
    await store.history.revert(version);
    expect(await configuration(store)).toEqual(before);
    expect((await store.providers.get(provider.id))!.version).toBe(4);
    expect((await store.providerKeys.get(key.id))!.version).toBe(3);
  });

  test("can itself be reverted", async () => {
    const store = await openTestStore();
    const { provider } = await fill(store);
    const version = await store.history.version();
    await store.providers.delete([provider.id]);
    const deleted = await configuration(store);
    await store.history.revert(version);
    await store.history.revert(version + 1);
    expect(await configuration(store)).toEqual(deleted);
  });

  test("is refused when somebody changed something meanwhile, and for a version that never was", async () => {
    const store = await openTestStore();
    await fill(store);
    const version = await store.history.version();
    const before = await configuration(store);
    expect(await store.history.revert(1, version - 1)).toEqual({ kind: "stale", version });
    expect(await store.history.revert(version + 1)).toEqual({ kind: "unknown" });
    expect(await store.history.revert(version)).toEqual({ kind: "ok", version, changes: [] });
    expect(await configuration(store)).toEqual(before);
    expect(await store.history.version()).toBe(version);
  });
});
