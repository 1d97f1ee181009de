import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RequestRecord } from "../../src/record.ts";
import { BatchRows, KnownShapes } from "../../src/store/batch-rows.ts";
import { DayFile, dayFilePath } from "../../src/store/day-file.ts";
import { Lane } from "../../src/store/lane.ts";
import { describeFault } from "../../src/store/store-error.ts";
import type { Store } from "../../src/store/types.ts";
import { cpuMs, quickestMs } from "../support/timing.ts";
import { wholePage } from "../support/whole-page.ts";
import { Batches } from "./batches.ts";
import { cleanUp, makeRecord, NOON, onCleanup, openTestStore, temporaryDirectory } from "./fixtures.ts";

afterEach(cleanUp);

const DAY = Math.floor(NOON / 86_400_000);

/** Another program that holds a database: its write lock for as long as the test wants. */
function holdLock(path: string): () => void {
  const other = new Database(path);
  let held = true;
  other.run("BEGIN IMMEDIATE");
  const release = () => {
    if (!held) return;
    held = false;
    other.run("ROLLBACK");
    other.close();
  };
  onCleanup(release);
  return release;
}

function change(path: string, sql: string): void {
  const database = new Database(path);
  database.run(sql);
  database.close();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}

describe("the queue", () => {
  test("is written within moments, without being asked", async () => {
    const store = await openTestStore();
    let recorded = 0;
    const write = async () => {
      store.record(makeRecord(NOON));
      recorded++;
      await until(() => store.stats().writtenRecords === recorded);
    };
    expect(await quickestMs(write, 250)).toBeLessThan(250);
    expect(await wholePage(store.logs, { filter: {}, limit: 1, withTotal: true })).toMatchObject({
      totalCount: recorded,
    });
  });

  test("keeps the order and loses nothing under a burst", async () => {
    const store = await openTestStore();
    for (let burst = 0; burst < 10; burst++) {
      for (let index = 0; index < 900; index++) store.record(makeRecord(NOON + burst));
      await store.flush();
    }
    expect(store.stats()).toMatchObject({ writtenRecords: 9000, droppedRecords: 0, queuedRecords: 0 });
  });

  test("is bounded in number: what is too much is dropped and counted", async () => {
    const store = await openTestStore();
    for (let index = 0; index < 25_000; index++) store.record(makeRecord(NOON));
    expect(store.stats().queuedRecords).toBeLessThanOrEqual(10_000);
    await store.flush();
    const { writtenRecords, droppedRecords } = store.stats();
    expect(writtenRecords + droppedRecords).toBe(25_000);
    expect(droppedRecords).toBeGreaterThanOrEqual(15_000);
  });

  test("is bounded in bytes", async () => {
    const store = await openTestStore();
    const content = {
      policy: "full",
      requestHeaders: null,
      responseHeaders: null,
      requestBody: new Uint8Array(8 * 1_048_576),
      responseBody: null,
      truncated: false,
    } as const;
    for (let index = 0; index < 20; index++) store.record(makeRecord(NOON, { content }));
    expect(store.stats().droppedRecords).toBe(12);
    store.record(makeRecord(NOON)); // without a body there is room
    expect(store.stats().droppedRecords).toBe(12);
    await store.flush();
    expect(store.stats().writtenRecords).toBe(9);
    store.record(makeRecord(NOON, { content }));
    expect(store.stats().droppedRecords).toBe(12);
  });

  test("does not choke on a record that makes no sense", async () => {
    const store = await openTestStore();
    store.record({ ...makeRecord(NOON), id: "not-an-id" });
    for (const part of ["attempts", "content", "rawUsage", "requestedModel"]) {
      store.record({ ...makeRecord(NOON), [part]: undefined } as unknown as RequestRecord);
    }
    store.record(makeRecord(NOON, { endedAtMs: Number.NaN, costNanoUsd: 1.4, requestBytes: Number.POSITIVE_INFINITY }));
    await store.flush();
    expect(store.stats()).toMatchObject({ writtenRecords: 1, droppedRecords: 5, writable: true });
  });
});

describe("a database that cannot be written", () => {
  async function checkRecovery(store: Store, cure: () => void, name: string, fault: string): Promise<void> {
    const spentMs = cpuMs(() => {
      for (let index = 0; index < 50; index++) store.record(makeRecord(NOON + index));
    });
    expect(spentMs).toBeLessThan(100);
    await until(() => !store.stats().writable);
    expect(store.stats().lastWriteError).toBe(`${name}: ${fault}`);
    cure();
    await store.flush();
    expect(store.stats()).toMatchObject({ writable: true, lastWriteError: null, droppedRecords: 0, queuedRecords: 0 });
    const report = {
      fromMs: NOON,
      toMs: NOON + 1,
      timeZone: "UTC",
      interval: "day",
      groupBy: [],
      filter: {},
      top: 1,
    } as const;
    expect((await store.usage.report(report)).totals.requests).toBe(store.stats().writtenRecords);
  }

  test("a locked log keeps its batch until the lock is gone", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    store.record(makeRecord(NOON));
    await store.flush();
    const release = holdLock(dayFilePath(join(dataDir, "logs"), DAY));
    await checkRecovery(store, release, "the request log", "the database is locked by another program");
  });

  test("locked roll-ups do not hold up the rows", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    store.record(makeRecord(NOON));
    await store.flush();
    const release = holdLock(join(dataDir, "usage.db"));
    store.record(makeRecord(NOON));
    await until(() => !store.stats().writable);
    expect(store.stats().writtenRecords).toBe(2);
    await checkRecovery(store, release, "the usage database", "the database is locked by another program");
  });

  test("a log that refuses every row bounds the queue, is told without the database's words, and is got over", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    store.record(makeRecord(NOON));
    await store.close();
    const path = dayFilePath(join(dataDir, "logs"), DAY);
    change(path, "CREATE TRIGGER refusal BEFORE INSERT ON request BEGIN SELECT RAISE(ABORT, 'own words'); END");
    const again = await openTestStore(dataDir, 200);
    for (let index = 0; index < 15_000; index++) again.record(makeRecord(NOON));
    await until(() => !again.stats().writable);
    expect(again.stats().queuedRecords).toBeLessThanOrEqual(10_000);
    expect(again.stats().droppedRecords).toBeGreaterThanOrEqual(5000);
    expect(again.stats().lastWriteError).not.toContain("own words");
    change(path, "DROP TRIGGER refusal");
    await again.flush();
    expect(again.stats()).toMatchObject({ writable: true, queuedRecords: 0 });
    expect(again.stats().writtenRecords + again.stats().droppedRecords).toBe(15_000);
  });

  test("a full disk undoes the whole batch, and the same batch fits when there is room", () => {
    const path = join(temporaryDirectory(), "2026-11-20.db");
    const file = new DayFile(path, DAY, 0);
    onCleanup(() => file.close());
    const shapes = new KnownShapes();
    const batch = new Batches().of(Array.from({ length: 400 }, () => makeRecord(NOON)));
    shapes.learn(batch);
    const rows = new BatchRows(batch, shapes.current);
    const positions = Array.from({ length: rows.count }, (_, index) => index);
    const append = () => file.append(rows, positions, 0, { first: NOON, last: NOON });
    file.database.run("PRAGMA max_page_count = 12");
    let fault: unknown;
    try {
      append();
    } catch (error) {
      fault = error;
    }
    expect(describeFault(fault)).toBe("the disk is full");
    expect(file.database.query("SELECT count(*) AS rows FROM request").get()).toEqual({ rows: 0 });
    expect(file.progress.batch).toBe(0);
    file.database.run("PRAGMA max_page_count = 100000");
    expect(append()).toHaveLength(400);
    expect(file.progress.batch).toBe(1);
  });

  test("closing gives up after a while, counts what is lost, and frees the directory", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir, 150);
    store.record(makeRecord(NOON));
    await store.flush();
    const release = holdLock(dayFilePath(join(dataDir, "logs"), DAY));
    for (let index = 0; index < 7; index++) store.record(makeRecord(NOON));
    await store.close();
    expect(store.stats()).toMatchObject({ droppedRecords: 7, queuedRecords: 0 });
    release();
    await (await openTestStore(dataDir)).close();
  });
});

test("what was handed over is on disk after close, with nothing left to repair", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  for (let index = 0; index < 1234; index++) store.record(makeRecord(NOON + index));
  await store.close();
  const path = dayFilePath(join(dataDir, "logs"), DAY);
  expect([existsSync(`${path}-wal`), existsSync(join(dataDir, "usage.db-wal"))]).toEqual([false, false]);
  const again = await openTestStore(dataDir);
  expect((await wholePage(again.logs, { filter: {}, limit: 1, withTotal: true })).totalCount).toBe(1234);
});

test("bodies are compressed", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  const content = {
    policy: "full",
    requestHeaders: null,
    responseHeaders: null,
    requestBody: new TextEncoder().encode('{"role":"user","content":"hello"}'.repeat(30_000)),
    responseBody: null,
    truncated: false,
  } as const;
  store.record(makeRecord(NOON, { content }));
  await store.close();
  expect(statSync(dayFilePath(join(dataDir, "logs"), DAY)).size).toBeLessThan(100_000);
});

describe("a lane", () => {
  test("does its jobs in order, each until it succeeds, and tells when it fails and works again", async () => {
    const faults: unknown[] = [];
    const lane = new Lane((fault) => faults.push(fault));
    const done: string[] = [];
    let failures = 2;
    lane.push(() => {
      if (failures-- > 0) throw new Error("not yet");
      done.push("first");
    });
    lane.push(() => done.push("second"));
    expect(done).toEqual([]);
    await lane.drained();
    expect(done).toEqual(["first", "second"]);
    expect(faults.map((fault) => (fault instanceof Error ? fault.message : fault))).toEqual([
      "not yet",
      "not yet",
      null,
    ]);
    lane.push(() => done.push("third"));
    expect(done).toHaveLength(3);
    await lane.drained();
  });
});
