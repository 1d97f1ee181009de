import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readDetail } from "../../src/control/requests/request-logs.ts";
import { newId } from "../../src/lib/id.ts";
import { addClientKey, addKey, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeActive, makeAttempt, makeRecord } from "../support/request-record.ts";

let server: AdminServer;
let provider: Answer;
let key: Answer;
let client: Answer;
const startedAt = Date.now() - 60_000;
const records = Array.from({ length: 6 }, (_, index) =>
  makeRecord({
    receivedAtMs: startedAt + index * 1000,
    endedAtMs: startedAt + index * 1000 + (index + 1) * 100,
    firstTokenAtMs: startedAt + index * 1000 + 50,
    status: index === 1 ? "error" : index === 2 ? "cancelled" : "success",
    httpStatus: index === 1 ? 502 : index === 2 ? 499 : 200,
    errorClass: index === 1 ? "upstream_error" : index === 2 ? "client_closed" : null,
    errorText: index === 1 ? "the upstream exploded" : null,
    requestedModel: index === 3 ? "claude-sonnet" : "gpt-4.1",
    servedModel: index === 3 ? "claude-sonnet" : "gpt-4.1",
    protocol: index === 3 ? "anthropic-messages" : "openai-chat",
    endpoint: index === 3 ? "messages" : "chat.completions",
    stream: index === 4,
    costNanoUsd: index === 5 ? 500_000_000 : 1000,
  }),
);
const [first] = records;

beforeAll(async () => {
  server = await startAdminServer();
  provider = await addProvider(server, { name: "main" });
  key = await addKey(server, provider.id, { name: "k1" });
  client = await addClientKey(server, { name: "app" });
  const text = new TextEncoder();
  for (const [index, record] of records.entries()) {
    const failed = makeAttempt({
      providerId: provider.id,
      keyId: "pky_gone",
      startedAtMs: record.receivedAtMs + 10,
      outcome: "rejected",
      httpStatus: 429,
      errorClass: "rate_limited",
      errorText: "slow down",
      cooldownMs: 1000.4,
    });
    const served = makeAttempt({ providerId: provider.id, keyId: key.id, startedAtMs: record.receivedAtMs + 30 });
    server.store.record({
      ...record,
      providerId: provider.id,
      keyId: key.id,
      clientKeyId: client.id,
      attempts: index === 0 ? [failed, served] : [served],
      content:
        index === 0
          ? {
              policy: "full",
              requestHeaders: '{"content-type":"application/json"}',
              responseHeaders: null,
              requestBody: text.encode('{"messages":["héllo"]}'),
              responseBody: new Uint8Array([0xff, 0xfe, 0x00]),
              truncated: false,
            }
          : null,
    });
  }
  await server.store.flush();
});
afterAll(() => server.stop());

const list = async (args: object, fields = "nodes { id }"): Promise<Answer> => {
  const { data, errors } = await server.ask(
    `query ($first: Int, $after: String, $last: Int, $before: String, $filter: RequestLogFilter) {
      requestLogs(first: $first, after: $after, last: $last, before: $before, filter: $filter) { ${fields} }
    }`,
    args,
  );
  return errors ? { code: errors[0]?.extensions.code } : data.requestLogs;
};
const indexes = async (filter: object) =>
  (await list({ filter })).nodes.map(({ id }: { id: string }) => records.findIndex((record) => record.id === id));

describe("the request log", () => {
  test("is newest first, and pages by request id in both directions", async () => {
    const fields = "nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    const ids = (page: Answer) => page.nodes.map(({ id }: { id: string }) => id);
    const newest = await list({ first: 2 }, fields);
    expect(ids(newest)).toEqual([records[5]!.id, records[4]!.id]);
    expect(newest).toMatchObject({ totalCount: 6, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const older = await list({ first: 2, after: newest.pageInfo.endCursor }, fields);
    expect(ids(older)).toEqual([records[3]!.id, records[2]!.id]);
    const back = await list({ last: 2, before: older.pageInfo.startCursor }, fields);
    expect(ids(back)).toEqual(ids(newest));
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  });

  test.each([
    ["a cursor that is no request", { first: 1, after: "garbage" }],
    ["backwards after a row", { last: 1, after: "req_x" }],
    ["both directions at once", { first: 1, after: "req_x", before: "req_y" }],
    ["an endpoint that is none", { filter: { endpoints: ["chat"] } }],
    ["an empty range", { filter: { range: { from: "now", to: "now-1d" } } }],
  ])("refuses %s", async (_what, args) => {
    expect((await list(args)).code).toBe("BAD_USER_INPUT");
  });

  test("counts only when it is asked to", async () => {
    const asked: boolean[] = [];
    const { logs } = server.control.store;
    const original = logs.page;
    logs.page = (query) => {
      asked.push(query.withTotal);
      return original.call(logs, query);
    };
    await list({ first: 1 });
    await list({ first: 1 }, "totalCount nodes { id }");
    await server.ask("{ requestLogs(first: 1) { ...Page } } fragment Page on RequestLogConnection { totalCount }");
    logs.page = original;
    expect(asked).toEqual([false, true, true]);
  });

  test("filters by what people look for", async () => {
    expect(await indexes({ statuses: ["ERROR"] })).toEqual([1]);
    expect(await indexes({ httpStatuses: [499, 502] })).toEqual([2, 1]);
    expect(await indexes({ errorClasses: ["CLIENT_CLOSED"] })).toEqual([2]);
    expect(await indexes({ models: ["claude*"] })).toEqual([3]);
    expect(await indexes({ formats: ["ANTHROPIC_MESSAGES"] })).toEqual([3]);
    expect(await indexes({ endpoints: ["messages"] })).toEqual([3]);
    expect(await indexes({ stream: true })).toEqual([4]);
    expect(await indexes({ retried: true })).toEqual([0]);
    expect(await indexes({ latencyMs: { gte: 550 } })).toEqual([5]);
    expect(await indexes({ cost: { gte: "0.4" } })).toEqual([5]);
    expect(await indexes({ search: "EXPLODED" })).toEqual([1]);
    expect(await indexes({ search: records[2]!.id })).toEqual([2]);
    expect(await indexes({ providers: [provider.id], providerKeys: [key.id], clientKeys: [client.id] })).toHaveLength(
      6,
    );
    expect(await indexes({ providers: ["prv_0"] })).toEqual([]);
    expect(await indexes({ range: { from: "now-1d", to: new Date(startedAt + 1500).toISOString() } })).toEqual([1, 0]);
    expect(await indexes({ statuses: ["PENDING", "STREAMING"] })).toEqual([]);
  });
});

describe("one request", () => {
  test("shows its attempts, its arithmetic and what was kept of it", async () => {
    const { data } = await server.ask(
      `query ($id: ID!) {
        requestLog(id: $id) {
          id status httpStatus format endpoint latencyMs firstTokenMs endedAt usageSource cost
          provider { name } providerKey { name } clientKey { name }
          usage { inputTokens cacheReadTokens outputTokens reasoningTokens totalTokens raw }
          costLines { part tokens pricePerMillion cost } price { source ref input }
          attemptCount
          attempts { index provider { name } providerKey { name } providerKeyId startOffsetMs outcome httpStatus errorClass errorMessage cooldownMs }
          content { policy requestHeaders responseHeaders requestBody { bytes text } responseBody { bytes text } truncated }
        }
      }`,
      { id: first!.id },
    );
    expect(data.requestLog).toMatchObject({
      status: "SUCCESS",
      format: "OPENAI_CHAT",
      endpoint: "chat.completions",
      latencyMs: 100,
      firstTokenMs: 50,
      provider: { name: "main" },
      providerKey: { name: "k1" },
      clientKey: { name: "app" },
      usage: { totalTokens: 1550, raw: { prompt_tokens: 1200, completion_tokens: 350 } },
      attemptCount: 2,
      attempts: [
        {
          index: 0,
          provider: { name: "main" },
          providerKey: null,
          providerKeyId: "pky_gone",
          startOffsetMs: 10,
          outcome: "REJECTED",
          errorClass: "RATE_LIMITED",
          errorMessage: "slow down",
          cooldownMs: 1000,
        },
        { index: 1, providerKey: { name: "k1" }, outcome: "OK" },
      ],
      content: {
        policy: "FULL",
        requestHeaders: { "content-type": "application/json" },
        responseHeaders: null,
        requestBody: { bytes: 23, text: '{"messages":["héllo"]}' },
        responseBody: { bytes: 3, text: null },
      },
    });
    expect(data.requestLog.costLines).toEqual([
      { part: "INPUT", tokens: 1000, pricePerMillion: "2", cost: "0.002" },
      { part: "CACHE_READ", tokens: 200, pricePerMillion: "0.5", cost: "0.0001" },
      { part: "OUTPUT", tokens: 300, pricePerMillion: "8", cost: "0.0024" },
      { part: "REASONING", tokens: 50, pricePerMillion: "8", cost: "0.0004" },
    ]);
  });

  test("in a list reads its attempts and content once", async () => {
    const { data } = await server.ask(
      "{ requestLogs(first: 3) { nodes { attempts { outcome } content { policy } } } }",
    );
    expect(data.requestLogs.nodes).toHaveLength(3);
    expect(data.requestLogs.nodes[0]).toEqual({ attempts: [{ outcome: "OK" }], content: null });
  });

  test("is found the moment it has settled, before the writer's next batch", async () => {
    const record = makeRecord();
    server.store.record(record);
    const { data } = await server.ask(
      "query ($id: ID!) { requestLog(id: $id) { id } node(id: $id) { __typename id } }",
      {
        id: record.id,
      },
    );
    expect(data).toEqual({ requestLog: { id: record.id }, node: { __typename: "RequestLog", id: record.id } });
  });

  test("that never was is null", async () => {
    const { data } = await server.ask(`{ a: requestLog(id: "${newId("req")}") { id } b: requestLog(id: "x") { id } }`);
    expect(data).toEqual({ a: null, b: null });
  });
});

describe("running requests", () => {
  test("are listed newest first, with what is known of them so far", async () => {
    const older = makeActive({ receivedAtMs: Date.now() - 1000, firstTokenAtMs: Date.now() - 500 });
    const newer = makeActive({ receivedAtMs: Date.now() });
    server.running.push(older, newer);
    const { data } = await server.ask(
      `query ($id: ID!) {
        activeRequests { id status httpStatus cost usage { totalTokens } attempts { index } costLines { part } latencyMs }
        requestLog(id: $id) { status endedAt }
      }`,
      { id: older.id },
    );
    const unknown = { httpStatus: null, cost: null, usage: null, attempts: [], costLines: [], latencyMs: null };
    expect(data.activeRequests).toEqual([
      { id: newer.id, status: "PENDING", ...unknown },
      { id: older.id, status: "STREAMING", ...unknown },
    ]);
    expect(data.requestLog).toEqual({ status: "STREAMING", endedAt: null });
    server.running.length = 0;
  });

  test("are stopped by id; one that has ended is not", async () => {
    const running = makeActive();
    server.running.push(running);
    const cancel = async (id: string) =>
      (
        await server.ask(
          "mutation ($id: ID!) { cancelRequest(input: { id: $id }) { cancelled userErrors { code } } }",
          { id },
        )
      ).data.cancelRequest;
    expect(await cancel(running.id)).toEqual({ cancelled: true, userErrors: [] });
    expect(server.cancelled).toEqual([running.id]);
    expect(await cancel(newId("req"))).toEqual({ cancelled: false, userErrors: [] });
    expect(await cancel("nonsense")).toEqual({ cancelled: false, userErrors: [{ code: "NOT_FOUND" }] });
    server.running.length = 0;
  });
});

test("a request that was written while it was looked for is found", async () => {
  const { control, store } = server;
  const record = makeRecord({ receivedAtMs: Date.now() });
  store.record(record);
  let reads = 0;
  // The reader looks just before the writer has written all that it held.
  const get = async (id: string) => {
    if (++reads > 1) return store.logs.get(id);
    await store.flush();
    expect(store.stats().queuedRecords).toBe(0);
    return null;
  };
  const logs = new Proxy(store.logs, { get: (target, name) => (name === "get" ? get : Reflect.get(target, name)) });
  const asked = { ...control, store: { ...store, logs } } as typeof control;
  expect((await readDetail(asked, record.id))?.id).toBe(record.id);
  expect(reads).toBe(2);
});
