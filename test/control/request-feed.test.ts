import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { watchRequests } from "../../src/control/requests/request-feed.ts";
import { matchRequests } from "../../src/control/requests/request-filter.ts";
import { viewActive, viewRow } from "../../src/control/requests/request-view.ts";
import type { RequestRecord } from "../../src/record.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { connectLive, type Live, type LiveClient } from "../support/live.ts";
import { makeActive, makeRecord } from "../support/request-record.ts";

let server: AdminServer;
let live: LiveClient;
beforeAll(async () => {
  server = await startAdminServer();
  live = connectLive(server);
});
afterAll(async () => {
  await live.close();
  await server.stop();
});

const watch = (variables: object = {}) =>
  live.watch(
    `subscription ($filter: RequestLogFilter, $after: String, $maxPerSecond: Int = 25) {
      requestFeed(filter: $filter, after: $after, maxPerSecond: $maxPerSecond) {
        __typename
        ... on StreamEvent { cursor at }
        ... on ResyncEvent { reason }
        ... on RequestFeedBatch { started { id status } settled { id status cost } dropped }
      }
    }`,
    variables as Record<string, unknown>,
  );
/** What frames hold together, until so many requests have settled or been dropped. */
const gather = async (feed: Live, count: number) => {
  const all = { started: [] as string[], settled: [] as string[], dropped: 0, cursor: "" };
  while (all.settled.length + all.dropped < count) {
    const frame = await feed.next();
    all.started.push(...frame.started.map(({ id }: Answer) => id));
    all.settled.push(...frame.settled.map(({ id }: Answer) => id));
    all.dropped += frame.dropped;
    all.cursor = frame.cursor;
  }
  return all;
};

describe("requestFeed", () => {
  test("opens with what is running; each settles in place", async () => {
    const running = makeActive();
    server.running.push(running);
    const feed = watch();
    expect(await feed.next()).toMatchObject({
      __typename: "RequestFeedBatch",
      started: [{ id: running.id, status: "PENDING" }],
      settled: [],
      dropped: 0,
    });
    server.running.length = 0;
    const next = makeActive();
    server.events.emit("requestStarted", next);
    expect((await feed.next()).started).toEqual([{ id: next.id, status: "PENDING" }]);
    server.events.emit("requestSettled", makeRecord({ id: running.id }));
    server.events.emit("requestSettled", makeRecord({ id: next.id, status: "error" }));
    const settled = await gather(feed, 2);
    expect(settled).toMatchObject({ settled: [running.id, next.id], started: [] });
    await feed.stop();
  });

  test("a request that starts and ends between two frames comes once, settled", async () => {
    const feed = watch();
    await feed.next();
    const active = makeActive();
    server.events.emit("requestStarted", active);
    server.events.emit("requestSettled", makeRecord({ id: active.id }));
    expect(await gather(feed, 1)).toMatchObject({ started: [], settled: [active.id] });
    await feed.stop();
  });

  test("is filtered on the server; what was shown running ends on the page all the same", async () => {
    const feed = watch({ filter: { models: ["gpt-*"], statuses: ["PENDING", "SUCCESS"] } });
    await feed.next();
    const other = makeRecord({ requestedModel: "claude", servedModel: "claude" });
    const failed = makeActive();
    const fine = makeRecord();
    server.events.emit("requestSettled", other);
    server.events.emit("requestStarted", failed);
    server.events.emit("requestSettled", fine);
    const first = await gather(feed, 1);
    expect(first).toMatchObject({ started: [failed.id], settled: [fine.id] });
    server.events.emit("requestSettled", makeRecord({ id: failed.id, status: "error" }));
    expect((await gather(feed, 1)).settled).toEqual([failed.id]);
    await feed.stop();
  });

  test("sends so many a second and says how many it left out", async () => {
    const feed = watch({ maxPerSecond: 5 });
    await feed.next();
    for (let index = 0; index < 100; index++) server.events.emit("requestSettled", makeRecord());
    const all = await gather(feed, 100);
    expect(all.settled.length + all.dropped).toBe(100);
    expect(all.settled.length).toBeGreaterThanOrEqual(5);
    expect(all.settled.length).toBeLessThan(20);
    await feed.stop();
  });

  test("goes on from a cursor without a gap, and says so when it cannot", async () => {
    const feed = watch();
    const { cursor } = await feed.next();
    await feed.stop();
    const missed = makeRecord();
    server.events.emit("requestSettled", missed);
    const resumed = watch({ after: cursor });
    expect((await gather(resumed, 1)).settled).toEqual([missed.id]);
    await resumed.stop();
    const lost = watch({ after: "garbage" });
    expect(await lost.next()).toMatchObject({ __typename: "ResyncEvent", reason: "RESTARTED" });
    expect(await lost.next()).toMatchObject({ __typename: "RequestFeedBatch" });
    await lost.stop();
  });

  test("whoever comes back is told how those ended that he saw running, however many others did", async () => {
    const args = { filter: { models: ["gone"], statuses: ["pending", "success"] }, maxPerSecond: 5 } as const;
    const feed = watchRequests(server.control, { ...args, after: null });
    await feed.next();
    const shown = [1, 2, 3].map(() => makeActive({ requestedModel: "gone" }));
    for (const active of shown) server.events.emit("requestStarted", active);
    const { cursor, started } = (await feed.next()).value as Answer;
    expect(started).toHaveLength(3);
    await feed.return?.();
    for (let index = 0; index < 50; index++) {
      server.events.emit("requestSettled", makeRecord({ requestedModel: "gone", servedModel: "gone" }));
    }
    // The last one does not match any more: it has failed.
    for (const [index, { id }] of shown.entries()) {
      const status = index === 2 ? "error" : "success";
      server.events.emit("requestSettled", makeRecord({ id, requestedModel: "gone", servedModel: "gone", status }));
    }
    const resumed = watchRequests(server.control, { ...args, after: cursor });
    const { settled, dropped } = (await resumed.next()).value as Answer;
    expect(settled.map(({ id }: Answer) => id)).toEqual(expect.arrayContaining(shown.map(({ id }) => id)));
    expect(settled.length + dropped).toBe(53);
    await resumed.return?.();
  });

  test("after more than is kept begins anew, with what runs now", async () => {
    const args = { filter: { models: ["flood"] }, maxPerSecond: 200 } as const;
    const feed = watchRequests(server.control, { ...args, after: null });
    await feed.next();
    const lost = makeActive({ requestedModel: "flood" });
    server.events.emit("requestStarted", lost);
    await feed.next();
    const running = makeActive({ requestedModel: "flood" });
    server.running.push(running);
    for (let index = 0; index < 9000; index++) server.events.emit("requestSettled", makeRecord());
    expect((await feed.next()).value).toMatchObject({ kind: "resync", reason: "OVERFLOW" });
    expect((await feed.next()).value).toMatchObject({ kind: "batch", started: [{ id: running.id }] });
    server.running.length = 0;
    server.events.emit("requestSettled", makeRecord({ id: running.id, requestedModel: "flood", servedModel: "flood" }));
    expect((await feed.next()).value).toMatchObject({ settled: [{ id: running.id }] });
    await feed.return?.();
  });

  test("a reader that was too slow is told to refetch", async () => {
    const feed = watchRequests(server.control, { filter: {}, after: null, maxPerSecond: 200 });
    await feed.next();
    for (let index = 0; index < 9000; index++) server.events.emit("requestSettled", makeRecord());
    expect((await feed.next()).value).toMatchObject({ kind: "resync", reason: "OVERFLOW" });
    await feed.return?.();
  });

  test("two who watch the same read the same frames, each from when it came", async () => {
    const args = { filter: { models: ["shared"] }, after: null, maxPerSecond: 200 } as const;
    const first = watchRequests(server.control, args);
    const opening = (await first.next()).value;
    const running = makeActive({ requestedModel: "shared" });
    server.running.push(running);
    server.events.emit("requestStarted", running);
    const second = watchRequests(server.control, args);
    expect((await second.next()).value).toMatchObject({ started: [{ id: running.id }], settled: [] });
    server.running.length = 0;
    const ended = makeRecord({ id: running.id, requestedModel: "shared" });
    server.events.emit("requestSettled", ended);
    expect((await first.next()).value).toMatchObject({ started: [{ id: running.id }] });
    const [left, right] = [(await first.next()).value, (await second.next()).value];
    expect(left).toMatchObject({ started: [], settled: [{ id: running.id }] });
    expect(right).toBe(left);
    for (const feed of [first, second]) await feed.return?.();
    const after = opening?.cursor ?? "";
    const again = watchRequests(server.control, { ...args, after });
    expect((await again.next()).value).toMatchObject({ started: [], settled: [{ id: running.id }] });
    await again.return?.();
  });

  test("keeps neither bodies nor attempts, and notes nothing when nobody has watched", async () => {
    const idle = await startAdminServer();
    expect(idle.events.wanted("requestStarted")).toBe(false);
    const feed = watchRequests(idle.control, { filter: {}, after: null, maxPerSecond: 5 });
    expect(idle.events.wanted("requestStarted")).toBe(true);
    await feed.next();
    const content = { policy: "full", requestHeaders: null, responseHeaders: null, truncated: false } as const;
    idle.events.emit(
      "requestSettled",
      makeRecord({ content: { ...content, requestBody: new Uint8Array(9), responseBody: null } }),
    );
    const { value } = await feed.next();
    const [settled] = value?.kind === "batch" ? value.settled : [];
    expect(settled).toMatchObject({ detail: null, attemptCount: 1 });
    expect(settled).not.toHaveProperty("content");
    expect(settled).not.toHaveProperty("attempts");
    await idle.stop();
    expect(idle.events.wanted("requestStarted")).toBe(false);
    expect((await feed.next()).done).toBe(true);
  });
});

describe("the filter in memory says the same as the one in the log", () => {
  const record = (change: Partial<RequestRecord>) => {
    const { attempts, content: _content, ...row } = makeRecord(change);
    return viewRow({ ...row, attemptCount: attempts.length });
  };
  const nowMs = Date.now();
  const sample = record({
    receivedAtMs: nowMs - 5000,
    endedAtMs: nowMs - 4000,
    clientKeyId: "cky_1",
    errorText: "Boom (x)",
  });
  const cases: [what: string, filter: Parameters<typeof matchRequests>[0], matches: boolean][] = [
    ["nothing", {}, true],
    ["a status", { statuses: ["success"] }, true],
    ["another status", { statuses: ["error", "pending"] }, false],
    ["a code", { httpStatuses: [200] }, true],
    ["an error it has not", { errorClasses: ["timeout"] }, false],
    ["its client", { clientKeys: ["cky_1"] }, true],
    ["its origin", { origins: ["client"] }, true],
    ["another origin", { origins: ["chat", "test"] }, false],
    ["a provider it has not", { providers: ["prv_1"] }, false],
    ["its endpoint", { endpoints: ["chat.completions"] }, true],
    ["another format", { formats: ["gemini"] }, false],
    ["a wildcard", { models: ["gpt*1"] }, true],
    ["a wildcard that would be a pattern", { models: ["gpt.4*"] }, false],
    ["streams", { stream: true }, false],
    ["retried ones", { retried: true }, false],
    ["slow ones", { latencyMs: { gte: 1000 } }, true],
    ["slower ones", { latencyMs: { gte: 1001 } }, false],
    ["dear ones", { cost: { gte: "0.0049" } }, true],
    ["dearer ones", { cost: { gte: "0.005" } }, false],
    ["a text", { search: " boom (X) " }, true],
    ["another text", { search: "bang" }, false],
    ["a range", { range: { from: "now-1m", to: "now" } }, true],
    ["an older range", { range: { from: "now-1h", to: "now-1m" } }, false],
  ];
  test.each(cases)("%s", (_what, filter, matches) => {
    expect(matchRequests(filter, nowMs)(sample)).toBe(matches);
  });

  test("what a running request cannot tell yet keeps it out", () => {
    const running = viewActive(makeActive());
    expect(matchRequests({ statuses: ["pending"] }, nowMs)(running)).toBe(true);
    for (const filter of [
      { httpStatuses: [200] },
      { latencyMs: { gte: 0 } },
      { cost: { gte: "0" } },
      { statuses: ["success" as const] },
    ]) {
      expect(matchRequests(filter, nowMs)(running)).toBe(false);
    }
  });

  test("until now means until whenever now is", () => {
    const later = record({ receivedAtMs: nowMs + 60_000 });
    expect(matchRequests({ range: { from: "now-1m", to: "now" } }, nowMs)(later)).toBe(true);
    expect(matchRequests({ range: { from: "now-1m", to: "now+1s" } }, nowMs)(later)).toBe(false);
  });

  test("nonsense is refused", () => {
    expect(() => matchRequests({ cost: { gte: "much" } }, nowMs)).toThrow("decimal");
    expect(() => matchRequests({ endpoints: ["chat"] }, nowMs)).toThrow("endpoint");
  });
});
