import { Database } from "bun:sqlite";
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import type { RequestRecord } from "../../src/record.ts";
import type { UsageQuery } from "../../src/store/reports.ts";
import { UsageFile } from "../../src/store/usage-file.ts";
import { VIEWS } from "../../src/store/usage-group.ts";
import { pointsOf } from "../../src/store/usage-metrics.ts";
import { daysOfPhase, type Grid, hoursOfPhase } from "../../src/store/usage-spans.ts";
import { slotKeysOf } from "../../src/store/usage-tables.ts";
import { cleanUp, makeRecord, NOON, openTestStore, temporaryDirectory } from "./fixtures.ts";
import { TestLog } from "./test-log.ts";
import { inPoints, sumOf, traffic } from "./usage-traffic.ts";

// Others may keep disk and processors busy; nothing here waits for a clock.
setDefaultTimeout(60_000);
afterEach(cleanUp);

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const DAYS = 6;
/** New York's clocks go back on 1 November, Lord Howe's half an hour forward on 4 October. */
const START = Date.UTC(2026, 9, 29, 7, 45);
const STARTS: readonly (readonly [timeZone: string, startMs: number])[] = [
  ["America/New_York", START],
  ["Asia/Kolkata", START],
  ["Asia/Kathmandu", START],
  ["Australia/Lord_Howe", Date.UTC(2026, 9, 1, 7, 45)],
  ["Asia/Shanghai", START],
];
const ZONES = STARTS.map(([timeZone]) => timeZone);
const LATER = NOON + 10 * DAY_MS;
/** How much later than UTC's their days begin, in quarter hours. */
const NEW_YORK = [16, 20];
const KOLKATA = 74;

function withUsage<Value>(log: TestLog, work: (usage: UsageFile) => Value): Value {
  const usage = new UsageFile(log.directory.usage);
  try {
    return work(usage);
  } finally {
    usage.close();
  }
}

/** What the writer does when somebody has asked for charts of these zones, and then bit by bit. */
function prepare(log: TestLog, zones: readonly string[], most = Number.POSITIVE_INFINITY): number {
  return withUsage(log, (usage) => {
    for (const zone of zones) usage.prepareZone(zone, LATER);
    let slots = 0;
    while (slots < most && usage.compactOne(LATER)) slots++;
    return slots;
  });
}

function slotsIn(log: TestLog, grid: Grid): number {
  using database = new Database(log.directory.usage);
  const count = database.query<{ count: number }, [number, number]>(
    "SELECT count(*) AS count FROM slot WHERE id >= ? AND id < ?",
  );
  return count.get(...slotKeysOf(grid))!.count;
}

function phasesIn(path: string): number[] {
  using database = new Database(path);
  return database
    .query<{ phase: number }, []>("SELECT phase FROM phase ORDER BY phase")
    .all()
    .map(({ phase }) => phase);
}

/** Whole and ragged, wide and narrow, over the day on which the clocks change. In quarter hours from the start. */
const RANGES = [
  [0, DAYS * 96],
  [11, 5 * 96 + 3],
  [3 * 96 + 43, 4 * 96 + 43],
  [140, 143],
] as const;
const QUESTIONS: readonly Partial<UsageQuery>[] = [
  { interval: "day" },
  { interval: "hour" },
  { interval: "week", groupBy: ["key"], top: 2 },
  { interval: "day", groupBy: ["model", "client"], top: 5 },
  { interval: "day", groupBy: ["client", "status"], filter: { models: ["model-1"] }, top: 3 },
  { interval: "month", filter: { keyIds: ["pky_1"], statuses: ["error"] } },
];

function answers(log: TestLog, timeZone: string, startMs = START) {
  return RANGES.flatMap(([first, last]) => {
    const range = { fromMs: startMs + first * QUARTER_MS, toMs: startMs + last * QUARTER_MS };
    return QUESTIONS.map((question) => inPoints(log.report({ ...question, ...range, timeZone })));
  });
}

describe("a zone's own days", () => {
  const records = traffic(500, 11, START, DAYS * DAY_MS);

  async function filledLog(rows = records): Promise<TestLog> {
    const log = new TestLog();
    await log.write(rows);
    return log;
  }

  test.each(STARTS)(
    "say the same as the rows, and as the quarter hours they are made of: %s",
    async (timeZone, startMs) => {
      const rows = traffic(500, 11, startMs, DAYS * DAY_MS);
      const log = await filledLog(rows);
      const before = answers(log, timeZone, startMs);
      expect(prepare(log, [timeZone])).toBeGreaterThan(DAYS * 20);
      expect(answers(log, timeZone, startMs)).toEqual(before);
      const [fromMs, toMs] = RANGES[1].map((quarters) => startMs + quarters * QUARTER_MS) as [number, number];
      for (const interval of ["hour", "day", "week"] as const) {
        const report = log.report({ fromMs, toMs, interval, timeZone });
        const points = pointsOf(report.series[0]!.points);
        for (const [index, start] of report.buckets.entries()) {
          const [from, to] = [Math.max(start, fromMs), Math.min(report.buckets[index + 1] ?? toMs, toMs)];
          const inside = rows.filter(({ receivedAtMs: at }) => at >= from && at < to);
          expect({ ...points[index]! }).toMatchObject(sumOf(inside));
        }
      }
      for (const one of before) {
        const parts = one.series.reduce((sum, { totals }) => sum + totals.requests, 0);
        expect(parts).toBe(one.totals.requests);
      }
    },
  );

  test("are read, and those of other zones are not", async () => {
    const log = await filledLog();
    prepare(log, ["America/New_York", "Asia/Kolkata"]);
    using database = new Database(log.directory.usage);
    database.run("UPDATE slot SET cells = x'' WHERE id >= ? AND id < ?", [...slotKeysOf(daysOfPhase(KOLKATA))]);
    const requests = (timeZone: string) => {
      const { series } = log.report({ fromMs: START, toMs: START + DAYS * DAY_MS, interval: "day", timeZone });
      return series[0]!.points("requests").reduce<number>((sum, count) => sum + (count ?? 0), 0);
    };
    expect(requests("Asia/Kolkata")).toBeLessThan(200); // of the days that the range begins and ends in
    for (const zone of ["America/New_York", "Asia/Shanghai", "UTC"]) expect(requests(zone)).toBe(records.length);
  });

  test("are made again after late rows", async () => {
    const log = await filledLog();
    prepare(log, ZONES);
    await log.close();
    const again = new TestLog(log.directory.root); // knows the zones
    await again.write(traffic(100, 12, START, DAYS * DAY_MS));
    const before = ZONES.map((zone) => answers(again, zone));
    expect(before[0]![0]!.totals.requests).toBe(600);
    expect(prepare(again, [])).toBeGreaterThan(DAYS * 4);
    expect(ZONES.map((zone) => answers(again, zone))).toEqual(before);
  });

  test("are made bit by bit, with the right answers all the while, and on after an end in between", async () => {
    const log = await filledLog();
    const before = answers(log, "Asia/Kolkata");
    for (let turn = 0; turn < 4; turn++) {
      expect(prepare(log, ["Asia/Kolkata"], 60)).toBe(60);
      expect(answers(log, "Asia/Kolkata")).toEqual(before);
    }
    expect(prepare(log, [])).toBeGreaterThan(0);
    expect(slotsIn(log, daysOfPhase(KOLKATA))).toBe((DAYS + 1) * VIEWS.length);
    expect(answers(log, "Asia/Kolkata")).toEqual(before);
  });

  test("hours of the week, too", async () => {
    const log = await filledLog();
    const filters = [
      {},
      { models: ["model-1"] },
      { keyIds: ["pky_1"], statuses: ["error"], models: ["model-2"] },
    ] as const;
    const heat = () =>
      filters.flatMap((filter) =>
        ZONES.map((timeZone) => log.ask("heat", { fromMs: START, toMs: START + DAYS * DAY_MS, timeZone, filter })),
      );
    const before = heat();
    prepare(log, ZONES);
    expect(heat()).toEqual(before);
    expect(before[0]!.requests.reduce((sum, count) => sum + count)).toBe(records.length);
  });
});

test("a zone that nobody asked for in a month goes with its slots, in slices; the others' stay", async () => {
  const log = new TestLog();
  const records = traffic(400, 5);
  await log.write(records);
  prepare(log, ["America/New_York"]);
  const later = LATER + 40 * DAY_MS;
  withUsage(log, (usage) => {
    usage.prepareZone("Asia/Kolkata", later);
    while (usage.compactOne(later));
  });
  const [ofKolkata, hoursOfKolkata] = [slotsIn(log, daysOfPhase(KOLKATA)), slotsIn(log, hoursOfPhase(KOLKATA))];
  expect(ofKolkata).toBeGreaterThan(0);
  expect(phasesIn(log.directory.usage)).toEqual([NEW_YORK[1]!, KOLKATA]);
  const question = { fromMs: NOON, toMs: NOON + 3 * DAY_MS, interval: "day", timeZone: "America/New_York" } as const;
  const before = inPoints(log.report(question));
  withUsage(log, (usage) => {
    usage.leaveZones(later);
    let slices = 0;
    while (usage.expireSlice(0, 50)) {
      slices++;
      // Half deleted, and rows come: what is left of them is neither read nor made.
      if (slices === 1) expect(inPoints(log.report(question))).toEqual(before);
    }
    expect(slices).toBeGreaterThan(1);
  });
  expect(slotsIn(log, daysOfPhase(NEW_YORK[1]!))).toBe(0);
  expect(slotsIn(log, daysOfPhase(KOLKATA))).toBe(ofKolkata);
  expect(slotsIn(log, hoursOfPhase(KOLKATA))).toBe(hoursOfKolkata);
  expect(phasesIn(log.directory.usage)).toEqual([KOLKATA]);
  expect(inPoints(log.report(question))).toEqual(before);
});

test("there are never more zones than may be, and the others are answered all the same", async () => {
  const log = new TestLog();
  await log.write([makeRecord(NOON), makeRecord(NOON + DAY_MS)]);
  const zones = Array.from({ length: 14 }, (_, hours) => `Etc/GMT-${hours + 1}`);
  prepare(log, zones);
  expect(phasesIn(log.directory.usage)).toHaveLength(8);
  for (const timeZone of zones) {
    const report = log.report({ fromMs: NOON - DAY_MS, toMs: NOON + 2 * DAY_MS, interval: "day", timeZone });
    expect(report.totals.requests).toBe(2);
  }
});

test("roll-ups of before zones had days keep what the log no longer has", async () => {
  const log = new TestLog();
  const records: RequestRecord[] = traffic(300, 9);
  await log.write(records);
  await log.close();
  asBefore(log.directory.usage);
  rmSync(log.directory.logs, { recursive: true });
  const again = new TestLog(log.directory.root);
  const question = { fromMs: NOON, toMs: NOON + 3 * DAY_MS, interval: "day", timeZone: "Asia/Kolkata" } as const;
  expect(again.report(question).totals).toMatchObject(sumOf(records));
  prepare(again, ["Asia/Kolkata"]);
  expect(again.report(question).totals).toMatchObject(sumOf(records));
  expect(slotsIn(again, daysOfPhase(KOLKATA))).toBeGreaterThan(0);
});

test("a start that ends before the roll-ups are brought up to date is finished by the next", async () => {
  const log = new TestLog();
  await log.write([makeRecord(NOON)]);
  await log.close();
  asBefore(log.directory.usage);
  using other = new Database(log.directory.usage);
  other.run("BEGIN IMMEDIATE"); // as a process that is killed in the midst of it would leave it: nothing of the step is there
  expect(() => new UsageFile(log.directory.usage)).toThrow();
  other.run("ROLLBACK");
  expect(other.query<{ user_version: number }, []>("PRAGMA user_version").get()!.user_version).toBe(2);
  const again = new TestLog(log.directory.root);
  expect(again.report({ fromMs: NOON, toMs: NOON + 1 }).totals.requests).toBe(1);
  expect(phasesIn(again.directory.usage)).toEqual([]);
});

/** The format of before. */
function asBefore(path: string): void {
  using database = new Database(path);
  database.run("DROP TABLE phase");
  database.run("PRAGMA user_version = 2");
}

test("through the Workers: whoever asks in a zone has its days made, UTC asks for nothing", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  store.record(makeRecord(NOON));
  await store.flush();
  const query: UsageQuery = {
    fromMs: NOON,
    toMs: NOON + HOUR_MS,
    timeZone: "UTC",
    interval: "hour",
    groupBy: [],
    filter: {},
    top: 5,
  };
  await store.usage.report(query);
  await store.flush();
  expect(phasesIn(`${dataDir}/usage.db`)).toEqual([]);
  await store.usage.report({ ...query, timeZone: "Asia/Kolkata" });
  await store.flush();
  expect(phasesIn(`${dataDir}/usage.db`)).toEqual([KOLKATA]);
  await store.usage.heat({ ...query, timeZone: "Asia/Kathmandu" });
  await store.flush();
  expect(phasesIn(`${dataDir}/usage.db`)).toHaveLength(2);
});
