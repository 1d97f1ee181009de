import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { startOfQuarterKey } from "../../src/store/usage-tables.ts";
import { wholePage } from "../support/whole-page.ts";
import { cleanUp, makeRecord, NOON, openTestStore, temporaryDirectory } from "./fixtures.ts";
import { TestLog } from "./test-log.ts";

afterEach(cleanUp);

const DAY_MS = 86_400_000;
const DAY = Math.floor(NOON / DAY_MS);

function days(count: number) {
  return Array.from({ length: count }, (_, index) => makeRecord(NOON - index * DAY_MS));
}

test("old days are deleted as files, old roll-ups as rows, and nothing else", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  const records = days(10);
  for (const record of records) store.record(record);
  await store.flush();
  const page = () => wholePage(store.logs, { filter: {}, limit: 50, withTotal: true });
  expect((await page()).totalCount).toBe(10); // the reader has them open
  await store.expire(NOON, { logDays: 3, usageDays: 6 });
  expect(readdirSync(join(dataDir, "logs")).filter((name) => name.endsWith(".db"))).toHaveLength(4);
  expect(readdirSync(join(dataDir, "logs")).every((name) => name >= "2026-11-17")).toBe(true);
  expect((await page()).rows.map((row) => row.id)).toEqual(records.slice(0, 4).map((record) => record.id));
  expect(await store.logs.get(records[5]!.id)).toBeNull();
  const report = {
    fromMs: NOON - 30 * DAY_MS,
    toMs: NOON + 1,
    timeZone: "UTC",
    interval: "day",
    groupBy: [],
    filter: {},
    top: 1,
  } as const;
  expect((await store.usage.report(report)).totals.requests).toBe(7);
  store.record(makeRecord(NOON + 1));
  await store.flush();
  expect((await page()).totalCount).toBe(5);
});

test("a request of a day that was deleted makes that day again", async () => {
  const log = new TestLog();
  await log.write(days(3));
  await log.expire(DAY, NOON - 10 * DAY_MS);
  expect(log.page().totalCount).toBe(1);
  await log.write([makeRecord(NOON - 2 * DAY_MS)]);
  expect(log.page().totalCount).toBe(2);
  expect(log.report({ fromMs: NOON - 9 * DAY_MS, toMs: NOON + 1, interval: "day" }).totals.requests).toBe(4);
});

test("thousands of roll-up rows go in slices", async () => {
  const log = new TestLog();
  await log.write(
    Array.from({ length: 3000 }, (_, index) => makeRecord(NOON - index * 3_600_000, { keyId: `pky_${index % 3}` })),
  );
  await log.expire(0, NOON - 10 * DAY_MS);
  const database = new Database(log.directory.usage);
  const [left] = database
    .query<{ oldest: number; rows: number }, []>("SELECT min(id) AS oldest, count(*) AS rows FROM quarter")
    .all();
  database.close();
  expect(startOfQuarterKey(left!.oldest)).toBeGreaterThanOrEqual(NOON - 10 * DAY_MS);
  expect(left!.rows).toBe(241);
});
