import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../src/lib/secret.ts";
import { addKey, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { connectLive } from "../support/live.ts";
import { makeRecord } from "../support/request-record.ts";

const CREATE = `mutation ($input: CreateAlertRuleInput!) {
  createAlertRule(input: $input) { alertRule { id version kind name } userErrors { code message field } }
}`;
const ALERTS = `query ($filter: AlertFilter) { alerts(filter: $filter) { totalCount nodes {
  id state title detail severity kind occurrences resolvedAt rule { id } subject { id } subjectName
} } }`;

async function addRule(server: AdminServer, condition: object, input: object = {}): Promise<Answer> {
  const { data, text } = await server.ask(CREATE, {
    input: { name: crypto.randomUUID(), condition, cooldownSeconds: 600, ...input },
  });
  if (!data) throw new Error(text);
  expect(data.createAlertRule.userErrors).toEqual([]);
  return data.createAlertRule.alertRule;
}

/** A webhook channel that leads nowhere: what is in the outbox is looked at in the store. */
async function addChannel({ store }: AdminServer, name = "pager"): Promise<string> {
  const config = new Secret(JSON.stringify({ url: "http://127.0.0.1:1/", secret: null }));
  const written = await store.alertChannels.create({ name, enabled: true, kind: "WEBHOOK", config, preview: "there" });
  if (written.kind !== "ok") throw new Error(written.kind);
  return written.row.id;
}

function setHealth(server: AdminServer, keyIds: readonly string[], state: "invalid" | "active", message = "bad key") {
  const rest = { untilMs: null, failures: 1, errorClass: "key_invalid", httpStatus: 401, message } as const;
  server.pool.restore(
    keyIds.map((keyId) => ({ keyId, model: "", state, sinceMs: server.control.now(), ...rest })),
    [],
  );
  server.control.alertWatch.rulesChanged();
}

/** Looks every ten seconds of the control plane's clock. */
async function watchFor(server: AdminServer, seconds: number) {
  for (let passed = 0; passed < seconds; passed += 10) {
    server.advance(10_000);
    await server.control.alertWatch.evaluate();
  }
}

const listAlerts = async (server: AdminServer, filter: object = {}): Promise<Answer> =>
  (await server.ask(ALERTS, { filter })).data.alerts;
const messagesOf = async (server: AdminServer, channelId: string) =>
  (await server.store.alertDeliveries.page(channelId, { limit: 100, backward: false })).rows
    .map((row) => row.message)
    .reverse();

describe("a rule", () => {
  let server: AdminServer;
  beforeAll(async () => {
    server = await startAdminServer();
  });
  afterAll(() => server.stop());

  test("is made, read, changed with a version and deleted", async () => {
    const condition = { errorRate: { share: 0.5, windowSeconds: 120, minimumRequests: 3 } };
    const rule = await addRule(server, condition, { name: "rate", scope: { models: ["gpt-*"], per: "MODEL" } });
    expect(rule).toMatchObject({ kind: "ERROR_RATE", version: 1 });
    const { data } = await server.ask(
      `query ($id: ID!) { node(id: $id) { ... on AlertRule {
        name scope { models per } forSeconds cooldownSeconds
        condition { ... on ErrorRateCondition { share windowSeconds minimumRequests } }
      } } }`,
      { id: rule.id },
    );
    expect(data.node).toEqual({
      name: "rate",
      scope: { models: ["gpt-*"], per: "MODEL" },
      forSeconds: 0,
      cooldownSeconds: 600,
      condition: { share: 0.5, windowSeconds: 120, minimumRequests: 3 },
    });
    const update = (input: object) =>
      server.ask(
        `mutation ($input: UpdateAlertRuleInput!) { updateAlertRule(input: $input) {
          alertRule { version severity } userErrors { code field ... on StaleVersionError { currentVersion } }
        } }`,
        { input },
      );
    const changed = await update({ id: rule.id, expectedVersion: 1, severity: "CRITICAL" });
    expect(changed.data.updateAlertRule).toEqual({ alertRule: { version: 2, severity: "CRITICAL" }, userErrors: [] });
    const stale = await update({ id: rule.id, expectedVersion: 1, severity: "INFO" });
    expect(stale.data.updateAlertRule.userErrors).toMatchObject([{ code: "STALE_VERSION", currentVersion: 2 }]);
    const other = await update({ id: rule.id, condition: { noTraffic: { windowSeconds: 600 } } });
    expect(other.data.updateAlertRule.userErrors).toEqual([{ code: "CONFLICT", field: ["condition"] }]);
    const gone = await server.ask("mutation ($ids: [ID!]!) { deleteAlertRules(input: { ids: $ids }) { deletedIds } }", {
      ids: [rule.id],
    });
    expect(gone.data.deleteAlertRules.deletedIds).toEqual([rule.id]);
    expect(await server.store.alertRules.list()).toEqual([]);
  });

  const refused: [what: string, input: object, field: string[]][] = [
    ["an empty condition", { condition: { providerLow: {} } }, ["condition", "providerLow"]],
    ["a share above 1", { condition: { errorRate: { share: 2 } } }, ["condition", "errorRate", "share"]],
    ["no money", { condition: { lowBalance: { below: "0" } } }, ["condition", "lowBalance", "below"]],
    [
      "a zone of nowhere",
      { condition: { budget: { limit: "1", period: "DAY", timeZone: "Mars/Base" } } },
      ["condition", "budget", "timeZone"],
    ],
    [
      "a scope without meaning",
      { condition: { diskSpace: { belowShare: 0.1 } }, scope: { models: ["a"] } },
      ["scope", "models"],
    ],
    ["an unknown provider", { scope: { providerIds: ["prv_none"] } }, ["scope", "providerIds", "0"]],
    ["an unknown channel", { channelIds: ["ach_none"] }, ["channelIds", "0"]],
    ["a short window", { condition: { noTraffic: { windowSeconds: 5 } } }, ["condition", "noTraffic", "windowSeconds"]],
  ];
  test.each(refused)("with %s is refused, and nothing is written", async (_what, input, field) => {
    const { data, text } = await server.ask(CREATE, { input: { name: "x", condition: { keyInvalid: {} }, ...input } });
    expect({ text, field: data?.createAlertRule.userErrors[0]?.field }).toEqual({ text, field });
    expect(await server.store.alertRules.list()).toEqual([]);
  });

  test("has exactly one condition", async () => {
    const two = { keyInvalid: {}, noTraffic: { windowSeconds: 600 } };
    const { errors } = await server.ask(CREATE, { input: { name: "x", condition: two } });
    expect(errors).toHaveLength(1);
  });
});

describe("an incident", () => {
  test("opens, is told once, ends and is told once more; the upstream's words are masked", async () => {
    const server = await startAdminServer();
    const channelId = await addChannel(server);
    const provider = await addProvider(server);
    const key = await addKey(server, provider.id, { name: "one" });
    const rule = await addRule(server, { keyInvalid: {} }, { channelIds: [channelId], severity: "CRITICAL" });
    await watchFor(server, 20);
    expect(await listAlerts(server)).toEqual({ totalCount: 0, nodes: [] });
    setHealth(server, [key.id], "invalid", "Incorrect API key sk-abcdef0123456789 provided");
    await watchFor(server, 60);
    const { nodes } = await listAlerts(server);
    expect(nodes).toMatchObject([
      {
        state: "OPEN",
        severity: "CRITICAL",
        kind: "KEY_INVALID",
        title: "Key one of main is refused by the upstream",
        rule: { id: rule.id },
        subject: { id: key.id },
        occurrences: 1,
      },
    ]);
    expect(nodes[0].detail).toStartWith("HTTP 401: Incorrect API ");
    expect(nodes[0].detail).not.toContain("abcdef");
    expect(await messagesOf(server, channelId)).toMatchObject([{ what: "OPENED", total: 1, severity: "CRITICAL" }]);
    setHealth(server, [key.id], "active");
    await watchFor(server, 60);
    expect((await listAlerts(server)).nodes).toMatchObject([{ state: "RESOLVED", id: nodes[0].id }]);
    expect((await messagesOf(server, channelId)).map(({ what }) => what)).toEqual(["OPENED", "RESOLVED"]);
    await watchFor(server, 120);
    expect(await messagesOf(server, channelId)).toHaveLength(2);
    await server.stop();
  });

  test("tells of a key's low balance, whoever burned it, and ends when there is money again", async () => {
    const server = await startAdminServer();
    const channelId = await addChannel(server);
    const provider = await addProvider(server);
    const key = await addKey(server, provider.id, { name: "paid" });
    await addKey(server, provider.id, { name: "unknown", secret: "sk-unknown-balance-1" });
    await addRule(server, { lowBalance: { below: "5" } }, { channelIds: [channelId] });
    const setBalance = async (remaining: string) => {
      const input = { id: key.id, remaining };
      const query =
        "mutation ($input: SetKeyBalanceInput!) { setKeyBalance(input: $input) { userErrors { message } } }";
      expect((await server.ask(query, { input })).data.setKeyBalance.userErrors).toEqual([]);
    };
    await setBalance("6");
    await watchFor(server, 120);
    expect((await listAlerts(server)).totalCount).toBe(0);
    server.events.emit("requestSettled", makeRecord({ keyId: key.id, costNanoUsd: 2_500_000_000 }));
    await watchFor(server, 120);
    const { nodes } = await listAlerts(server);
    const title = "Key paid of main has 3.5 left";
    expect(nodes).toMatchObject([{ state: "OPEN", kind: "LOW_BALANCE", title, subject: { id: key.id } }]);
    await setBalance("20");
    await watchFor(server, 120);
    expect((await listAlerts(server)).nodes).toMatchObject([{ id: nodes[0].id, state: "RESOLVED" }]);
    expect((await messagesOf(server, channelId)).map(({ what }) => what)).toEqual(["OPENED", "RESOLVED"]);
    await server.stop();
  });

  test("of fifty keys within a minute is fifty incidents and one message", async () => {
    const server = await startAdminServer();
    const channelId = await addChannel(server);
    const provider = await addProvider(server);
    const keys: string[] = [];
    for (let index = 0; index < 50; index++) keys.push((await addKey(server, provider.id, { name: `k${index}` })).id);
    await addRule(server, { keyInvalid: {} }, { channelIds: [channelId], name: "refused" });
    for (let batch = 0; batch < 5; batch++) {
      setHealth(server, keys.slice(batch * 10, batch * 10 + 10), "invalid");
      await watchFor(server, 10);
    }
    await watchFor(server, 60);
    expect((await listAlerts(server, { states: ["OPEN"] })).totalCount).toBe(50);
    const messages = await messagesOf(server, channelId);
    expect(messages).toMatchObject([{ title: "refused: 50 incidents", total: 50, alerts: { length: 10 } }]);
    await server.stop();
  });

  test("survives a restart without a second message", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-alerts-"));
    const first = await startAdminServer({ dataDir });
    const channelId = await addChannel(first);
    const provider = await addProvider(first);
    const key = await addKey(first, provider.id);
    await addRule(first, { keyInvalid: {} }, { channelIds: [channelId] });
    setHealth(first, [key.id], "invalid");
    await watchFor(first, 30);
    const before = (await listAlerts(first)).nodes;
    expect(await messagesOf(first, channelId)).toHaveLength(1);
    await first.stop();

    const second = await startAdminServer({ dataDir });
    second.advance(40_000);
    setHealth(second, [key.id], "invalid");
    await watchFor(second, 60);
    expect((await listAlerts(second)).nodes).toEqual(before);
    expect(await messagesOf(second, channelId)).toHaveLength(1);
    setHealth(second, [key.id], "active");
    await watchFor(second, 60);
    expect((await messagesOf(second, channelId)).map(({ what }) => what)).toEqual(["OPENED", "RESOLVED"]);
    await second.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test("that comes back within the cooldown is the same one, and speaks only if it stays", async () => {
    const server = await startAdminServer();
    const channelId = await addChannel(server);
    const provider = await addProvider(server);
    const key = await addKey(server, provider.id);
    await addRule(server, { keyInvalid: {} }, { channelIds: [channelId], cooldownSeconds: 300 });
    for (let round = 0; round < 3; round++) {
      setHealth(server, [key.id], "invalid");
      await watchFor(server, 20);
      setHealth(server, [key.id], "active");
      await watchFor(server, 60);
    }
    expect((await listAlerts(server)).nodes).toMatchObject([{ state: "RESOLVED", occurrences: 3 }]);
    expect(await messagesOf(server, channelId)).toHaveLength(2);
    setHealth(server, [key.id], "invalid");
    await watchFor(server, 400);
    expect((await messagesOf(server, channelId)).map(({ what }) => what)).toEqual(["OPENED", "RESOLVED", "OPENED"]);
    await server.stop();
  });

  test("can be acknowledged and muted: then nothing is said but its end", async () => {
    const server = await startAdminServer();
    const channelId = await addChannel(server);
    const provider = await addProvider(server);
    const key = await addKey(server, provider.id);
    const rule = await addRule(server, { keyInvalid: {} }, { channelIds: [channelId] });
    setHealth(server, [key.id], "invalid");
    await server.control.alertWatch.evaluate();
    const [{ id }] = (await listAlerts(server)).nodes;
    const acknowledge = async (input: object) =>
      (
        await server.ask(
          `mutation ($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) {
            alert { state } userErrors { code field }
          } }`,
          { input: { id, ...input } },
        )
      ).data.acknowledgeAlert;
    expect((await acknowledge({})).alert.state).toBe("ACKNOWLEDGED");
    await watchFor(server, 60);
    expect(await messagesOf(server, channelId)).toEqual([]);
    expect((await acknowledge({ acknowledged: false, muteSeconds: 100 })).alert.state).toBe("MUTED");
    await watchFor(server, 90);
    expect(await messagesOf(server, channelId)).toEqual([]);
    await watchFor(server, 20);
    expect(await messagesOf(server, channelId)).toHaveLength(1);
    expect((await listAlerts(server, { states: ["OPEN"] })).totalCount).toBe(1);
    // A rule that is switched off ends its incidents in silence.
    await server.ask(
      `mutation ($id: ID!) { updateAlertRule(input: { id: $id, enabled: false }) { alertRule { id } } }`,
      {
        id: rule.id,
      },
    );
    await watchFor(server, 30);
    expect((await listAlerts(server)).nodes).toMatchObject([{ state: "RESOLVED" }]);
    expect(await messagesOf(server, channelId)).toHaveLength(1);
    expect((await acknowledge({})).userErrors).toEqual([{ code: "CONFLICT", field: ["id"] }]);
    expect((await acknowledge({ id: "alr_none" })).userErrors).toEqual([{ code: "NOT_FOUND", field: ["id"] }]);
    await server.stop();
  });
});

describe("what is looked at", () => {
  let server: AdminServer;
  let provider: Answer;
  beforeAll(async () => {
    server = await startAdminServer();
    provider = await addProvider(server, { name: "busy" });
  });
  afterAll(() => server.stop());

  const settle = (count: number, change: object = {}) => {
    for (let index = 0; index < count; index++) {
      const nowMs = server.control.now();
      server.events.emit(
        "requestSettled",
        makeRecord({ providerId: provider.id, receivedAtMs: nowMs - 1000, endedAtMs: nowMs, ...change }),
      );
    }
  };
  const failed = { status: "error", errorClass: "upstream_error", errorText: "the vendor is on fire" } as const;

  test("the share of errors, for each provider, with the last one's words", async () => {
    const condition = { errorRate: { share: 0.5, windowSeconds: 100, minimumRequests: 10 } };
    const rule = await addRule(server, condition, { scope: { per: "PROVIDER" } });
    await server.control.alertWatch.evaluate();
    settle(5);
    settle(4, failed);
    await watchFor(server, 10);
    expect((await listAlerts(server, { ruleIds: [rule.id] })).nodes).toEqual([]);
    settle(10, failed);
    await watchFor(server, 10);
    const { nodes } = await listAlerts(server, { ruleIds: [rule.id] });
    expect(nodes).toMatchObject([{ title: "73.7 % of requests of busy fail", subject: { id: provider.id } }]);
    expect(nodes[0].detail).toContain("14 of 19");
    expect(nodes[0].detail).toContain("the vendor is on fire");
    settle(200);
    await watchFor(server, 60);
    expect((await listAlerts(server, { ruleIds: [rule.id] })).nodes).toMatchObject([{ state: "RESOLVED" }]);
  });

  test("a percentile of the latency, of the models that are meant", async () => {
    const condition = { latency: { aboveMs: 5000, percentile: "P95", windowSeconds: 100, minimumRequests: 5 } };
    const rule = await addRule(server, condition, { scope: { models: ["slow-*"] } });
    await server.control.alertWatch.evaluate();
    const slow = { receivedAtMs: server.control.now() - 9000 };
    settle(10, { ...slow, servedModel: "other" });
    await watchFor(server, 10);
    expect((await listAlerts(server, { ruleIds: [rule.id] })).nodes).toEqual([]);
    settle(10, { servedModel: "slow-1", receivedAtMs: server.control.now() - 9000 });
    await watchFor(server, 10);
    expect((await listAlerts(server, { ruleIds: [rule.id] })).nodes).toMatchObject([
      { kind: "LATENCY", subject: null },
    ]);
  });

  test("silence", async () => {
    const rule = await addRule(server, { noTraffic: { windowSeconds: 60 } });
    await server.control.alertWatch.evaluate();
    await watchFor(server, 50);
    settle(1);
    await watchFor(server, 50);
    expect((await listAlerts(server, { ruleIds: [rule.id] })).nodes).toEqual([]);
    await watchFor(server, 20);
    expect((await listAlerts(server, { ruleIds: [rule.id] })).nodes).toMatchObject([{ title: "No request for 1 min" }]);
  });

  test("a provider that has too few keys", async () => {
    const key = await addKey(server, provider.id);
    const rule = await addRule(server, { providerLow: { minimumKeys: 1 } }, { scope: { providerIds: [provider.id] } });
    setHealth(server, [key.id], "invalid");
    await Bun.sleep(210); // What was counted of the keys is good for 200 ms.
    await watchFor(server, 10);
    expect((await listAlerts(server, { ruleIds: [rule.id] })).nodes).toMatchObject([
      { title: "No key of busy can be used", subject: { id: provider.id } },
    ]);
  });

  test("what was spent: a budget and a spike, from the roll-ups", async () => {
    const spent = { costNanoUsd: 2_000_000_000, servedModel: "dear" };
    const scope = { models: ["dear"] };
    const budget = await addRule(server, { budget: { limit: "5", share: 0.8, period: "MONTH" } }, { scope });
    const spike = await addRule(server, { spendSpike: { factor: 2, hours: 1, minimumSpend: "3" } }, { scope });
    const record = () =>
      server.store.record(
        makeRecord({ ...spent, receivedAtMs: server.control.now() - 500, endedAtMs: server.control.now() }),
      );
    record();
    await server.store.flush();
    await watchFor(server, 10);
    expect((await listAlerts(server, { ruleIds: [budget.id, spike.id] })).nodes).toEqual([]);
    record();
    await server.store.flush();
    await watchFor(server, 310);
    const { nodes } = await listAlerts(server, { ruleIds: [budget.id, spike.id] });
    expect(nodes.map(({ title }: Answer) => title).sort()).toEqual(["$4 of $5 spent this month", "$4 spent in 60 min"]);
  });

  test("the disk", async () => {
    const full = await addRule(server, { diskSpace: { belowShare: 1 } });
    const fine = await addRule(server, { diskSpace: { belowBytes: 1 } });
    await watchFor(server, 10);
    expect((await listAlerts(server, { ruleIds: [full.id, fine.id] })).nodes).toMatchObject([
      { rule: { id: full.id }, kind: "DISK_SPACE" },
    ]);
  });
});

describe("alertEvents", () => {
  const SUBSCRIPTION = `subscription ($after: String) { alertEvents(after: $after) {
    __typename ... on StreamEvent { cursor } ... on ResyncEvent { reason }
    ... on AlertEventBatch { openAlerts events { kind alert { id state } } }
  } }`;

  test("tells what opens and what is over, goes on from a cursor, and says so when it cannot", async () => {
    const server = await startAdminServer();
    const live = connectLive(server);
    const provider = await addProvider(server);
    const key = await addKey(server, provider.id);
    await addRule(server, { keyInvalid: {} });
    const alerts = live.watch(SUBSCRIPTION);
    const opening = await alerts.next();
    expect(opening).toMatchObject({ events: [], openAlerts: 0 });
    setHealth(server, [key.id], "invalid");
    await watchFor(server, 10);
    const opened = await alerts.next();
    expect(opened).toMatchObject({ events: [{ kind: "OPENED", alert: { state: "OPEN" } }], openAlerts: 1 });
    await alerts.stop();
    setHealth(server, [key.id], "active");
    await watchFor(server, 60);
    const resumed = live.watch(SUBSCRIPTION, { after: opened.cursor });
    expect(await resumed.next()).toMatchObject({
      events: [{ kind: "RESOLVED", alert: { id: opened.events[0].alert.id, state: "RESOLVED" } }],
      openAlerts: 0,
    });
    const lost = live.watch(SUBSCRIPTION, { after: "elsewhere.1" });
    expect(await lost.next()).toMatchObject({ __typename: "ResyncEvent", reason: "RESTARTED" });
    expect((await server.ask("{ overview { openAlerts } }")).data.overview).toEqual({ openAlerts: 0 });
    await live.close();
    await server.stop();
  });
});
