import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { RequestRecord } from "../../src/record.ts";
import { addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
let providerId: string;
beforeAll(async () => {
  server = await startAdminServer();
  providerId = (await addProvider(server)).id;
});
afterAll(() => server.stop());

const FIELDS =
  "health { state requests5m successRate5m p95FirstTokenMs lastError lastErrorAt lastRequestAt usableKeys totalKeys }";
const healthOf = async (name: string): Promise<Answer> =>
  (await server.ask(`query ($name: String!) { model(name: $name) { ${FIELDS} } }`, { name })).data.model.health;
const settle = (change: Partial<RequestRecord>) => server.events.emit("requestSettled", makeRecord(change));
const failed = { status: "error", httpStatus: 502, firstTokenAtMs: null } as const;

describe("a model's last five minutes", () => {
  test("are nothing before its first request", async () => {
    await addModel(server, providerId, { name: "quiet" });
    expect(await healthOf("quiet")).toEqual({
      state: "DOWN",
      requests5m: 0,
      successRate5m: null,
      p95FirstTokenMs: null,
      lastError: null,
      lastErrorAt: null,
      lastRequestAt: null,
      usableKeys: 0,
      totalKeys: 0,
    });
  });

  test("count what came under its name and its aliases, but not what was the client's own fault", async () => {
    await addModel(server, providerId, { name: "busy", aliases: ["busy-too"] });
    for (let at = 0; at < 6; at++) settle({ requestedModel: at % 2 === 0 ? "busy" : "busy-too" });
    settle({ requestedModel: "busy", ...failed, errorClass: "upstream_error", errorText: "the first words" });
    server.advance(10);
    settle({ requestedModel: "busy-too", ...failed, errorClass: "rate_limited", errorText: "slow down" });
    settle({ requestedModel: "busy", ...failed, errorClass: "invalid_request", errorText: "your own fault" });
    settle({ requestedModel: "busy", ...failed, status: "cancelled", errorClass: "client_closed" });
    const health = await healthOf("busy");
    expect(health).toMatchObject({
      requests5m: 8,
      successRate5m: 0.75,
      p95FirstTokenMs: 200,
      lastError: "slow down",
    });
  });

  test("end after five minutes; the last error stays", async () => {
    await addModel(server, providerId, { name: "fading" });
    settle({ requestedModel: "fading", ...failed, errorClass: "timeout", errorText: "too late" });
    server.advance(200_000);
    settle({ requestedModel: "fading" });
    expect(await healthOf("fading")).toMatchObject({ requests5m: 2, successRate5m: 0.5, lastError: "too late" });
    server.advance(150_000);
    expect(await healthOf("fading")).toMatchObject({ requests5m: 1, successRate5m: 1, p95FirstTokenMs: 200 });
    server.advance(300_000);
    const old = await healthOf("fading");
    expect(old).toMatchObject({ requests5m: 0, successRate5m: null, p95FirstTokenMs: null, lastError: "too late" });
    expect(Date.parse(old.lastRequestAt)).toBeGreaterThan(Date.parse(old.lastErrorAt));
  });

  test("know the slowest of the first tokens", async () => {
    await addModel(server, providerId, { name: "slow" });
    const receivedAtMs = Date.now();
    for (let at = 1; at <= 100; at++) {
      settle({
        requestedModel: "slow",
        receivedAtMs,
        firstTokenAtMs: receivedAtMs + at * 10,
        endedAtMs: receivedAtMs + 2000,
      });
    }
    // Of the last 64 (370 to 1,000 ms) the 61st.
    expect((await healthOf("slow")).p95FirstTokenMs).toBe(970);
  });

  test("are not kept for names that clients invent", async () => {
    for (let at = 0; at < 5000; at++) settle({ requestedModel: `invented-${at}` });
    expect(server.control.modelPulses.read({ name: "invented-1", aliases: [] }).requests).toBe(0);
  });
});

test("models come in the order that is asked for, page by page", async () => {
  const { id } = await addProvider(server, { name: "ordered" });
  const windows = [300, null, 100, 200];
  for (const [at, contextWindow] of windows.entries()) {
    await addModel(server, id, { name: `o${at}`, contextWindow, targets: [{ providerId: id, upstreamModel: "x" }] });
  }
  const page = async (orderBy: object | undefined, after: string | null = null): Promise<Answer> =>
    (
      await server.ask(
        `query ($orderBy: ModelOrder, $filter: ModelFilter, $after: String) {
          models(first: 2, orderBy: $orderBy, filter: $filter, after: $after) { nodes { name } pageInfo { endCursor } totalCount } }`,
        { orderBy, filter: { providers: [id] }, after },
      )
    ).data.models;
  const all = async (orderBy?: object) => {
    const first = await page(orderBy);
    const second = await page(orderBy, first.pageInfo.endCursor);
    expect(first.totalCount).toBe(4);
    return [...first.nodes, ...second.nodes].map(({ name }: Answer) => name);
  };
  expect(await all()).toEqual(["o0", "o1", "o2", "o3"]);
  expect(await all({ field: "NAME", direction: "DESC" })).toEqual(["o3", "o2", "o1", "o0"]);
  expect(await all({ field: "CREATED_AT" })).toEqual(["o0", "o1", "o2", "o3"]);
  expect(await all({ field: "CONTEXT_WINDOW", direction: "DESC" })).toEqual(["o0", "o3", "o2", "o1"]);
});
