import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { watchKeys } from "../../src/control/keys/key-events.ts";
import type { KeyHealthChange } from "../../src/events.ts";
import { addKey, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { connectLive, type LiveClient } from "../support/live.ts";

let server: AdminServer;
let live: LiveClient;
let providerId: string;
beforeAll(async () => {
  server = await startAdminServer();
  live = connectLive(server);
  providerId = (await addProvider(server)).id;
});
afterAll(async () => {
  await live.close();
  await server.stop();
});

const SUBSCRIPTION = `subscription ($filter: ProviderKeyFilter, $after: String) {
  keyEvents(filter: $filter, after: $after) {
    __typename
    ... on StreamEvent { cursor at }
    ... on ResyncEvent { reason }
    ... on KeyEventBatch { counts { total } events { kind keyId key { name status } change { from to message until } } }
  }
}`;
const MATCHES = `subscription ($filter: ProviderKeyFilter) {
  keyEvents(filter: $filter) { ... on KeyEventBatch { events { kind keyId matches } } }
}`;
const watch = (variables: object = {}) => live.watch(SUBSCRIPTION, variables as Record<string, unknown>);
const healthChange = (keyId: string, change: Partial<KeyHealthChange> = {}): KeyHealthChange => ({
  atMs: Date.now(),
  keyId,
  providerId,
  model: null,
  from: "active",
  to: "cooling",
  untilMs: Date.now() + 1000,
  errorClass: "rate_limited",
  httpStatus: 429,
  message: "slow down",
  requestId: null,
  ...change,
});

describe("keyEvents", () => {
  test("opens with an empty batch, then tells who was made, changed and deleted", async () => {
    const keys = watch();
    const opening = await keys.next();
    expect(opening).toMatchObject({ __typename: "KeyEventBatch", events: [], cursor: expect.any(String) });
    const { id } = await addKey(server, providerId, { name: "told" });
    expect(await keys.next()).toMatchObject({
      events: [{ kind: "CREATED", keyId: id, key: { name: "told", status: "UNCHECKED" } }],
    });
    await server.ask(`mutation { updateProviderKey(input: { id: "${id}", name: "renamed" }) { userErrors { code } } }`);
    expect(await keys.next()).toMatchObject({ events: [{ kind: "UPDATED", key: { name: "renamed" } }] });
    await server.ask(`mutation { deleteProviderKeys(input: { selection: { ids: ["${id}"] } }) { deletedIds } }`);
    expect(await keys.next()).toMatchObject({ events: [{ kind: "DELETED", keyId: id, key: null }] });
    await keys.stop();
  });

  test("puts what happens in a moment into one frame, and several changes of one health into the last", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.push((await addKey(server, providerId)).id);
    const keys = watch();
    await keys.next();
    // Somebody else's frame may still be on its way: read until ours.
    server.events.emit("keyHealth", healthChange(ids[0]!));
    server.events.emit("keyHealth", healthChange(ids[0]!, { from: "cooling", to: "exhausted", message: "no credit" }));
    server.events.emit("keyHealth", healthChange(ids[1]!));
    server.events.emit("keyHealth", healthChange(ids[1]!, { model: "gpt-4.1" }));
    server.events.emit("config", { noun: "providerKey", kind: "updated", ids: [ids[2]!] });
    let frame: Answer;
    do frame = await keys.next();
    while (!frame.events.some((event: Answer) => event.kind === "HEALTH_CHANGED"));
    const health = frame.events.filter((event: Answer) => event.kind === "HEALTH_CHANGED");
    expect(health).toMatchObject([
      { keyId: ids[0], change: { from: "ACTIVE", to: "EXHAUSTED", message: "no credit" } },
      { keyId: ids[1], change: { from: "ACTIVE", to: "COOLING" } },
      { keyId: ids[1], change: { from: "ACTIVE", to: "COOLING" } },
    ]);
    expect(frame.counts.total).toBe((await server.store.providerKeys.list()).length);
    await keys.stop();
  });

  test("a new key that changes at once is still new", async () => {
    const { id } = await addKey(server, providerId);
    const keys = watch({ filter: { ids: [id] } });
    await keys.next();
    server.events.emit("config", { noun: "providerKey", kind: "created", ids: [id] });
    server.events.emit("config", { noun: "providerKey", kind: "updated", ids: [id] });
    let frame: Answer;
    do frame = await keys.next();
    while (!frame.events.some((event: Answer) => event.keyId === id));
    expect(frame.events[0].kind).toBe("CREATED");
    await keys.stop();
  });

  test("tells only about what the filter means, also when it leaves", async () => {
    const tagged = await addKey(server, providerId, { tags: ["watched"] });
    const other = await addKey(server, providerId);
    const byTag = watch({ filter: { tags: ["watched"] } });
    const cooling = watch({ filter: { statuses: ["COOLING"] } });
    await byTag.next();
    await cooling.next();
    server.events.emit("keyHealth", healthChange(other.id, { from: "cooling", to: "active" }));
    server.events.emit("keyHealth", healthChange(tagged.id, { from: "unchecked", to: "active" }));
    const nextOf = async (keys: typeof byTag, id: string) => {
      for (;;) {
        const { events } = await keys.next();
        if (events.some((event: Answer) => event.keyId === id && event.kind === "HEALTH_CHANGED")) return events;
      }
    };
    const seen = await nextOf(byTag, tagged.id);
    expect(seen.map((event: Answer) => event.keyId)).not.toContain(other.id);
    const left = await nextOf(cooling, other.id);
    expect(left.filter((event: Answer) => event.kind === "HEALTH_CHANGED")).toMatchObject([{ keyId: other.id }]);
    await Promise.all([byTag.stop(), cooling.stop()]);
  });

  test("tells when a person's change moves a key out of the filter, and back", async () => {
    const { id } = await addKey(server, providerId, { name: "mover", tags: ["shelf"] });
    // Not in one moment with its creation, which would take the first change in.
    const all = live.watch(MATCHES, {});
    await all.next();
    server.events.emit("config", { noun: "providerKey", kind: "updated", ids: [id] });
    await all.next();
    await all.stop();
    const filters = [{ tags: ["shelf"] }, { search: "mover" }, { tags: ["shelf"], statuses: ["UNCHECKED"] }];
    const readers = filters.map((filter) => live.watch(MATCHES, { filter }));
    for (const reader of readers) await reader.next();
    const read = async (reader: (typeof readers)[number]) => (await reader.next()).events;
    const change = async (fields: string, matches: boolean) => {
      await server.ask(`mutation { updateProviderKey(input: { id: "${id}", ${fields} }) { userErrors { code } } }`);
      for (const reader of readers) {
        expect(await read(reader)).toEqual([{ kind: "UPDATED", keyId: id, matches }]);
      }
    };
    await change('name: "other", tags: ["box"]', false);
    await change('name: "mover", tags: ["shelf"]', true);
    await server.ask(`mutation { deleteProviderKeys(input: { selection: { ids: ["${id}"] } }) { deletedIds } }`);
    for (const reader of readers) {
      expect(await read(reader)).toEqual([{ kind: "DELETED", keyId: id, matches: false }]);
      await reader.stop();
    }
  });

  test("is worked out once for all who watch the same", async () => {
    const readers = Array.from({ length: 20 }, () => watchKeys(server.control, { tags: ["crowd"] }, null));
    for (const reader of readers) await reader.next();
    const next = readers.map((reader) => reader.next());
    await addKey(server, providerId, { tags: ["crowd"] });
    const frames = new Set((await Promise.all(next)).map(({ value }) => value));
    expect(frames.size).toBe(1);
    for (const reader of readers) await reader.return?.();
  });

  test("goes on from a cursor without a gap", async () => {
    const { id } = await addKey(server, providerId);
    const keys = watch({ filter: { ids: [id] } });
    let { cursor } = await keys.next();
    // The creation's own frame, unless the subscription began after it.
    server.events.emit("keyHealth", healthChange(id));
    ({ cursor } = await keys.next());
    await keys.stop();

    const missed = new Promise<void>((resolve) => {
      const watcher = watch();
      void watcher.next().then(() => {
        server.events.emit("keyHealth", healthChange(id, { from: "cooling", to: "invalid" }));
        void watcher.next().then(async () => {
          await watcher.stop();
          resolve();
        });
      });
    });
    await missed;
    const resumed = watch({ filter: { ids: [id] }, after: cursor });
    const first = await resumed.next();
    expect(first.__typename).toBe("KeyEventBatch");
    expect(first.events.at(-1)).toMatchObject({ keyId: id, change: { to: "INVALID" } });
    await resumed.stop();
  });

  test("says so when it cannot go on from a cursor", async () => {
    for (const [after, reason] of [
      ["garbage", "RESTARTED"],
      ["AAAAAAAA.1", "RESTARTED"],
    ] as const) {
      const keys = watch({ after });
      expect(await keys.next()).toMatchObject({ __typename: "ResyncEvent", reason });
      await keys.stop();
    }
    const old = watch();
    const { cursor } = await old.next();
    await old.stop();
    for (let index = 0; index < 200; index++) server.control.keyEvents.log.append([]);
    const keys = watch({ after: cursor });
    expect(await keys.next()).toMatchObject({ __typename: "ResyncEvent", reason: "TOO_OLD" });
    await keys.stop();
  });

  test("a reader that was too slow is told to refetch, once", async () => {
    const keys = watchKeys(server.control, {}, null);
    await keys.next();
    for (let index = 0; index < 500; index++) server.control.keyEvents.log.append([]);
    expect((await keys.next()).value).toMatchObject({ kind: "resync", reason: "OVERFLOW" });
    const { id } = await addKey(server, providerId);
    const { value } = await keys.next();
    expect(value).toMatchObject({ kind: "batch", notes: [{ kind: "CREATED", keyId: id }] });
    await keys.return?.();
  });

  test("an import of thousands is a few frames of a thousand", async () => {
    const keys = watchKeys(server.control, {}, null);
    await keys.next();
    const ids = Array.from({ length: 2500 }, (_, index) => `pky_import-${index}`);
    server.events.emit("config", { noun: "providerKey", kind: "deleted", ids });
    const sizes = [];
    for (let seen = 0; seen < 2500; ) {
      const { value } = await keys.next();
      const notes =
        value?.kind === "batch"
          ? value.notes.filter((note: { keyId: string }) => note.keyId.startsWith("pky_import"))
          : [];
      if (notes.length > 0) sizes.push(notes.length);
      seen += notes.length;
    }
    expect(sizes).toEqual([1000, 1000, 500]);
    await keys.return?.();
  });
});
