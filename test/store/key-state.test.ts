import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { KeyHealthChange } from "../../src/events.ts";
import type { KeyStateRow, Store } from "../../src/store/types.ts";
import {
  cleanUp,
  onCleanup,
  openTestStore,
  providerKeyValues,
  providerValues,
  temporaryDirectory,
} from "./fixtures.ts";
import { TestLog } from "./test-log.ts";

afterEach(cleanUp);

async function historyOf(store: Store, keyId: string, limit: number) {
  const page = await store.keyStates.history({ keyId, limit, after: null, before: null, backward: false });
  return page.rows.map(({ place: _place, ...row }) => row);
}

function stateRow(changes: Partial<KeyStateRow> = {}): KeyStateRow {
  return {
    keyId: "pky_a",
    model: "",
    state: "cooling",
    untilMs: 5000,
    failures: 2,
    sinceMs: 1000,
    errorClass: "rate_limited",
    httpStatus: 429,
    message: "slow down",
    ...changes,
  };
}

function change(atMs: number, changes: Partial<KeyHealthChange> = {}): KeyHealthChange {
  return {
    atMs,
    keyId: "pky_a",
    providerId: "prv_a",
    model: null,
    from: "active",
    to: "cooling",
    untilMs: atMs + 1000,
    errorClass: "rate_limited",
    httpStatus: 429,
    message: "slow down",
    requestId: null,
    ...changes,
  };
}

describe("what was observed about keys", () => {
  test("outlives a restart: the latest of each key and model", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    const whole = stateRow();
    const onModel = stateRow({ model: "gpt-4.1", untilMs: null });
    store.keyStates.save([whole, stateRow({ model: "gpt-4.1" })], [{ keyId: "pky_a", lastUsedAt: 1, useCount: 1 }], []);
    store.keyStates.save([onModel], [{ keyId: "pky_a", lastUsedAt: 2, useCount: 9 }], []);
    await store.close();
    const again = await openTestStore(dataDir);
    expect(await again.keyStates.all()).toEqual({
      states: [whole, onModel],
      uses: [{ keyId: "pky_a", lastUsedAt: 2, useCount: 9 }],
    });
  });

  test("a model that is well again is forgotten, a key that is well is not", async () => {
    const store = await openTestStore();
    const well = { state: "active", failures: 0, untilMs: null } as const;
    store.keyStates.save([stateRow({ model: "a" }), stateRow({ model: "b" }), stateRow()], [], []);
    await store.flush();
    store.keyStates.save(
      [stateRow({ model: "a", ...well }), stateRow({ model: "b", ...well, failures: 1 }), stateRow(well)],
      [],
      [],
    );
    await store.flush();
    const { states } = await store.keyStates.all();
    expect(states.map((row) => [row.model, row.state])).toEqual([
      ["", "active"],
      ["b", "active"],
    ]);
  });

  test("history is newest first, per key, at once after a save, and bounded", async () => {
    const store = await openTestStore();
    const changes = Array.from({ length: 250 }, (_, index) => change(index));
    store.keyStates.save([], [], [...changes, change(1, { keyId: "pky_b" })]);
    expect(await historyOf(store, "pky_a", 3)).toEqual([change(249), change(248), change(247)]);
    expect(await historyOf(store, "pky_a", 1000)).toHaveLength(200);
    expect(await historyOf(store, "pky_b", 10)).toHaveLength(1);
    expect(await historyOf(store, "pky_unknown", 10)).toEqual([]);
    store.keyStates.save([], [], [change(300)]);
    expect((await historyOf(store, "pky_a", 1000)).map((each) => each.atMs).at(-1)).toBe(51);
  });

  test("history is read on from any place, both ways", async () => {
    const store = await openTestStore();
    store.keyStates.save(
      [],
      [],
      [0, 1, 2, 3, 4].map((atMs) => change(atMs)),
    );
    const read = async (query: object) => {
      const whole = { keyId: "pky_a", limit: 2, after: null, before: null, backward: false, ...query };
      const { rows, hasMore, totalCount } = await store.keyStates.history(whole);
      return {
        times: rows.map(({ atMs }) => atMs),
        last: rows.at(-1)?.place ?? null,
        first: rows[0]?.place,
        hasMore,
        totalCount,
      };
    };
    const newest = await read({});
    expect(newest).toMatchObject({ times: [4, 3], hasMore: true, totalCount: 5 });
    // What happens meanwhile moves no page.
    store.keyStates.save([], [], [change(5)]);
    const middle = await read({ after: newest.last });
    expect(middle).toMatchObject({ times: [2, 1], hasMore: true, totalCount: 6 });
    expect(await read({ after: middle.last })).toMatchObject({ times: [0], hasMore: false });
    expect(await read({ backward: true })).toMatchObject({ times: [1, 0], hasMore: true });
    expect(await read({ before: middle.first, backward: true })).toMatchObject({ times: [4, 3], hasMore: true });
  });

  test("goes with its key, and with its key's provider", async () => {
    const store = await openTestStore();
    const provider = await store.providers.create(providerValues());
    if (provider.kind !== "ok") throw new Error(provider.kind);
    const key = await store.providerKeys.create(providerKeyValues(provider.row.id));
    if (key.kind !== "ok") throw new Error(key.kind);
    const keyId = key.row.id;
    store.keyStates.save(
      [stateRow({ keyId }), stateRow()],
      [{ keyId, lastUsedAt: 1, useCount: 1 }],
      [change(1, { keyId })],
    );
    await store.flush();
    await store.providers.delete([provider.row.id]);
    await store.flush();
    expect(await store.keyStates.all()).toEqual({ states: [stateRow()], uses: [] });
    expect(await historyOf(store, keyId, 10)).toEqual([]);
  });

  test("a storm of changes is bounded while the disk does not take it, and history does not hang", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir, 200);
    const other = new Database(join(dataDir, "state.db"));
    onCleanup(() => other.close());
    other.run("BEGIN IMMEDIATE");
    for (let index = 0; index < 20_000; index++) store.keyStates.save([stateRow()], [], [change(index)]);
    expect(await historyOf(store, "pky_a", 10)).toEqual([]);
    other.run("ROLLBACK");
    await store.flush();
    expect((await historyOf(store, "pky_a", 1))[0]!.atMs).toBe(19_999);
    expect((await store.keyStates.all()).states).toEqual([stateRow()]);
  });
});

test("state, uses and history through the services alone", async () => {
  const log = new TestLog();
  const clientUses = [["cky_a", 77]] as const;
  log.handle({
    kind: "states",
    changes: { states: [stateRow()], uses: [], changes: [change(1)], clientUses, forget: [] },
  });
  await log.flush();
  expect(log.state((state) => state.keyStates())).toEqual({ states: [stateRow()], uses: [] });
  const history = log.ask("keyHistory", { keyId: "pky_a", limit: 5, after: null, before: null, backward: false });
  expect(history).toEqual({ rows: [{ ...change(1), place: 1 }], hasMore: false, totalCount: 1 });
  expect(log.state((state) => state.clientUses())).toEqual([["cky_a", 77]]);
  log.handle({
    kind: "states",
    changes: {
      states: [stateRow({ model: "m", state: "active", failures: 0 })],
      uses: [{ keyId: "pky_a", lastUsedAt: 1, useCount: 2 }],
      changes: [],
      clientUses: [],
      forget: ["pky_a"],
    },
  });
  await log.flush();
  expect(log.state((state) => state.keyStates())).toEqual({ states: [], uses: [] });
});
