import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { addClientKey, addKey, addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
let one: Answer;
let two: Answer;
let keyOne: Answer;
let client: Answer;
beforeAll(async () => {
  server = await startAdminServer();
  one = await addProvider(server, { name: "one" });
  two = await addProvider(server, { name: "two", kind: "ANTHROPIC" });
  keyOne = await addKey(server, one.id, { name: "key-one", tags: ["contract-7"] });
  client = await addClientKey(server, { name: "app", tags: ["research", "eu"] });
  const shared = { clientKeyId: client.id };
  for (let index = 0; index < 3; index++) {
    server.store.record(makeRecord({ ...shared, providerId: one.id, keyId: keyOne.id }));
  }
  server.store.record(
    makeRecord({ ...shared, providerId: two.id, servedModel: "claude", costNanoUsd: null, price: null }),
  );
  server.store.record(
    makeRecord({
      ...shared,
      providerId: two.id,
      servedModel: "claude",
      status: "error",
      httpStatus: 502,
      usage: null,
      costNanoUsd: null,
    }),
  );
  await server.store.flush();
});
afterAll(() => server.stop());

const report = async (args: string, fields: string, variables: object = {}): Promise<Answer> => {
  const { data, errors } = await server.ask(`query Usage { usage(${args}) { ${fields} } }`, variables);
  return errors ? { code: errors[0]?.extensions.code, message: errors[0]?.message } : data.usage;
};
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

describe("the usage report", () => {
  test("tells minutes of up to a day from the log itself, with what was before", async () => {
    const usage = await report(
      'range: { from: "now-24h" }, interval: MINUTE, groupBy: [PROVIDER]',
      "buckets interval totals { requests cost } previous { requests } series { group { label } requests totals { cost } }",
    );
    expect([1440, 1441]).toContain(usage.buckets.length);
    expect(usage).toMatchObject({
      interval: "MINUTE",
      totals: { requests: 5, cost: "0.0147" },
      previous: { requests: 0 },
    });
    const counts = usage.series.map(({ group, requests }: Answer) => [group.label, sum(requests)]);
    expect(counts).toEqual([
      ["one", 3],
      ["two", 2],
    ]);
  });

  test("is columnar: every array is as long as the buckets, and the columns add up to the totals", async () => {
    const usage = await report(
      'range: { from: "now-24h" }, interval: HOUR',
      `buckets interval timeZone partialLastBucket
       totals { requests errors inputTokens cacheReadTokens outputTokens reasoningTokens totalTokens cost unpricedRequests }
       series { group { label isOther values { value } } requests errors totalTokens cost p95LatencyMs p95FirstTokenMs }`,
    );
    expect(usage).toMatchObject({ interval: "HOUR", timeZone: "UTC", partialLastBucket: true });
    expect(usage.totals).toEqual({
      requests: 5,
      errors: 1,
      inputTokens: 4000,
      cacheReadTokens: 800,
      outputTokens: 1200,
      reasoningTokens: 200,
      totalTokens: 6200,
      cost: "0.0147",
      unpricedRequests: 1,
    });
    const [total] = usage.series;
    expect(usage.series).toHaveLength(1);
    expect(total.group).toEqual({ label: "Total", isOther: false, values: [] });
    for (const column of ["requests", "errors", "totalTokens", "cost", "p95LatencyMs", "p95FirstTokenMs"]) {
      expect(total[column]).toHaveLength(usage.buckets.length);
    }
    expect([sum(total.requests), sum(total.errors), sum(total.totalTokens)]).toEqual([5, 1, 6200]);
    expect(total.p95LatencyMs.filter((value: number | null) => value !== null).length).toBeGreaterThan(0);
  });

  test("groups by up to two dimensions, with names and nodes; the rest folds into one", async () => {
    const fields =
      "series { group { label isOther values { dimension value label node { __typename id } } } totals { requests } }";
    const byProvider = await report('range: { from: "now-24h" }, groupBy: [PROVIDER]', fields);
    expect(byProvider.series).toMatchObject([
      {
        group: { label: "one", values: [{ dimension: "PROVIDER", node: { __typename: "Provider", id: one.id } }] },
        totals: { requests: 3 },
      },
      { group: { label: "two" }, totals: { requests: 2 } },
    ]);
    const twice = await report('range: { from: "now-24h" }, groupBy: [MODEL, CLIENT_KEY]', fields);
    expect(twice.series[0].group).toMatchObject({
      label: "gpt-4.1 · app",
      values: [{ label: "gpt-4.1", node: null }, { label: "app" }],
    });
    const folded = await report('range: { from: "now-24h" }, groupBy: [PROVIDER], top: 1', fields);
    expect(folded.series.map((one: Answer) => one.group.label)).toEqual(["one", "Other"]);
    expect(folded.series[1]).toMatchObject({ group: { isOther: true, values: [] }, totals: { requests: 2 } });
  });

  test("groups by tags: who has several counts in each, and no total counts twice", async () => {
    const fields =
      "overlapping totals { requests } series { group { label values { dimension value label node { id } } } totals { requests } }";
    const byClient = await report('range: { from: "now-24h" }, groupBy: [CLIENT_KEY_TAG]', fields);
    expect(byClient).toMatchObject({ overlapping: true, totals: { requests: 5 } });
    const tagged = (tag: string) => ({
      group: { label: tag, values: [{ dimension: "CLIENT_KEY_TAG", value: tag, label: tag, node: null }] },
      totals: { requests: 5 },
    });
    expect(byClient.series).toEqual([tagged("eu"), tagged("research")]);
    const byKey = await report('range: { from: "now-24h" }, groupBy: [PROVIDER_KEY_TAG]', fields);
    expect(byKey.overlapping).toBe(false);
    expect(byKey.series).toMatchObject([
      { group: { label: "contract-7" }, totals: { requests: 3 } },
      { group: { label: "Untagged", values: [{ value: null }] }, totals: { requests: 2 } },
    ]);
    const minutes = await report(
      'range: { from: "now-24h" }, interval: MINUTE, groupBy: [PROVIDER_KEY_TAG, CLIENT_KEY_TAG], top: 1, filter: { clientKeyTags: ["eu", "none"] }',
      fields,
    );
    expect(minutes).toMatchObject({ overlapping: true, totals: { requests: 5 } });
    expect(minutes.series.map(({ group }: Answer) => group.label)).toEqual(["contract-7 · eu", "Other"]);
  });

  test("filters, and compares with the period before", async () => {
    const fields = "totals { requests } previous { requests }";
    expect(await report(`range: { from: "now-24h" }, filter: { providers: ["${two.id}"] }`, fields)).toEqual({
      totals: { requests: 2 },
      previous: { requests: 0 },
    });
    expect((await report(`range: { from: "now-24h" }, filter: { models: ["gpt-4.1"] }`, fields)).totals.requests).toBe(
      3,
    );
    expect(
      (await report(`range: { from: "now-24h" }, filter: { providerKeys: ["${keyOne.id}"] }`, fields)).totals.requests,
    ).toBe(3);
    expect(
      (await report(`range: { from: "now-24h" }, filter: { clientKeys: ["cky_0"] }`, fields)).totals.requests,
    ).toBe(0);
    const ofTags = async (filter: string) =>
      (await report(`range: { from: "now-24h" }, filter: { ${filter} }`, fields)).totals.requests;
    expect(await ofTags('clientKeyTags: ["research"]')).toBe(5);
    expect(await ofTags('clientKeyTags: ["contract-7"]')).toBe(0);
    expect(await ofTags('providerKeyTags: ["contract-7", "x"]')).toBe(3);
    expect((await report('range: { from: "now+1h", to: "now+25h" }', fields)).previous.requests).toBe(5);
  });

  test("chooses an interval that fits the range, and counts days on the asker's clock", async () => {
    const interval = async (from: string) => (await report(`range: { from: "${from}" }`, "interval")).interval;
    expect(await interval("now-6h")).toBe("QUARTER_HOUR");
    expect(await interval("now-7d")).toBe("HOUR");
    expect(await interval("now-30d")).toBe("DAY");
    expect(await interval("now-400d")).toBe("WEEK");
    expect(await interval("now-4y")).toBe("MONTH");
    const { buckets } = await report(
      'range: { from: "2026-03-01", to: "2026-03-03" }, interval: DAY, timeZone: "Asia/Shanghai"',
      "buckets",
    );
    expect(buckets).toEqual(["2026-02-28T16:00:00.000Z", "2026-03-01T16:00:00.000Z"]);
  });

  test.each([
    ["an empty range", 'range: { from: "now", to: "now-1h" }'],
    ["a time that is none", 'range: { from: "yesterday" }'],
    ["an unknown zone", 'range: { from: "now-1h" }, timeZone: "Mars/Olympus"'],
    ["three dimensions", 'range: { from: "now-1h" }, groupBy: [MODEL, PROVIDER, CLIENT_KEY]'],
    ["a dimension twice", 'range: { from: "now-1h" }, groupBy: [MODEL, MODEL]'],
    ["no groups at all", 'range: { from: "now-1h" }, top: 0'],
    ["too many groups", 'range: { from: "now-1h" }, top: 51'],
    ["minutes of more than a day", 'range: { from: "now-25h" }, interval: MINUTE'],
    ["too many buckets", 'range: { from: "now-1y" }, interval: QUARTER_HOUR'],
  ])("refuses %s", async (_what, args) => {
    expect((await report(args, "interval")).code).toBe("BAD_USER_INPUT");
  });
});

describe("usage in the rows of a page", () => {
  test("is one report for all rows", async () => {
    for (let index = 0; index < 5; index++) await addKey(server, one.id);
    let reports = 0;
    const { usage } = server.control.store;
    const original = usage.report;
    usage.report = (query) => {
      reports++;
      return original.call(usage, query);
    };
    const { data } = await server.ask(
      "{ providerKeys { nodes { name usage { requests } sparkline { requests errors stepSeconds } } } }",
    );
    usage.report = original;
    expect(reports).toBe(2);
    const key = data.providerKeys.nodes.find((node: Answer) => node.name === "key-one");
    expect(key.usage.requests).toBe(3);
    expect(key.sparkline).toMatchObject({ stepSeconds: 3600 });
    expect(key.sparkline.requests).toHaveLength(24);
    expect(sum(key.sparkline.requests)).toBe(3);
  });

  test("has days for a month, and other ranges", async () => {
    const { data } = await server.ask(
      `query ($id: ID!) {
        clientKey(id: $id) {
          sparkline(range: LAST_30_DAYS) { requests stepSeconds }
          usage(range: { from: "now-1h", to: "now-59m" }) { requests }
        }
        provider(id: "${two.id}") { usage { requests errors } }
      }`,
      { id: client.id },
    );
    expect(data.clientKey.sparkline.requests).toHaveLength(30);
    expect(sum(data.clientKey.sparkline.requests)).toBe(5);
    expect(data.provider.usage).toEqual({ requests: 2, errors: 1 });
  });
});

describe("the overview", () => {
  const overview = async (fields: string) => (await server.ask(`{ overview { ${fields} } }`)).data.overview;

  test("shows now, today, yesterday and how much there is of everything", async () => {
    server.events.emit("requestSettled", makeRecord({ status: "error" }));
    const { data } = await server.ask(
      `{ overview(timeZone: "America/New_York") {
        now { requestsPerSecond errorRate activeRequests cursor at }
        yesterday { requests } keyCounts { total unchecked } providers models clientKeys
        versionInfo { version startedAt databaseBytes queuedLogRows droppedLogRows logRetentionDays usageRetentionDays }
      } }`,
    );
    expect(data.overview.now).toMatchObject({ errorRate: 1, activeRequests: 0 });
    expect(data.overview.now.requestsPerSecond).toBeGreaterThan(0);
    expect(data.overview).toMatchObject({ yesterday: { requests: 0 }, providers: 2, models: 0, clientKeys: 1 });
    expect(data.overview.keyCounts).toEqual({ total: 6, unchecked: 6 });
    expect(data.overview.versionInfo).toMatchObject({ version: "0.0.0-test", droppedLogRows: 0, logRetentionDays: 30 });
    const refused = await server.ask('{ overview(timeZone: "Nowhere") { providers } }');
    expect(refused.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  test("today ends now, and yesterday ends at the same time of day", async () => {
    const { today, yesterday } = await overview("today { requests } yesterday { requests }");
    expect(today.requests + yesterday.requests).toBe(5);
    server.advance(86_400_000);
    expect((await overview("yesterday { requests }")).yesterday.requests).toBe(today.requests);
    server.advance(-86_400_000);
  });

  test("says what needs attention, most pressing first", async () => {
    const kinds = async (): Promise<Answer[]> =>
      (await overview("attention { kind severity title detail count subjectName subject { __typename id } }"))
        .attention;
    // Provider two has no key; claude served requests that nobody can price.
    expect(await kinds()).toMatchObject([
      { kind: "PROVIDER_WITHOUT_KEYS", severity: "WARNING", subject: { id: two.id } },
      { kind: "MODEL_UNPRICED", subjectName: "claude", count: 1, subject: null },
    ]);
    const sick = await addKey(server, two.id, { name: "sick" });
    const spent = await addKey(server, two.id, { name: "spent" });
    const down = await addModel(server, two.id, {
      name: "down",
      targets: [{ providerId: two.id, upstreamModel: "claude" }],
    });
    const base = {
      model: "",
      untilMs: null,
      failures: 1,
      sinceMs: Date.now(),
      errorClass: null,
      httpStatus: null,
      message: null,
    };
    server.pool.restore(
      [
        { ...base, keyId: sick.id, state: "invalid" },
        { ...base, keyId: spent.id, state: "exhausted", untilMs: Date.now() + 60_000 },
      ],
      [],
    );
    server.events.emit("config", { noun: "providerKey", kind: "updated", ids: [] });
    const items = await kinds();
    expect(items.map(({ kind, severity }) => [kind, severity])).toEqual([
      ["PROVIDER_DOWN", "CRITICAL"],
      ["KEYS_INVALID", "CRITICAL"],
      ["MODEL_DOWN", "CRITICAL"],
      ["KEYS_EXHAUSTED", "WARNING"],
      ["MODEL_UNPRICED", "WARNING"],
    ]);
    expect(items[2].subject).toEqual({ __typename: "Model", id: down.id });
    expect(items[4].subject).toEqual({ __typename: "Model", id: down.id });
  });

  test("says so when there is no provider, and when the log cannot be written", async () => {
    const empty = await startAdminServer({
      change: (deps) => {
        const broken = Object.create(deps.store);
        broken.stats = () => ({
          ...deps.store.stats(),
          writable: false,
          lastWriteError: "disk full",
          droppedRecords: 7,
        });
        return Object.assign(Object.create(deps), { store: broken });
      },
    });
    const { data } = await empty.ask("{ overview { attention { kind detail count } } }");
    expect(data.overview.attention).toEqual([
      { kind: "LOG_NOT_WRITABLE", detail: "disk full", count: 1 },
      { kind: "NO_PROVIDER", detail: null, count: 0 },
      expect.objectContaining({ kind: "LOG_ROWS_DROPPED", count: 7 }),
    ]);
    await empty.stop();
  });
});
