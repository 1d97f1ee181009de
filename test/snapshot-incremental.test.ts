import { afterAll, beforeAll, expect, test } from "bun:test";
import { KeyPool } from "../src/pool.ts";
import { type ProviderEntry, type Snapshot, Snapshots } from "../src/snapshot.ts";
import { type AdminServer, type Answer, startAdminServer } from "./support/admin-server.ts";
import { seededRandom } from "./support/random.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const random = seededRandom(20_261_121);
const below = (limit: number) => Math.floor(random() * limit);
const oneOf = <T>(items: readonly T[]): T => items[below(items.length)]!;
const some = <T>(items: readonly T[], share: number) => items.filter(() => random() < share);

const SHARED_INPUTS: Readonly<Record<string, string>> = {
  undoJob: "JobInput",
  deleteModels: "DeleteInput",
  deleteProviders: "DeleteInput",
  restoreModels: "RestoreInput",
  restoreProviderKeys: "RestoreInput",
  restoreProviders: "RestoreInput",
};

async function mutate(name: string, input: object, fields: string): Promise<Answer> {
  const type = SHARED_INPUTS[name] ?? `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
  const { data, errors } = await server.ask(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code message } } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data[name];
}

const keyIds = async () => [...(await server.control.rows.providerKeys()).keys()];
const providerIds = async () => [...(await server.control.rows.providers()).keys()];
let made = 0;
const undoTokens: { readonly mutation: string; readonly undoToken: string }[] = [];
const noteUndo = (mutation: string, undoToken: string | null) => {
  if (undoToken !== null) undoTokens.push({ mutation, undoToken });
};
const importJobs: string[] = [];
const documents: object[] = [];

/** What people do to the configuration. Some of it is refused: that must change nothing. */
const STEPS: Readonly<Record<string, () => Promise<unknown>>> = {
  createProvider: () =>
    mutate(
      "createProvider",
      { name: `p${++made}`, kind: "OPENAI", strategy: oneOf(["ROUND_ROBIN", "PRIORITY"]) },
      "provider { id }",
    ),
  updateProvider: async () =>
    mutate(
      "updateProvider",
      { id: oneOf(await providerIds()), ...oneOf([{ enabled: random() < 0.7 }, { memo: `m${++made}` }]) },
      "provider { id }",
    ),
  async deleteProvider() {
    const ids = await providerIds();
    if (ids.length < 3) return;
    const { undoToken } = await mutate("deleteProviders", { ids: [oneOf(ids)] }, "undoToken");
    noteUndo("restoreProviders", undoToken);
  },
  createKey: async () =>
    mutate(
      "createProviderKey",
      { providerId: oneOf(await providerIds()), secret: `sk-made-${++made}-0123456789`, priority: below(3) },
      "providerKey { id }",
    ),
  async updateKey() {
    const ids = await keyIds();
    const change = oneOf([
      { enabled: random() < 0.5 },
      { secret: `sk-other-${++made}-0123456789` },
      { name: `n${below(40)}` },
      { memo: `m${++made}` },
      { weight: 1 + below(5) },
      { limits: { rpm: 1 + below(50) } },
      { proxyUrl: `http://user:password-${below(9)}@127.0.0.1:9` },
    ]);
    if (ids.length > 0) await mutate("updateProviderKey", { id: oneOf(ids), ...change }, "providerKey { id }");
  },
  actOnKeys: async () =>
    mutate(
      "actOnProviderKeys",
      { selection: { ids: some(await keyIds(), 0.3) }, action: oneOf(["ENABLE", "DISABLE", "RESET"]) },
      "affected",
    ),
  async deleteKeys() {
    const { undoToken } = await mutate(
      "deleteProviderKeys",
      { selection: { ids: some(await keyIds(), 0.2) } },
      "undoToken",
    );
    noteUndo("restoreProviderKeys", undoToken);
  },
  async restore() {
    if (undoTokens.length === 0) return;
    const { mutation, undoToken } = oneOf(undoTokens);
    await mutate(mutation, { undoToken }, "restoredIds");
  },
  async importKeys() {
    const text = Array.from({ length: 1 + below(20) }, () => `sk-import-${below(60)}-0123456789`).join("\n");
    const input = { providerId: oneOf(await providerIds()), text, onDuplicate: oneOf(["SKIP", "UPDATE", "RESTORE"]) };
    const { job } = await mutate("importProviderKeys", input, "job { id }");
    if (job !== null) importJobs.push(job.id);
  },
  async undoImport() {
    if (importJobs.length > 0) await mutate("undoJob", { id: importJobs.pop() }, "job { id }");
  },
  async createModel() {
    const targets = some(await providerIds(), 0.6).map((providerId) => ({ providerId, upstreamModel: "up" }));
    if (targets.length > 0) await mutate("createModel", { name: `model-${++made}`, targets }, "model { id }");
  },
  async deleteModels() {
    const ids = [...(await server.control.rows.models()).keys()];
    noteUndo("restoreModels", (await mutate("deleteModels", { ids: some(ids, 0.5) }, "undoToken")).undoToken);
  },
  async exportConfig() {
    documents.push((await server.ask("{ exportConfig { document } }")).data.exportConfig.document);
  },
  async applyConfig() {
    if (documents.length > 0) {
      await mutate("applyConfig", { document: oneOf(documents), prune: random() < 0.5 }, "applied");
    }
  },
  async revertConfig() {
    const version = await server.store.history.version();
    await mutate("revertConfig", { version: Math.max(1, version - below(12)) }, "version");
  },
};

/** With the secrets in clear: their equality is what counts. */
function plain({ providersById, models, ...rest }: Snapshot): object {
  const provider = ({ keys, ...entry }: ProviderEntry) => ({
    ...entry,
    keys: keys.map((key) => ({ ...key, secret: key.secret.reveal(), proxyUrl: key.proxyUrl?.reveal() ?? null })),
  });
  return {
    ...rest,
    providersByName: [...rest.providersByName.keys()],
    providersById: [...providersById.values()].map(provider),
    models: [...models].map(([name, { targets, ...entry }]) => ({
      called: name,
      ...entry,
      targets: targets.map((target) => ({ ...target, provider: provider(target.provider) })),
    })),
  };
}

/** The keys that a pool would give out, in its order, and what it says of each. */
function view(pool: KeyPool, { providersById }: Snapshot): object[] {
  return Array.from(providersById.values(), (provider) => {
    const tried = new Set<string>();
    for (;;) {
      const picked = pool.foresee({ provider, model: "m", exclude: tried, stickyId: null, nowMs: Date.now() });
      if (picked.kind === "none") break;
      tried.add(picked.key.id);
    }
    const { limits } = pool.status([...tried][0] ?? "", Date.now());
    return { id: provider.id, keys: [...tried].sort(), rpm: limits.rpm };
  });
}

test("whatever is written, the snapshot, the pool and the rows are what they would be if made anew", async () => {
  for (let round = 0; round < 3; round++) await STEPS.createProvider!();
  for (let round = 0; round < 120; round++) {
    const step = oneOf(Object.keys(STEPS));
    await STEPS[step]!();
    let pool: KeyPool | null = null;
    const { settings } = server.snapshots.current;
    const anew: Snapshots = await Snapshots.open(server.store, {
      fixedSettings: {},
      onSwap: (snapshot) => {
        pool ??= new KeyPool({ events: server.events, settings: () => settings });
        pool.sync(snapshot.providersById.values());
      },
    });
    const { current } = server.snapshots;
    expect({ round, step, ...plain(current) }).toEqual({ round, step, ...plain(anew.current) });
    expect(view(server.pool, current)).toEqual(view(pool!, anew.current));
    const rows = [...(await server.control.rows.providerKeys()).values()];
    const stored = await server.store.providerKeys.list();
    expect(rows.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(stored);
    const table = await server.control.rows.keyTable();
    expect(Array.from(table.byName.slots, (slot) => table.rowAt(slot).id)).toEqual(sortedByName(stored));
    anew.close();
  }
}, 60_000);

const sortedByName = (rows: readonly { readonly id: string; readonly name: string }[]) =>
  rows
    .map(({ id, name }) => ({ id, name: name.toLowerCase() }))
    .sort((a, b) => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1))
    .map(({ id }) => id);

test("what did not change stays the same object: one key's change leaves the others, and other providers, alone", async () => {
  const { provider } = await mutate("createProvider", { name: "still", kind: "OPENAI" }, "provider { id }");
  const ids: string[] = [];
  for (const name of ["a", "b", "c"]) {
    const input = { providerId: provider.id, name, secret: `sk-still-${name}-0123456789` };
    ids.push((await mutate("createProviderKey", input, "providerKey { id }")).providerKey.id);
  }
  const before = server.snapshots.current.providersById;
  await mutate("updateProviderKey", { id: ids[1], memo: "no matter" }, "providerKey { id }");
  expect(server.snapshots.current.providersById.get(provider.id)).toBe(before.get(provider.id)!);
  await mutate("updateProviderKey", { id: ids[1], weight: 9 }, "providerKey { id }");
  const after = server.snapshots.current.providersById;
  const keys = after.get(provider.id)!.keys;
  expect(keys[1]).toMatchObject({ name: "b", weight: 9 });
  for (const index of [0, 2]) expect(keys[index]).toBe(before.get(provider.id)!.keys[index]!);
  for (const [id, entry] of before) if (id !== provider.id) expect(after.get(id)).toBe(entry);
});
