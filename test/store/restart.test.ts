import { afterEach, expect, test } from "bun:test";
import { prepareDataDirectory } from "../../src/store/data-directory.ts";
import { Reader } from "../../src/store/reader.ts";
import { spawnWorker } from "../../src/store/spawn-worker.ts";
import { Writer } from "../../src/store/writer.ts";
import { CONTENT_KEY, cleanUp, makeRecord, NOON, onCleanup, temporaryDirectory } from "./fixtures.ts";
import { TestLog } from "./test-log.ts";

afterEach(cleanUp);

/** Starts real Workers, and ends them as a crash would. */
function fragile(name: "writer-worker" | "reader-worker") {
  const started: Worker[] = [];
  return {
    started,
    spawn() {
      const worker = spawnWorker(name);
      started.push(worker);
      return worker;
    },
    crash() {
      const worker = started.at(-1)!;
      worker.onerror?.(new ErrorEvent("error", { message: "out of memory" }));
    },
  };
}

test("a writer that crashes is replaced, and what it had not acknowledged is written once", async () => {
  const dataDir = temporaryDirectory();
  const workers = fragile("writer-worker");
  const writer = await Writer.open(prepareDataDirectory(dataDir), CONTENT_KEY, workers.spawn);
  onCleanup(() => writer.close(1000));
  const useCount = { keyId: "pky_a", lastUsedAt: 1, useCount: 3 };
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 1700; index++) writer.record(makeRecord(NOON + round));
    writer.saveStates([], [{ ...useCount, useCount: round }], []);
    const flushed = writer.flush();
    if (round === 1) await Promise.race([flushed, Bun.sleep(2)]); // somewhere in the middle
    workers.crash();
    expect(writer.stats()).toMatchObject({ writable: false, lastWriteError: expect.stringContaining("restarted") });
    await flushed;
    // A quick one may have been through before the crash: the next one is another's.
    while (!writer.stats().writable) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(workers.started).toHaveLength(4);
  expect(writer.stats()).toMatchObject({ writable: true, droppedRecords: 0, queuedRecords: 0 });
  await writer.close(1000);
  const log = new TestLog(dataDir);
  await log.flush();
  expect(log.page().totalCount).toBe(5100);
  expect(log.report({ fromMs: NOON, toMs: NOON + 1 }).totals.requests).toBe(5100);
  expect(log.state((state) => state.keyStates().uses)).toEqual([{ ...useCount, useCount: 2 }]);
});

test("a reader that crashes fails what was asked, and is replaced", async () => {
  const dataDir = temporaryDirectory();
  const log = new TestLog(dataDir);
  await log.write([makeRecord(NOON)]);
  const workers = fragile("reader-worker");
  const reader = new Reader(log.directory, CONTENT_KEY, 5000, workers.spawn);
  onCleanup(() => reader.abandon());
  const page = { filter: {}, limit: 10, withTotal: true };
  const asked = reader.ask("page", page);
  workers.crash();
  await expect(asked).rejects.toThrow("the reader stopped");
  expect((await reader.ask("page", page)).totalCount).toBe(1); // waits for the new one
  expect(workers.started).toHaveLength(2);
});
