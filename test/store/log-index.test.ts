import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorClass, RequestRecord } from "../../src/record.ts";
import { dayFilePath } from "../../src/store/day-file.ts";
import { daysWithoutIndex, indexPath, SETTLED_AFTER_MS } from "../../src/store/day-index-file.ts";
import { DayIndexes } from "../../src/store/day-indexes.ts";
import { DayReaders } from "../../src/store/day-reader.ts";
import { normalizeErrorText, printError } from "../../src/store/error-fingerprint.ts";
import { DayIndexing } from "../../src/store/index-days.ts";
import { LogReader } from "../../src/store/log-reader.ts";
import type { LogFilter } from "../../src/store/reports.ts";
import { wholePage } from "../support/whole-page.ts";
import { cleanUp, makeAttempt, makeFailure, makeRecord, openTestStore, temporaryDirectory } from "./fixtures.ts";
import { TestLog } from "./test-log.ts";

afterEach(cleanUp);

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Two days that are over and the one that is not: just after midnight that is yesterday. */
const TODAY = Math.floor((Date.now() - SETTLED_AFTER_MS) / DAY_MS);
const START = (TODAY - 2) * DAY_MS;
const SPAN = Math.max(2 * DAY_MS + 60_000, Math.min(Date.now() - START, 3 * DAY_MS - 1));

/** Deterministic traffic in the order of its ids. */
function traffic(count: number, seed: number): RequestRecord[] {
  let state = seed;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  const times = Array.from({ length: count }, () => START + random(SPAN)).sort((a, b) => a - b);
  return times.map((atMs) => {
    const who = { keyId: `pky_${random(4)}`, providerId: `prv_${random(2)}`, clientKeyId: `cky_${random(30)}` };
    if (random(8) === 0) {
      const errorClass: ErrorClass = random(3) === 0 ? "rate_limited" : "upstream_error";
      return makeFailure(atMs, {
        ...who,
        errorClass,
        httpStatus: errorClass === "rate_limited" ? 429 : 502,
        errorText: `Broken ${random(3)} times near ID-${random(1000)}`,
      });
    }
    const outputTokens = random(2000);
    return makeRecord(atMs, {
      ...who,
      requestedModel: `model-${random(5)}`,
      servedModel: `model-${random(5)}`,
      stream: random(2) === 0,
      endedAtMs: atMs + random(90_000),
      costNanoUsd: random(20) === 0 ? null : random(1_000_000),
      usage:
        random(20) === 0
          ? null
          : { inputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens, reasoningTokens: 0 },
      attempts: random(9) === 0 ? [makeAttempt(atMs), makeAttempt(atMs + 5)] : [makeAttempt(atMs)],
    });
  });
}

const total = ({ usage }: RequestRecord) => usage && usage.inputTokens + usage.outputTokens;
const lasted = (record: RequestRecord) => record.endedAtMs - record.receivedAtMs;
const CASES: readonly (readonly [string, LogFilter, (record: RequestRecord) => boolean])[] = [
  ["everything", {}, () => true],
  ["a client that asks seldom", { clientKeyIds: ["cky_7"] }, (record) => record.clientKeyId === "cky_7"],
  ["errors", { statuses: ["error"] }, (record) => record.status === "error"],
  [
    "one class of a key",
    { errorClasses: ["rate_limited"], keyIds: ["pky_1"] },
    (record) => record.errorClass === "rate_limited" && record.keyId === "pky_1",
  ],
  ["streams", { stream: true }, (record) => record.stream],
  ["tries again", { retried: true }, (record) => record.attempts.length > 1],
  ["no tries again", { retried: false, stream: true }, (record) => record.attempts.length <= 1 && record.stream],
  [
    "tries again of a key",
    { retried: true, keyIds: ["pky_2"], minTokens: 500 },
    (record) => record.attempts.length > 1 && record.keyId === "pky_2" && (total(record) ?? 0) >= 500,
  ],
  [
    "a band of cost",
    { minCostNanoUsd: 1000, maxCostNanoUsd: 30_000 },
    ({ costNanoUsd: cost }) => cost !== null && cost >= 1000 && cost <= 30_000,
  ],
  ["any known cost", { minCostNanoUsd: 0 }, ({ costNanoUsd }) => costNanoUsd !== null],
  [
    "slow ones of a model",
    { minLatencyMs: 80_000, models: ["model-3"] },
    (record) => lasted(record) >= 80_000 && [record.requestedModel, record.servedModel].includes("model-3"),
  ],
  ["few tokens", { maxTokens: 100 }, (record) => total(record) !== null && total(record)! <= 100],
  ["words of an error", { search: "broken 2 TIMES" }, ({ errorText }) => errorText?.startsWith("Broken 2") ?? false],
  [
    "words of an error, of one client",
    { search: "near id-9", clientKeyIds: ["cky_1", "cky_2"] },
    (record) => (record.errorText?.includes("near ID-9") ?? false) && ["cky_1", "cky_2"].includes(record.clientKeyId!),
  ],
  [
    "a model's name or an error's words",
    { search: "model-1" },
    (record) => [record.requestedModel, record.servedModel].includes("model-1"),
  ],
  [
    "some hours",
    { fromMs: START + 20 * HOUR_MS, toMs: START + 30 * HOUR_MS, statuses: ["success"] },
    (record) =>
      record.status === "success" &&
      record.receivedAtMs >= START + 20 * HOUR_MS &&
      record.receivedAtMs < START + 30 * HOUR_MS,
  ],
  ["nothing", { search: "nobody said this" }, () => false],
];

function idsOf(records: readonly RequestRecord[], passes: (record: RequestRecord) => boolean): string[] {
  return records
    .filter(passes)
    .map(({ id }) => id)
    .reverse();
}

function check(log: TestLog, records: readonly RequestRecord[]): void {
  for (const [name, filter, passes] of CASES) {
    const wanted = idsOf(records, passes);
    const forward: string[] = [];
    for (let afterId: string | undefined, more = true; more; afterId = forward.at(-1)) {
      const page = log.page(filter, { limit: 70, ...(afterId === undefined ? {} : { afterId }) });
      forward.push(...page.rows.map(({ id }) => id));
      more = page.hasMore;
      expect(page.totalCount).toBe(wanted.length);
    }
    expect([name, forward]).toEqual([name, wanted]);
    const backward: string[] = [];
    let page = log.ask("page", { filter, limit: 70, fromEnd: true, withTotal: false });
    while (page.rows.length > 0) {
      backward.unshift(...page.rows.map(({ id }) => id));
      page = log.page(filter, { limit: 70, beforeId: backward[0]! });
    }
    expect([name, backward]).toEqual([name, wanted]);
  }
}

describe("pages of a filter are what the filter names, from both ends", () => {
  const records = traffic(1200, 5);

  test("on days that are over, and on the one that is not, while rows come late", async () => {
    const log = new TestLog();
    const firstForm = `${dayFilePath(log.directory.logs, TODAY - 2)}-index`;
    writeFileSync(firstForm, "of an earlier program");
    await log.write(records.filter((_, index) => index % 3 === 0));
    log.page({ search: "nobody" }); // now there are indexes
    expect(existsSync(firstForm)).toBe(false);
    await log.write(records.filter((_, index) => index % 3 !== 0));
    check(log, records);
    expect(existsSync(indexPath(log.directory.logs, TODAY - 2))).toBe(true);
    expect(existsSync(indexPath(log.directory.logs, TODAY))).toBe(false);
  });

  test("after a restart, with an index that is cut, not ours, or of an older state of the day", async () => {
    const log = new TestLog();
    await log.write(records.slice(0, 900));
    log.page({ search: "nobody" });
    await log.write(records.slice(900));
    await log.close();
    truncateSync(indexPath(log.directory.logs, TODAY - 1), 200);
    check(new TestLog(log.directory.root), records);
    writeFileSync(indexPath(log.directory.logs, TODAY - 2), "something else altogether");
    check(new TestLog(log.directory.root), records);
  });

  test("in a file of before there were marks of what was touched", async () => {
    const log = new TestLog();
    await log.write(records);
    await log.close();
    const database = new Database(dayFilePath(log.directory.logs, TODAY));
    database.run("DROP TABLE touched");
    database.close();
    check(new TestLog(log.directory.root), records);
  });
});

describe("while days have no index yet", () => {
  test("a page says what it has, newest first, that more is to come, and in the end has all", async () => {
    const records = traffic(600, 3);
    const log = new TestLog();
    await log.write(records);
    const days = new DayReaders(log.directory.logs);
    const reader = new LogReader(days, new DayIndexes(log.directory.logs, days), 0); // no patience: a quarter hour a question
    const seen: number[] = [];
    for (;;) {
      const page = reader.page({ filter: {}, limit: 1000, withTotal: true });
      const ids = page.rows.map(({ id }) => id);
      expect(ids).toEqual(idsOf(records, () => true).slice(0, ids.length));
      seen.push(ids.length);
      expect([page.hasMore, page.totalCount]).toEqual(page.isPartial ? [true, null] : [false, 600]);
      if (!page.isPartial) break;
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect([seen[0], seen.at(-1)]).toEqual([0, 600]);
    expect(new Set(seen).size).toBeGreaterThan(2);
    days.close();
  });

  test("the store makes them in the background, and answers in between", async () => {
    const dataDir = temporaryDirectory();
    const store = await openTestStore(dataDir);
    for (const record of traffic(100, 2)) store.record(record);
    await store.flush();
    const folder = join(dataDir, "logs");
    const asked: number[] = [];
    const indexing = new DayIndexing(folder, async (day) => asked.push(day) % 3 === 0);
    await indexing.run();
    expect(asked).toEqual([TODAY - 1, TODAY - 1, TODAY - 1, TODAY - 2, TODAY - 2, TODAY - 2]);
    indexing.stop();
    await indexing.run();
    expect(asked).toHaveLength(6);
  });
});

test("the hourly round makes the indexes of the days that are over, and of no other", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  for (const record of traffic(100, 2)) store.record(record);
  await store.flush();
  const folder = join(dataDir, "logs");
  expect(daysWithoutIndex(folder, Date.now())).toContain(TODAY - 2);
  await store.expire(Date.now(), { logDays: 30, usageDays: 30 });
  expect(daysWithoutIndex(folder, Date.now())).toEqual([]);
  expect(existsSync(indexPath(folder, TODAY))).toBe(false);
  expect((await wholePage(store.logs, { filter: {}, limit: 200, withTotal: true })).totalCount).toBe(100);
});

describe("the histogram of a filter", () => {
  const records = traffic(800, 9);

  test.each([
    ["everything", {}],
    ["errors", { statuses: ["error"] as const }],
    ["a client", { clientKeyIds: ["cky_3"] }],
    ["streams of some hours", { stream: true, fromMs: START + 5 * HOUR_MS, toMs: START + 29 * HOUR_MS }],
    ["dear ones", { minCostNanoUsd: 900_000 }],
  ] satisfies [string, LogFilter][])("counts each request once, by how it ended: %s", async (_name, filter) => {
    const log = new TestLog();
    await log.write(records);
    for (const buckets of [7, 60]) {
      const nowMs = START + SPAN + HOUR_MS;
      const histogram = log.ask("histogram", { filter, buckets, nowMs });
      const ids = idsIn(log, filter);
      const found = records.filter(({ id }) => ids.has(id));
      const { success, clientError, upstreamError, cancelled } = histogram;
      expect(success.length).toBeLessThanOrEqual(buckets);
      const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
      expect(sum(success)).toBe(found.filter(({ status }) => status === "success").length);
      expect(sum(clientError) + sum(upstreamError)).toBe(found.filter(({ status }) => status === "error").length);
      expect(sum(cancelled)).toBe(0);
      for (const [bucket, count] of success.entries()) {
        const from = histogram.startsAtMs + bucket * histogram.stepMs;
        const inside = found.filter(
          ({ status, receivedAtMs }) =>
            status === "success" && receivedAtMs >= from && receivedAtMs < from + histogram.stepMs,
        );
        expect(inside.length).toBe(count);
      }
    }
  });
});

/** All that a filter finds. */
function idsIn(log: TestLog, filter: LogFilter): Set<string> {
  const ids = new Set<string>();
  for (let afterId: string | undefined, more = true; more; ) {
    const page = log.page(filter, { limit: 200, ...(afterId === undefined ? {} : { afterId }) });
    for (const { id } of page.rows) ids.add(id);
    afterId = page.rows.at(-1)?.id;
    more = page.hasMore;
  }
  return ids;
}

describe("errors that are the same to a person", () => {
  test.each([
    ["Rate limit reached: try again in 340ms.", "Rate limit reached: try again in 20ms."],
    ["The server had an error, request req_3fa85f64b1.", "The server had an error, request req_00ab5f64b1."],
    ["no such file 0199c2d4-52a1-7abc-9def-0123456789ab", "no such file 0199c2d4-52a1-7abc-9def-ba9876543210"],
    ["see https://a.example/x?y=1", "see https://b.example/z"],
  ])("have one fingerprint: %s", (one, other) => {
    expect(normalizeErrorText(one)).toBe(normalizeErrorText(other));
    expect(printError("upstream_error", 502, one)).toEqual(printError("upstream_error", 502, other));
  });

  test("have another with another class, status or text", () => {
    const prints = [
      printError("upstream_error", 502, "broken"),
      printError("timeout", 502, "broken"),
      printError("upstream_error", 503, "broken"),
      printError("upstream_error", 502, "broken again"),
      printError("upstream_error", 502, "The model gpt-x does not exist"),
    ];
    expect(new Set(prints.map(({ fingerprint }) => fingerprint)).size).toBe(5);
  });

  test("are counted, with whom they hit, when, and a sample", async () => {
    const log = new TestLog();
    const fail = (atMs: number, changes: Partial<RequestRecord>) =>
      makeFailure(START + atMs, { errorText: `try again in ${atMs}ms`, ...changes });
    const records = [
      fail(1000, { keyId: "pky_1", requestedModel: "a" }),
      fail(HOUR_MS, { keyId: "pky_2", requestedModel: "b" }),
      fail(DAY_MS, { keyId: "pky_1", requestedModel: "a", clientKeyId: "cky_other" }),
      fail(2000, { errorText: "something else" }),
      makeRecord(START + 3000),
    ];
    await log.write(records);
    const range = { fromMs: START, toMs: START + 2 * DAY_MS };
    const { groups } = log.ask("errorGroups", { filter: range, limit: 10, nowMs: range.toMs });
    expect(groups).toHaveLength(2);
    expect(groups[0]).toMatchObject({
      errorClass: "upstream_error",
      httpStatus: 502,
      text: "try again in …ms",
      count: 3,
      clientKeys: 2,
      firstSeenMs: START + 1000,
      lastSeenMs: START + DAY_MS,
      sampleId: records[2]!.id,
    });
    expect([...groups[0]!.keyIds].sort()).toEqual(["pky_1", "pky_2"]);
    expect([...groups[0]!.models].sort()).toEqual(["a", "b"]);
    expect(groups[0]!.spark.counts.reduce((a, b) => a + b, 0)).toBe(3);
    expect(
      log.ask("errorGroups", { filter: { ...range, keyIds: ["pky_2"] }, limit: 10, nowMs: range.toMs }).groups,
    ).toMatchObject([{ count: 1 }]);
    expect(log.ask("errorGroups", { filter: range, limit: 1, nowMs: range.toMs }).groups).toHaveLength(1);
  });
});
