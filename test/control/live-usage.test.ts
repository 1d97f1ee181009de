import { afterAll, afterEach, beforeAll, describe, expect, setSystemTime, test } from "bun:test";
import { GroupCounters } from "../../src/control/usage/group-counters.ts";
import { watchLiveUsage } from "../../src/control/usage/live-usage.ts";
import { SecondCounters } from "../../src/control/usage/second-counters.ts";
import { addClientKey, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { connectLive, type LiveClient } from "../support/live.ts";
import { makeActive, makeRecord } from "../support/request-record.ts";
import { cpuMs } from "../support/timing.ts";

describe("the counters of a second", () => {
  const lasting = (ms: number, change = {}) =>
    makeRecord({ receivedAtMs: 0, endedAtMs: ms, firstTokenAtMs: ms / 2, ...change });

  test("add up what ended in it, and forget it after five minutes", () => {
    const counters = new SecondCounters();
    counters.note(lasting(100), 10_500);
    counters.note(lasting(100, { status: "error", usage: null, costNanoUsd: null }), 10_900);
    expect(counters.at(10)).toEqual({ requests: 2, errors: 1, tokens: 1550, costNanoUsd: 4_900_000 });
    expect(counters.at(11)).toEqual({ requests: 0, errors: 0, tokens: 0, costNanoUsd: 0 });
    counters.note(lasting(100), 314_000);
    expect(counters.at(10).requests).toBe(0);
    expect(counters.sum(300, 314).requests).toBe(1);
  });

  test("know percentiles within five percent, and none of nothing", () => {
    const counters = new SecondCounters();
    for (let ms = 1; ms <= 1000; ms++) counters.note(lasting(ms), 20_000);
    for (const share of [0.5, 0.95, 0.99]) {
      const found = counters.percentile("latency", share, 20, 20)!;
      expect(Math.abs(found / (share * 1000) - 1)).toBeLessThan(0.05);
    }
    expect(counters.percentile("firstToken", 0.5, 20, 20)).toBeGreaterThan(200);
    expect(counters.percentile("latency", 0.5, 21, 30)).toBeNull();
    counters.note(lasting(10_000_000), 40_000);
    counters.note(lasting(-5, { firstTokenAtMs: null }), 41_000);
    expect(counters.percentile("latency", 0.5, 40, 40)).toBeGreaterThan(1_000_000);
    expect(counters.percentile("latency", 0.5, 41, 41)).toBe(1);
    expect(counters.percentile("firstToken", 0.5, 41, 41)).toBeNull();
  });

  test("cost the request path less than a microsecond", () => {
    const counters = new SecondCounters();
    const record = lasting(123);
    const times = 200_000;
    for (let index = 0; index < times; index++) counters.note(record, 50_000 + index);
    const spentMs = cpuMs(() => {
      for (let index = 0; index < times; index++) counters.note(record, 50_000 + index);
    });
    expect((spentMs * 1000) / times).toBeLessThan(1);
  });
});

describe("the counters of groups", () => {
  test("are bounded: invented names do not fill the memory", () => {
    const counters = new GroupCounters("model");
    for (let index = 0; index < 5000; index++) counters.note(makeRecord({ servedModel: `model-${index}` }), 10_000);
    expect(counters.sum(10, 10)).toHaveLength(1000);
    counters.note(makeRecord(), 74_000);
    expect(counters.sum(10, 74)).toHaveLength(1);
  });
});

describe("liveUsage", () => {
  let server: AdminServer;
  let live: LiveClient;
  beforeAll(async () => {
    server = await startAdminServer();
    live = connectLive(server);
  });
  afterEach(() => {
    server.running.length = 0;
    setSystemTime();
  });
  afterAll(async () => {
    await live.close();
    await server.stop();
  });
  /** What is counted stays within the seconds that count, however busy the machine is. */
  const stopClock = () => setSystemTime(new Date());

  const TICK = `at windowMs requestsPerSecond tokensPerSecond costPerHour errorRate activeRequests activeStreams
    p50LatencyMs p95LatencyMs p95FirstTokenMs
    groups { value label node { __typename } requestsPerSecond errorRate activeRequests }`;
  const SUBSCRIPTION = `subscription ($intervalMs: Int!, $groupBy: UsageDimension) {
    liveUsage(intervalMs: $intervalMs, groupBy: $groupBy) {
      __typename
      ... on StreamEvent { cursor at }
      ... on LiveUsageSnapshot { stepMs times requests errors tokens cost p95LatenciesMs p95FirstTokensMs now { ${TICK} } }
      ... on LiveUsageTick { ${TICK} }
    }
  }`;

  test("opens with five minutes second by second, then ticks", async () => {
    stopClock();
    server.events.emit("requestSettled", makeRecord());
    server.events.emit("requestSettled", makeRecord({ status: "error", errorClass: "timeout" }));
    server.running.push(makeActive({ firstTokenAtMs: Date.now() }), makeActive({ stream: false }));
    const usage = live.watch(SUBSCRIPTION, { intervalMs: 250 });
    const snapshot = await usage.next();
    expect(snapshot.__typename).toBe("LiveUsageSnapshot");
    expect(snapshot.stepMs).toBe(1000);
    for (const column of ["times", "requests", "errors", "tokens", "cost", "p95LatenciesMs", "p95FirstTokensMs"]) {
      expect(snapshot[column]).toHaveLength(300);
    }
    const last = (column: number[]) => column.slice(-3).reduce((sum, value) => sum + value, 0);
    expect([last(snapshot.requests), last(snapshot.errors), last(snapshot.tokens)]).toEqual([2, 1, 3100]);
    const tick = await usage.next();
    expect(tick).toMatchObject({
      __typename: "LiveUsageTick",
      errorRate: 0.5,
      activeRequests: 2,
      activeStreams: 1,
      groups: [],
    });
    expect(tick.requestsPerSecond).toBeCloseTo(2000 / tick.windowMs);
    expect(tick.p95LatencyMs).toBeGreaterThan(700);
    expect(Number(tick.costPerHour)).toBeCloseTo((9_800_000 * 3.6) / (1000 * tick.windowMs), 3);
    await usage.stop();
  });

  test("that were not asked for are not made up for: a late reader gets the latest, once", async () => {
    const feed = watchLiveUsage(server.control, { intervalMs: 250, groupBy: null, top: 5 });
    await feed.next();
    await Bun.sleep(1100);
    const askedAtMs = Date.now();
    expect((await feed.next()).value?.atMs).toBeGreaterThanOrEqual(askedAtMs - 200);
    await feed.next();
    expect(Date.now() - askedAtMs).toBeGreaterThanOrEqual(245);
    await feed.return?.();
  });

  test("never ticks faster than the interval", async () => {
    const usage = live.watch(SUBSCRIPTION, { intervalMs: 250 });
    await usage.next();
    const started = performance.now();
    for (let index = 0; index < 4; index++) {
      server.events.emit("requestSettled", makeRecord());
      await usage.next();
    }
    expect(performance.now() - started).toBeGreaterThan(900);
    await usage.stop();
  });

  test("counts a request in each of the tags that its client key has now", async () => {
    stopClock();
    const { id } = await addClientKey(server, { name: "twice", tags: ["eu", "research"] });
    const usage = live.watch(SUBSCRIPTION, { intervalMs: 250, groupBy: "CLIENT_KEY_TAG" });
    await usage.next();
    server.events.emit("requestSettled", makeRecord({ clientKeyId: id }));
    server.events.emit("requestSettled", makeRecord({ clientKeyId: id, status: "error" }));
    server.events.emit("requestSettled", makeRecord({ clientKeyId: null }));
    server.running.push(makeActive({ clientKeyId: id }));
    let groups: Answer[] = [];
    while (groups.length < 3) groups = (await usage.next()).groups;
    const tagged = { errorRate: 0.5, activeRequests: 1, node: null };
    expect(groups.toSorted((a, b) => (a.label < b.label ? -1 : 1))).toMatchObject([
      { value: null, label: "Untagged", errorRate: 0, node: null },
      { value: "eu", label: "eu", ...tagged },
      { value: "research", label: "research", ...tagged },
    ]);
    await usage.stop();
  });

  test("tells the busiest groups apart while somebody watches them", async () => {
    stopClock();
    const provider = await addProvider(server, { name: "grouped" });
    const usage = live.watch(SUBSCRIPTION, { intervalMs: 250, groupBy: "PROVIDER" });
    await usage.next();
    server.events.emit("requestSettled", makeRecord({ providerId: provider.id }));
    server.events.emit("requestSettled", makeRecord({ providerId: provider.id, status: "error" }));
    server.running.push(makeActive({ providerId: "prv_idle" }));
    const grouped = async () => {
      for (;;) {
        const { groups } = await usage.next();
        if (groups.length > 1) return groups as Answer[];
      }
    };
    const [busiest, idle] = await grouped();
    expect(busiest).toMatchObject({
      label: "grouped",
      node: { __typename: "Provider" },
      errorRate: 0.5,
      activeRequests: 0,
    });
    expect(idle).toMatchObject({
      value: "prv_idle",
      label: "prv_idle",
      node: null,
      requestsPerSecond: 0,
      errorRate: null,
      activeRequests: 1,
    });
    await usage.stop();
  });

  test.each([
    ["a shorter interval", { intervalMs: 249 }],
    ["a longer interval", { intervalMs: 60_001 }],
  ])("refuses %s", async (_what, variables) => {
    const refused = live.watch(SUBSCRIPTION, variables);
    expect(await refused.next().catch((errors) => errors[0].extensions.code)).toBe("BAD_USER_INPUT");
  });

  test("refuses more groups than a chart can show", async () => {
    const refused = live.watch("subscription { liveUsage(groupBy: MODEL, top: 21) { __typename } }");
    expect(await refused.next().catch((errors) => errors[0].extensions.code)).toBe("BAD_USER_INPUT");
  });
});
