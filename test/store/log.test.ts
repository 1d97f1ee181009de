import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, renameSync } from "node:fs";
import { newId } from "../../src/lib/id.ts";
import type { RequestRecord } from "../../src/record.ts";
import { dayFilePath } from "../../src/store/day-file.ts";
import type { LogFilter } from "../../src/store/reports.ts";
import { wholePage } from "../support/whole-page.ts";
import { cleanUp, makeAttempt, makeFailure, makeRecord, NOON, openTestStore } from "./fixtures.ts";
import { TestLog } from "./test-log.ts";

afterEach(cleanUp);

const DAY_MS = 86_400_000;

describe("a logged request reads as it was settled", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const cases: Record<string, RequestRecord> = {
    "one good attempt": makeRecord(NOON + 0.125),
    "two bad attempts": makeFailure(NOON),
    "a good one after a bad one": makeRecord(NOON, {
      attempts: [
        makeAttempt(NOON, { outcome: "unreachable", httpStatus: null, errorClass: "network" }),
        makeAttempt(NOON),
      ],
    }),
    "an answer in another format than the first one asked": makeRecord(NOON, {
      upstreamFormat: "anthropic-messages",
      upstreamEndpoint: "messages",
      attempts: [
        makeAttempt(NOON, { outcome: "rejected", httpStatus: 500, errorClass: "upstream_error" }),
        makeAttempt(NOON, { upstreamFormat: "anthropic-messages", upstreamEndpoint: "messages" }),
      ],
    }),
    "one attempt at an upstream that has no endpoints": makeRecord(NOON, {
      upstreamFormat: "coze",
      upstreamEndpoint: null,
      attempts: [makeAttempt(NOON, { upstreamFormat: "coze", upstreamEndpoint: null })],
    }),
    "an attempt whose status is not the usual 200": makeRecord(NOON, {
      attempts: [makeAttempt(NOON, { httpStatus: 201 })],
    }),
    "nobody asked": makeRecord(NOON, {
      status: "error",
      httpStatus: 404,
      errorClass: "not_found",
      errorText: 'no model "x" – "quoted", 100 % \\ and 🙂',
      servedModel: null,
      upstreamFormat: null,
      upstreamEndpoint: null,
      providerId: null,
      keyId: null,
      usage: null,
      rawUsage: null,
      price: null,
      costNanoUsd: null,
      usageSource: "unknown",
      firstTokenAtMs: null,
      attempts: [],
    }),
    "no client": makeRecord(NOON, { clientKeyId: null, userAgent: "", clientAddress: "" }),
    "made for a person's chat": makeRecord(NOON, { clientKeyId: null, origin: "chat" }),
    "left by the client": makeRecord(NOON, {
      status: "cancelled",
      httpStatus: 499,
      errorClass: "client_closed",
      stream: true,
    }),
    "free of charge, and dropped fields": makeRecord(NOON, { costNanoUsd: 0, dropped: ["logit_bias", "seed"] }),
    "large numbers": makeRecord(NOON, { costNanoUsd: 9_000_000_000_000_000, requestBytes: 5_000_000_000 }),
    "no upstream id": makeRecord(NOON, { attempts: [makeAttempt(NOON, { upstreamRequestId: null })], rawUsage: "" }),
    bodies: makeRecord(NOON, {
      content: {
        policy: "full",
        requestHeaders: '{"accept":"*/*"}',
        responseHeaders: null,
        requestBody: bytes("hello ".repeat(1000)),
        responseBody: Uint8Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256),
        truncated: true,
      },
    }),
    "an empty body and none": makeRecord(NOON, {
      content: {
        policy: "metadata",
        requestHeaders: null,
        responseHeaders: "{}",
        requestBody: new Uint8Array(0),
        responseBody: null,
        truncated: false,
      },
    }),
  };

  test("each of them, in one batch", async () => {
    const log = new TestLog();
    await log.write(Object.values(cases));
    for (const [name, record] of Object.entries(cases))
      expect([name, log.ask("get", record.id)]).toEqual([name, record as never]);
  });

  test("through the Workers too", async () => {
    const store = await openTestStore();
    for (const record of Object.values(cases)) store.record(record);
    await store.flush();
    for (const record of Object.values(cases)) expect(await store.logs.get(record.id)).toEqual(record as never);
    const { rows } = await wholePage(store.logs, { filter: {}, limit: 50, withTotal: true });
    expect(rows).toHaveLength(Object.keys(cases).length);
    const { attempts, content: _content, rawUsage: _raw, ...rest } = cases["two bad attempts"]!;
    expect(rows.find((row) => row.id === rest.id)).toEqual({ ...rest, attemptCount: attempts.length });
    expect(store.stats()).toMatchObject({
      queuedRecords: 0,
      droppedRecords: 0,
      writtenRecords: rows.length,
      writable: true,
    });
    expect(store.stats().databaseBytes).toBeGreaterThan(10_000);
  });

  test("attempts of a log that did not note their formats have none", async () => {
    const log = new TestLog();
    const record = makeFailure(NOON);
    await log.write([record]);
    const detail = { e: "x", a: record.attempts.map(({ upstreamFormat: _, upstreamEndpoint: __, ...old }) => old) };
    const day = new Database(dayFilePath(log.directory.logs, Math.floor(NOON / DAY_MS)));
    day.run("UPDATE request SET detail = ?", [JSON.stringify(detail)]);
    day.close();
    const none = { upstreamFormat: null, upstreamEndpoint: null };
    expect(log.ask("get", record.id)?.attempts).toEqual(record.attempts.map((attempt) => ({ ...attempt, ...none })));
  });

  test("texts that come from clients are cut, not the rest", async () => {
    const log = new TestLog();
    const record = makeFailure(NOON, {
      requestedModel: "m".repeat(5000),
      userAgent: "u".repeat(5000),
      errorText: "e".repeat(5000),
      dropped: Array.from({ length: 200 }, (_, index) => `field${index}`),
    });
    await log.write([record]);
    const row = log.ask("get", record.id)!;
    expect([row.requestedModel.length, row.userAgent.length, row.errorText!.length, row.dropped.length]).toEqual([
      256, 512, 1000, 50,
    ]);
    expect(row.attempts).toEqual(record.attempts as never);
  });

  test("shapes that join to similar texts stay apart", async () => {
    const log = new TestLog();
    const records = [
      makeRecord(NOON, { requestedModel: "a b", servedModel: "c" }),
      makeRecord(NOON, { requestedModel: "a", servedModel: "b c" }),
      makeRecord(NOON, { requestedModel: "null", servedModel: null }),
      makeRecord(NOON, { requestedModel: "null", servedModel: "null" }),
      makeRecord(NOON, { clientAddress: "1 2", userAgent: "3" }),
      makeRecord(NOON, { clientAddress: "1", userAgent: "2 3" }),
      makeRecord(NOON, { origin: "test" }),
      makeRecord(NOON, { origin: "replay" }),
      makeRecord(NOON, { upstreamEndpoint: "completions" }),
      makeRecord(NOON, { upstreamFormat: "gemini" }),
      makeRecord(NOON, { price: null }),
      makeRecord(NOON, { price: { ...makeRecord().price!, input: 3 } }),
      makeRecord(NOON, { price: { ...makeRecord().price!, source: "manual" } }),
    ];
    await log.write(records);
    for (const record of records)
      expect(log.ask("get", record.id)).toMatchObject({
        requestedModel: record.requestedModel,
        servedModel: record.servedModel,
        upstreamFormat: record.upstreamFormat,
        upstreamEndpoint: record.upstreamEndpoint,
        price: record.price,
        userAgent: record.userAgent,
        clientAddress: record.clientAddress,
        origin: record.origin,
      });
  });
});

test("a client's request is written as it was before there were other origins", async () => {
  const log = new TestLog();
  await log.write([makeRecord(NOON)]);
  const file = new Database(dayFilePath(log.directory.logs, NOON / DAY_MS - 0.5), { readonly: true });
  const shape = file.query<{ value: string }, []>("SELECT value FROM shape WHERE kind = 'caller'").get()!;
  file.close();
  expect(JSON.parse(shape.value)).toHaveLength(4);
});

describe("an id that is not in the log", () => {
  test("is null, whatever it looks like", async () => {
    const log = new TestLog();
    const record = makeRecord();
    await log.write([record]);
    const stranger = `${record.id.slice(0, -4)}${record.id.endsWith("0000") ? "1111" : "0000"}`;
    for (const id of ["", "nonsense", newId("prv"), newId("req", NOON), newId("req", NOON - 40 * DAY_MS), stranger]) {
      expect(log.ask("get", id)).toBeNull();
    }
  });
});

describe("a page", () => {
  /** Ten requests a minute apart over midnight, twice. */
  const times = [0, 1].flatMap((day) =>
    Array.from({ length: 10 }, (_, index) => NOON + day * DAY_MS + (12 * 60 - 5 + index) * 60_000),
  );

  test("reads newest first, across days, forth and back", async () => {
    const log = new TestLog();
    const records = times.map((atMs) => makeRecord(atMs));
    await log.write(records.toSorted(() => 0.5));
    expect(readdirSync(log.directory.logs).filter((name) => name.endsWith(".db"))).toHaveLength(3);
    const newestFirst = records.map((record) => record.id).reverse();
    expect(log.page()).toMatchObject({ hasMore: false, totalCount: 20 });
    expect(log.ids()).toEqual(newestFirst);

    const forth: string[] = [];
    let page = log.page({}, { limit: 3 });
    for (;;) {
      forth.push(...page.rows.map((row) => row.id));
      if (!page.hasMore) break;
      page = log.page({}, { limit: 3, afterId: forth.at(-1)! });
    }
    expect(forth).toEqual(newestFirst);

    const back = log.page({}, { limit: 4, beforeId: newestFirst[10]! });
    expect(back.rows.map((row) => row.id)).toEqual(newestFirst.slice(6, 10));
    expect(back.hasMore).toBe(true);
    const newest = log.page({}, { limit: 4, beforeId: newestFirst[4]! });
    expect(newest.rows.map((row) => row.id)).toEqual(newestFirst.slice(0, 4));
    expect(newest.hasMore).toBe(false);
  });

  test("of a time holds from its start up to, not including, its end", async () => {
    const log = new TestLog();
    const records = times.map((atMs) => makeRecord(atMs));
    await log.write(records);
    for (const [from, to] of [
      [0, 20],
      [3, 17],
      [5, 6],
      [9, 11],
      [4, 4],
    ] as const) {
      const filter = { fromMs: times[from]!, toMs: to === 20 ? times[19]! + 1 : times[to]! };
      expect(log.ids(filter)).toEqual(
        records
          .slice(from, to)
          .map((record) => record.id)
          .reverse(),
      );
      expect(log.page(filter).totalCount).toBe(to - from);
    }
  });

  test("counts exactly up to ten thousand, and says when it does not know", async () => {
    const log = new TestLog();
    const many = (count: number) => Array.from({ length: count }, (_, index) => makeRecord(NOON + index));
    log.send(many(6000));
    await log.write(many(4000));
    expect(log.page().totalCount).toBe(10_000);
    await log.write([makeRecord()]);
    expect(log.page().totalCount).toBeNull();
    expect(log.page({ fromMs: NOON, toMs: NOON + 4000 }).totalCount).toBe(8001);
    expect(log.ask("page", { filter: {}, limit: 1, withTotal: false }).totalCount).toBeNull();
  });

  test("reads more days than are kept open", async () => {
    const log = new TestLog();
    const records = Array.from({ length: 20 }, (_, day) => makeRecord(NOON - day * DAY_MS));
    await log.write(records);
    for (let round = 0; round < 2; round++) expect(log.ids()).toEqual(records.map((record) => record.id));
    expect(log.page({ keyIds: ["pky_unknown"] }).totalCount).toBe(0);
  });

  test("is empty when nothing was ever logged", () => {
    expect(new TestLog().page({ search: "x" })).toEqual({ rows: [], hasMore: false, totalCount: 0, isPartial: false });
  });

  test("shows the other days when one is damaged or gone", async () => {
    const log = new TestLog();
    const records = [0, 1, 2].map((day) => makeRecord(NOON + day * DAY_MS));
    await log.write(records);
    await log.close();
    const paths = records.map((record) => dayFilePath(log.directory.logs, Math.floor(record.receivedAtMs / DAY_MS)));
    await Bun.write(paths[1]!, "damaged ".repeat(2000));
    const again = new TestLog(log.directory.root);
    expect(again.ids()).toEqual([records[2]!.id, records[0]!.id]);
    renameSync(paths[2]!, `${paths[2]}.moved`);
    expect(again.ids()).toEqual([records[0]!.id]);
    renameSync(`${paths[2]}.moved`, paths[2]!);
    expect(again.ids()).toEqual([records[2]!.id, records[0]!.id]);
  });

  test("of a file that a newer program wrote leaves it out", async () => {
    const log = new TestLog();
    await log.write([makeRecord()]);
    await log.close();
    const database = new Database(dayFilePath(log.directory.logs, Math.floor(NOON / DAY_MS)));
    database.run("PRAGMA user_version = 99");
    database.close();
    expect(new TestLog(log.directory.root).ids()).toEqual([]);
  });
});

describe("a filter", () => {
  const hour = 3_600_000;
  const records: Record<string, RequestRecord> = {
    plain: makeRecord(NOON),
    stream: makeRecord(NOON + hour, {
      stream: true,
      endpoint: "messages",
      protocol: "anthropic-messages",
      requestedModel: "claude-sonnet-5",
      servedModel: "claude-sonnet-5",
      upstreamFormat: "coze",
      providerId: "prv_b",
      keyId: "pky_c",
    }),
    failed: makeFailure(NOON + 2 * hour),
    slow: makeRecord(NOON + 3 * hour, {
      endedAtMs: NOON + 3 * hour + 30_000,
      costNanoUsd: 5_000_000,
      clientKeyId: "cky_b",
    }),
    cancelled: makeRecord(NOON + 4 * hour, {
      origin: "test",
      status: "cancelled",
      httpStatus: 499,
      errorClass: "client_closed",
      errorText: "The client left: 100%_sure",
    }),
    stranger: makeRecord(NOON + 5 * hour, {
      status: "error",
      httpStatus: 401,
      errorClass: "unauthorized",
      clientKeyId: null,
      providerId: null,
      keyId: null,
      servedModel: null,
      requestedModel: "gpt-4.1",
      userAgent: "Curl/8",
      clientAddress: "203.0.113.9",
      attempts: [],
      usage: null,
      costNanoUsd: null,
    }),
  };
  const nameOf = new Map(Object.entries(records).map(([name, record]) => [record.id, name]));

  const cases: [string, LogFilter, string[]][] = [
    ["statuses", { statuses: ["error", "cancelled"] }, ["stranger", "cancelled", "failed"]],
    ["one status", { statuses: ["success"] }, ["slow", "stream", "plain"]],
    ["HTTP statuses", { httpStatuses: [499, 401] }, ["stranger", "cancelled"]],
    ["error classes", { errorClasses: ["upstream_error"] }, ["failed"]],
    ["a requested model", { models: ["gpt-4.1"] }, ["stranger", "cancelled", "slow", "failed", "plain"]],
    ["a served model", { models: ["gpt-4.1-2025-04-14"] }, ["cancelled", "slow", "failed", "plain"]],
    ["a model pattern", { models: ["claude*", "nothing"] }, ["stream"]],
    ["a pattern in the middle", { models: ["*aude*5"] }, ["stream"]],
    ["providers", { providerIds: ["prv_b"] }, ["stream"]],
    ["keys", { keyIds: ["pky_a"] }, ["cancelled", "slow", "failed", "plain"]],
    ["clients", { clientKeyIds: ["cky_b"] }, ["slow"]],
    ["origins", { origins: ["test"] }, ["cancelled"]],
    ["protocols", { protocols: ["anthropic-messages"] }, ["stream"]],
    ["endpoints", { endpoints: ["messages"] }, ["stream"]],
    ["upstream formats", { upstreamFormats: ["gemini", "coze"] }, ["stream"]],
    ["streams", { stream: true }, ["stream"]],
    ["no streams", { stream: false, statuses: ["success"] }, ["slow", "plain"]],
    ["retried ones", { retried: true }, ["failed"]],
    ["ones that were not retried", { retried: false, statuses: ["error"] }, ["stranger"]],
    ["latency", { minLatencyMs: 10_000 }, ["slow"]],
    ["cost", { minCostNanoUsd: 1_000_000 }, ["slow"]],
    ["a cost of nothing, but known", { maxCostNanoUsd: 0 }, []],
    ["no latency beyond", { maxLatencyMs: 10_000, statuses: ["success"] }, ["stream", "plain"]],
    ["the beginning of an id", { search: records.slow!.id.slice(0, 17) }, ["slow"]],
    ["text in a model", { search: "CLAUDE" }, ["stream"]],
    ["text in the user agent", { search: "curl/" }, ["stranger"]],
    ["text in the address", { search: "203.0.113" }, ["stranger"]],
    ["text in the error", { search: "client left" }, ["cancelled"]],
    ["text with wildcard signs", { search: "100%_" }, ["cancelled"]],
    ["text that looks like a pattern", { search: "1%0" }, []],
    ["a whole id", { search: ` ${records.slow!.id} ` }, ["slow"]],
    ["a whole id that is not there", { search: newId("req", NOON) }, []],
    ["an empty text", { search: "", providerIds: ["prv_b"] }, ["stream"]],
    ["several at once", { models: ["gpt*"], statuses: ["error"], clientKeyIds: ["cky_a"] }, ["failed"]],
    ["an empty list", { keyIds: [] }, []],
    ["something unknown", { keyIds: ["pky_unknown"] }, []],
    ["a time within an hour", { statuses: ["success"], fromMs: NOON + 1, toMs: NOON + 3 * hour }, ["stream"]],
  ];

  test("finds what it names, also while rows come", async () => {
    const log = new TestLog();
    const all = Object.values(records);
    await log.write(all.slice(0, 3));
    const find = () => cases.map(([name, filter]) => [name, log.ids(filter).map((id) => nameOf.get(id)!)]);
    log.page();
    await log.write(all.slice(3));
    const wanted = cases.map(([name, , found]) => [name, found]);
    expect(find()).toEqual(wanted);
    for (const [, filter, found] of cases) expect(log.page(filter).totalCount).toBe(found.length);
  });
});
