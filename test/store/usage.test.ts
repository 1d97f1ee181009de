import { Database } from "bun:sqlite";
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import type { RequestRecord } from "../../src/record.ts";
import type { UsageQuery, UsageSeries } from "../../src/store/reports.ts";
import { UsageFile } from "../../src/store/usage-file.ts";
import { pointsOf } from "../../src/store/usage-metrics.ts";
import { cleanUp, makeFailure, makeRecord, NOON, openTestStore } from "./fixtures.ts";
import { TestLog } from "./test-log.ts";
import { inPoints, sumOf, traffic } from "./usage-traffic.ts";

// Others may keep disk and processors busy; nothing here waits for a clock.
setDefaultTimeout(60_000);
afterEach(cleanUp);

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

function pointAt({ points }: UsageSeries, index: number): Record<string, unknown> {
  return { ...pointsOf(points)[index]! };
}

const WHOLE = { fromMs: NOON, toMs: NOON + 3 * DAY_MS } as const;

describe("a report agrees with the rows", () => {
  const records = traffic(3000);

  async function filledLog(): Promise<TestLog> {
    const log = new TestLog();
    for (let start = 0; start < records.length; start += 250) await log.write(records.slice(start, start + 250));
    return log;
  }

  test("in every quarter hour, and for each of the other intervals and some zones", async () => {
    const log = await filledLog();
    for (const interval of ["quarter_hour", "hour", "day", "week", "month"] as const) {
      for (const timeZone of ["UTC", "Asia/Kathmandu", "America/New_York"]) {
        const report = log.report({ ...WHOLE, interval, timeZone });
        expect(report.totals).toMatchObject(sumOf(records));
        expect(report.series).toHaveLength(1);
        const [series] = report.series;
        expect(series).toMatchObject({ values: [], isOther: false, totals: report.totals });
        expect(series!.points("requests")).toHaveLength(report.buckets.length);
        for (const [index, start] of report.buckets.entries()) {
          const end = report.buckets[index + 1] ?? Number.POSITIVE_INFINITY;
          const inside = records.filter((record) => record.receivedAtMs >= start && record.receivedAtMs < end);
          expect(pointAt(series!, index)).toMatchObject(sumOf(inside));
        }
      }
    }
  });

  test("in every minute of a day, over midnight, in all and by group, with what is left of them", async () => {
    const log = await filledLog();
    const query = { fromMs: NOON + 30_000, toMs: NOON + DAY_MS, interval: "minute" } as const;
    const within = (from: number, to: number) =>
      records.filter(({ receivedAtMs }) => Math.floor(receivedAtMs) >= from && Math.floor(receivedAtMs) < to);
    const all = within(NOON, NOON + DAY_MS);
    const report = log.report({ ...query, timeZone: "Asia/Kathmandu" });
    expect(report.buckets).toHaveLength(1440);
    expect(report.buckets[0]).toBe(NOON);
    expect(report.totals).toMatchObject(sumOf(all));
    const counts = report.series[0]!.points("requests");
    expect(counts).toEqual(report.buckets.map((start) => within(start, start + 60_000).length));
    for (let index = 0; index < 1440; index += 90) {
      const start = report.buckets[index]!;
      expect(pointAt(report.series[0]!, index)).toMatchObject(sumOf(within(start, start + 60_000)));
    }
    const { series } = log.report({ ...query, groupBy: ["key"], top: 2, filter: { providerIds: ["prv_1"] } });
    expect(series.map(({ isOther }) => isOther)).toEqual([false, false, true]);
    const wanted = all.filter(({ providerId }) => providerId === "prv_1");
    const named = series.slice(0, 2).map(({ values }) => values[0]);
    for (const { values, isOther, totals, points } of series) {
      const members = wanted.filter(({ keyId }) => (isOther ? !named.includes(keyId) : keyId === values[0]));
      expect(totals).toMatchObject(sumOf(members));
      expect(points("requests").reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(members.length);
    }
    expect(series[0]!.totals.costNanoUsd).toBeGreaterThanOrEqual(series[1]!.totals.costNanoUsd);
  });

  test("for each group of each dimension, and of two", async () => {
    const log = await filledLog();
    const values = {
      provider: (record: RequestRecord) => record.providerId,
      key: (record: RequestRecord) => record.keyId,
      model: (record: RequestRecord) => record.servedModel,
      client: (record: RequestRecord) => record.clientKeyId,
      status: (record: RequestRecord) => record.status,
      error: (record: RequestRecord) => record.errorClass,
      format: (record: RequestRecord) => record.protocol,
    };
    for (const groupBy of [
      ["provider"],
      ["key"],
      ["model"],
      ["client"],
      ["error"],
      ["format"],
      ["client", "model"],
      ["status", "key"],
    ] as const) {
      const { series } = log.report({ ...WHOLE, groupBy, top: 100 });
      const found = new Map(series.map((each) => [JSON.stringify(each.values), each.totals]));
      const wanted = Map.groupBy(records, (record) => JSON.stringify(groupBy.map((name) => values[name](record))));
      expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
      for (const [key, members] of wanted) expect(found.get(key)!).toMatchObject(sumOf(members));
      const costs = series.map((each) => each.totals.costNanoUsd);
      expect(costs).toEqual(costs.toSorted((a, b) => b - a));
    }
  });

  test("under filters", async () => {
    const log = await filledLog();
    const check = (filter: UsageQuery["filter"], passes: (record: RequestRecord) => boolean) =>
      expect(log.report({ ...WHOLE, filter }).totals).toMatchObject(sumOf(records.filter(passes)));
    check({ keyIds: ["pky_1", "pky_3"] }, (record) => ["pky_1", "pky_3"].includes(record.keyId!));
    check(
      { providerIds: ["prv_0"], clientKeyIds: ["cky_2"] },
      (record) => record.providerId === "prv_0" && record.clientKeyId === "cky_2",
    );
    check({ models: ["model-1"] }, (record) => record.servedModel === "model-1");
    check({ models: ["model-*"] }, (record) => record.servedModel!.startsWith("model-"));
    check({ statuses: ["error", "cancelled"] }, (record) => record.status !== "success");
    check(
      { errorClasses: ["upstream_error"], keyIds: ["pky_1"], clientKeyIds: ["cky_0"] },
      (record) => record.errorClass !== null && record.keyId === "pky_1" && record.clientKeyId === "cky_0",
    );
    check({ protocols: ["gemini"] }, () => false);
    check({ keyIds: [] }, () => false);
  });

  test("over a part of the time, to the quarter hour", async () => {
    const log = await filledLog();
    for (const [from, to] of [
      [3, 200],
      [17, 18],
      [40, 41.5],
      [0.2, 7],
    ] as const) {
      const query = { fromMs: NOON + from * QUARTER_MS, toMs: NOON + to * QUARTER_MS };
      const [first, last] = [NOON + Math.floor(from) * QUARTER_MS, NOON + Math.ceil(to) * QUARTER_MS];
      const inside = records.filter((record) => record.receivedAtMs >= first && record.receivedAtMs < last);
      for (const interval of ["quarter_hour", "day"] as const) {
        expect(log.report({ ...query, interval }).totals).toMatchObject(sumOf(inside));
      }
    }
  });

  test("latency: the average exactly, quantiles within 5 %, of the successful ones", async () => {
    const log = await filledLog();
    const { totals } = log.report({ ...WHOLE, interval: "day" });
    const good = records.filter((record) => record.status === "success");
    const latencies = good.map((record) => record.endedAtMs - record.receivedAtMs).sort((a, b) => a - b);
    expect(totals.latencyAvgMs!).toBeCloseTo(latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length, 3);
    const near = (found: number | null, sorted: readonly number[], share: number) => {
      const exact = sorted[Math.ceil(share * sorted.length) - 1]!;
      expect(Math.abs(found! - exact) / exact).toBeLessThan(0.05);
    };
    near(totals.latencyP50Ms, latencies, 0.5);
    near(totals.latencyP95Ms, latencies, 0.95);
    near(totals.latencyP99Ms, latencies, 0.99);
    const firsts = records.flatMap((record) =>
      record.firstTokenAtMs === null ? [] : [record.firstTokenAtMs - record.receivedAtMs],
    );
    near(
      totals.firstTokenP50Ms,
      firsts.sort((a, b) => a - b),
      0.5,
    );
    near(totals.firstTokenP95Ms, firsts, 0.95);
  });
});

test("groups beyond the top fold into one, and all add up", async () => {
  const log = new TestLog();
  const records = Array.from({ length: 28 }, (_, index) =>
    makeRecord(NOON, { keyId: `pky_${Math.floor((Math.sqrt(8 * index + 1) - 1) / 2)}` }),
  );
  await log.write(records);
  const report = log.report({ fromMs: NOON, toMs: NOON + 1, groupBy: ["key"], top: 2 });
  expect(report.series.map(({ values, isOther, totals }) => [values, isOther, totals.requests])).toEqual([
    [["pky_6"], false, 7],
    [["pky_5"], false, 6],
    [[], true, 15],
  ]);
  expect(report.totals.requests).toBe(28);
  expect(log.report({ fromMs: NOON, toMs: NOON + 1, groupBy: ["key"], top: 7 }).series).toHaveLength(7);
  expect(log.report({ fromMs: NOON, toMs: NOON + 1, groupBy: ["key"], top: 0 }).series).toHaveLength(1);
});

test("nothing is a report too: empty points, no latency", () => {
  const report = new TestLog().report({ fromMs: NOON, toMs: NOON + HOUR_MS, groupBy: [] });
  expect(report.buckets).toHaveLength(4);
  expect(report.totals).toMatchObject({ requests: 0, latencyAvgMs: null, latencyP50Ms: null });
  expect(report.series[0]!.points("requests")).toHaveLength(4);
  expect(new TestLog().report({ fromMs: NOON, toMs: NOON + HOUR_MS, groupBy: ["key"] }).series).toEqual([]);
});

test("callers without a key cannot fill the roll-ups with model names of their own", async () => {
  const log = new TestLog();
  const stranger = { clientKeyId: null, providerId: null, keyId: null, servedModel: null, attempts: [] };
  await log.write(
    Array.from({ length: 50 }, (_, index) => makeFailure(NOON, { ...stranger, requestedModel: `name-${index}` })),
  );
  await log.write([makeFailure(NOON, { ...stranger, clientKeyId: "cky_a", requestedModel: "asked" })]);
  const { series } = log.report({ fromMs: NOON, toMs: NOON + 1, groupBy: ["model"] });
  expect(series.map(({ values, totals }) => [values[0], totals.requests])).toEqual([
    [null, 50],
    ["asked", 1],
  ]);
});

describe("the longer spans and the coarser views", () => {
  const query = { ...WHOLE, interval: "day", timeZone: "Asia/Kolkata", groupBy: ["key", "model"], top: 4 } as const;
  const views = [
    query,
    { ...query, groupBy: [] },
    { ...query, groupBy: ["status"] as const },
    { ...query, filter: { statuses: ["error"] as const, clientKeyIds: ["cky_1"] } },
  ];

  /** Makes every slot whose time is over: the writer does one at a time, after it has counted. */
  function compact(log: TestLog): number {
    const usage = new UsageFile(log.directory.usage);
    let slots = 0;
    while (usage.compactOne(NOON + 10 * DAY_MS)) slots++;
    usage.close();
    return slots;
  }

  test("say the same as the quarter hours they are made of", async () => {
    const log = new TestLog();
    await log.write(traffic(2000, 7));
    const before = views.map((view) => inPoints(log.report(view)));
    expect(compact(log)).toBeGreaterThan(72);
    expect(compact(log)).toBe(0);
    const after = views.map((view) => inPoints(log.report(view)));
    expect(after).toEqual(before);
    expect(before[0]!.totals.requests).toBe(2000);
  });

  test("are made again after late rows", async () => {
    const log = new TestLog();
    await log.write(traffic(500, 3));
    compact(log);
    await log.write(traffic(500, 4));
    const before = views.map((view) => inPoints(log.report(view)));
    expect(before[0]!.totals.requests).toBe(1000);
    expect(compact(log)).toBeGreaterThan(0);
    expect(views.map((view) => inPoints(log.report(view)))).toEqual(before);
  });
});

test("a quarter hour of many commits is put together", async () => {
  const log = new TestLog();
  for (let commit = 0; commit < 100; commit++) await log.write([makeRecord(NOON + commit)]);
  const database = new Database(log.directory.usage);
  const { parts } = database.query<{ parts: number }, []>("SELECT count(*) AS parts FROM quarter").get()!;
  database.close();
  expect(parts).toBeLessThan(40);
  expect(log.report({ fromMs: NOON, toMs: NOON + 1 }).totals.requests).toBe(100);
});

test("roll-ups that were lost, or have an older format, are made anew from the logs", async () => {
  const log = new TestLog();
  await log.write([makeRecord(NOON), makeRecord(NOON + DAY_MS)]);
  await log.close();
  rmSync(log.directory.usage);
  const old = new Database(log.directory.usage, { create: true });
  old.run("CREATE TABLE usage (span INTEGER)");
  old.run("PRAGMA user_version = 1");
  old.close();
  const again = new TestLog(log.directory.root);
  await again.write([makeRecord(NOON + 1)]);
  for (let turn = 0; turn < 20; turn++) await Bun.sleep(0);
  await again.flush();
  expect(again.report({ fromMs: NOON - DAY_MS, toMs: NOON + 2 * DAY_MS, interval: "day" }).totals.requests).toBe(3);
});

test("the hours of the week, in the zone's own time", async () => {
  const log = new TestLog();
  // NOON is a Friday, 17:30 in Kolkata.
  await log.write([makeRecord(NOON), makeRecord(NOON + 40 * 60_000), makeFailure(NOON + DAY_MS)]);
  const range = { fromMs: NOON - DAY_MS, toMs: NOON + 2 * DAY_MS, filter: {} };
  const at = (values: readonly number[]) => values.flatMap((value, hour) => (value > 0 ? [[hour, value]] : []));
  const kolkata = log.ask("heat", { ...range, timeZone: "Asia/Kolkata" });
  expect(kolkata.requests).toHaveLength(168);
  expect(at(kolkata.requests)).toEqual([
    [4 * 24 + 17, 1],
    [4 * 24 + 18, 1],
    [5 * 24 + 17, 1],
  ]);
  expect(at(kolkata.errors)).toEqual([[5 * 24 + 17, 1]]);
  const filtered = log.ask("heat", { ...range, timeZone: "UTC", filter: { statuses: ["success"] } });
  expect(at(filtered.requests)).toEqual([[4 * 24 + 12, 2]]);
});

test("through the Workers: an unknown zone is an error without SQL, and the next report is answered", async () => {
  const store = await openTestStore();
  store.record(makeRecord(NOON));
  await store.flush();
  const query: UsageQuery = {
    fromMs: NOON,
    toMs: NOON + 1,
    timeZone: "UTC",
    interval: "day",
    groupBy: ["provider", "model"],
    filter: {},
    top: 5,
  };
  await expect(store.usage.report({ ...query, timeZone: "Mars/Olympus" })).rejects.toThrow("unknown time zone");
  const report = await store.usage.report(query);
  expect(report.series[0]).toMatchObject({ values: ["prv_a", "gpt-4.1-2025-04-14"], totals: { requests: 1 } });
});
