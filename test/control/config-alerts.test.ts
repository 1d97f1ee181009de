import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { parseConfigFile } from "../../src/config-file.ts";
import { carryOutFile, planConfigFile } from "../../src/control/config/config-file.ts";
import { Vault } from "../../src/lib/secret.ts";
import { addClientKey, addKey, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
beforeEach(async () => {
  server = await startAdminServer();
});
afterEach(() => server.stop());

const CANARY = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5";
const HOOK = "http://127.0.0.1:9/hook-canary";

async function mutate(field: string, input: object, answer: string): Promise<Answer> {
  const type = `${field[0]!.toUpperCase()}${field.slice(1)}Input!`;
  const { data, errors } = await server.ask(
    `mutation ($input: ${type}) { ${field}(input: $input) { ${answer} userErrors { code message field } } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data[field];
}

async function fill(): Promise<void> {
  const provider = await addProvider(server);
  const key = await addKey(server, provider.id, { name: "k1" });
  const client = await addClientKey(server);
  const pager = await mutate(
    "createAlertChannel",
    { name: "pager", config: { webhook: { url: HOOK, secret: CANARY } } },
    "alertChannel { id }",
  );
  const email = { host: "127.0.0.1", port: 25, security: "STARTTLS", from: "a@example.org", to: ["b@example.org"] };
  const mail = await mutate(
    "createAlertChannel",
    { name: "mail", enabled: false, config: { email: { ...email, username: "us", password: "canary-password" } } },
    "alertChannel { id }",
  );
  const scope = { providerIds: [provider.id], providerKeyIds: [key.id], clientKeyIds: [client.id], models: ["gpt*"] };
  const channelIds = [pager.alertChannel.id, mail.alertChannel.id];
  await mutate(
    "createAlertRule",
    { name: "slow", condition: { latency: { aboveMs: 20_000 } }, scope: { ...scope, per: "MODEL" }, channelIds },
    "alertRule { id }",
  );
  await mutate(
    "createAlertRule",
    { name: "budget", severity: "CRITICAL", condition: { budget: { limit: "12.5", period: "MONTH" } }, memo: "ours" },
    "alertRule { id }",
  );
}

const exported = async (): Promise<Answer> =>
  (await server.ask("{ exportConfig { document } }")).data.exportConfig.document;

const revealed = async (): Promise<Answer> =>
  (await server.ask("mutation { revealConfig { export { document } } }")).data.revealConfig.export.document;

const apply = (document: object, more: object = {}) =>
  mutate("applyConfig", { document, ...more }, "applied differences { kind noun name fields { field before after } }");

const open = async (name: string) => {
  const row = (await server.store.alertChannels.list()).find((channel) => channel.name === name);
  return JSON.parse((await server.store.alertChannels.openConfig(row!.id))!.reveal());
};

describe("alerts in the configuration document", () => {
  test("are exported in the words of the API, by name, without what is secret", async () => {
    await fill();
    const { alertChannels, alertRules } = await exported();
    expect(alertChannels).toEqual([
      {
        name: "mail",
        enabled: false,
        kind: "EMAIL",
        config: {
          email: {
            host: "127.0.0.1",
            port: 25,
            security: "STARTTLS",
            username: "us",
            from: "a@example.org",
            to: ["b@example.org"],
          },
        },
      },
      { name: "pager", enabled: true, kind: "WEBHOOK" },
    ]);
    expect(alertRules).toEqual([
      {
        name: "budget",
        enabled: true,
        severity: "CRITICAL",
        condition: { budget: { limit: "12.5", share: expect.any(Number), period: "month", timeZone: "UTC" } },
        forSeconds: 0,
        cooldownSeconds: 900,
        memo: "ours",
      },
      {
        name: "slow",
        enabled: true,
        severity: "WARNING",
        condition: {
          latency: { metric: "latency", percentile: "p95", aboveMs: 20_000, windowSeconds: 300, minimumRequests: 20 },
        },
        scope: { providers: ["main"], models: ["gpt*"], providerKeys: ["main/k1"], clientKeys: ["dev"], per: "model" },
        forSeconds: 0,
        cooldownSeconds: 900,
        channels: ["mail", "pager"],
      },
    ]);
    expect(JSON.stringify({ alertChannels, alertRules })).not.toContain("canary");
  });

  test("applied again change nothing, whether it prunes or not, with secrets or without", async () => {
    await fill();
    for (const document of [await exported(), await revealed()]) {
      for (const prune of [false, true]) {
        expect(await apply(document, { prune })).toMatchObject({ applied: false, differences: [], userErrors: [] });
      }
    }
  });

  test("with secrets make the same elsewhere, beside what they name", async () => {
    await fill();
    const document = await revealed();
    expect(document.alertChannels[1].config).toEqual({ webhook: { url: HOOK, secret: CANARY } });
    const plain = await exported();
    const first = server;
    server = await startAdminServer();
    expect(await apply(document)).toMatchObject({ applied: true, userErrors: [] });
    expect(await exported()).toEqual(plain);
    expect(await open("mail")).toMatchObject({ password: "canary-password" });
    const rule = (await server.store.alertRules.list()).find(({ name }) => name === "slow")!;
    const [key] = await server.store.providerKeys.list();
    expect(rule.scope.keyIds).toEqual([key!.id]);
    expect(rule.channelIds).toHaveLength(2);
    await first.stop();
  });

  test("are left alone by a document that does not speak of them, and pruned by one that does", async () => {
    await fill();
    const { alertChannels: _, alertRules: __, ...older } = await exported();
    expect(await apply(older, { prune: true })).toMatchObject({ differences: [], userErrors: [] });
    const { differences } = await apply(
      { ...older, alertChannels: [{ name: "pager" }], alertRules: [] },
      { prune: true },
    );
    expect(differences.map(({ kind, noun, name }: Answer) => `${kind} ${noun} ${name}`).sort()).toEqual([
      "REMOVE ALERT_CHANNEL mail",
      "REMOVE ALERT_RULE budget",
      "REMOVE ALERT_RULE slow",
    ]);
    expect(await open("pager")).toMatchObject({ url: HOOK, secret: CANARY });
  });

  test("are compared field by field, masked; a secret goes along only to where it went before", async () => {
    await fill();
    const document = await exported();
    document.alertChannels[0].config.email.host = "127.0.0.2";
    document.alertChannels[1].config = { webhook: { url: "http://127.0.0.1:9/other-canary" } };
    document.alertRules[0].condition.budget.limit = "20";
    const dry = await apply(document, { dryRun: true });
    expect(dry.differences).toEqual([
      {
        kind: "CHANGE",
        noun: "ALERT_CHANNEL",
        name: "mail",
        fields: [
          { field: "leadsTo", before: "b@example.org by 127.0.0.1:25", after: "b@example.org by 127.0.0.2:25" },
          { field: "config", before: null, after: "(new)" },
        ],
      },
      {
        kind: "CHANGE",
        noun: "ALERT_CHANNEL",
        name: "pager",
        fields: [{ field: "config", before: null, after: "(new)" }],
      },
      {
        kind: "CHANGE",
        noun: "ALERT_RULE",
        name: "budget",
        fields: [expect.objectContaining({ field: "condition" })],
      },
    ]);
    expect(JSON.stringify(dry)).not.toContain("canary");
    expect((await apply(document)).applied).toBe(true);
    expect(await open("mail")).toMatchObject({ host: "127.0.0.2", password: null });
    expect(await open("pager")).toMatchObject({ url: "http://127.0.0.1:9/other-canary", secret: CANARY });
  });

  test("are reverted with the rest, secrets included", async () => {
    await fill();
    const version = await server.store.history.version();
    const before = await revealed();
    await apply({ alertChannels: [], alertRules: [] }, { prune: false });
    await apply({ ...(await exported()), alertChannels: [], alertRules: [] }, { prune: true });
    expect(await server.store.alertChannels.list()).toEqual([]);
    await mutate("revertConfig", { version }, "version");
    expect(await revealed()).toEqual(before);
  });

  test("are refused by the rules of the API, with the place of what is wrong, and nothing is written", async () => {
    await fill();
    const before = await revealed();
    const refused = async (document: object) =>
      (await apply(document)).userErrors.map(({ field }: Answer) => field.slice(1).join("."));
    const rule = { name: "new", condition: { noTraffic: { windowSeconds: 600 } } };
    expect(await refused({ alertChannels: [{ name: "new" }] })).toEqual(["alertChannels.0.config"]);
    expect(await refused({ alertChannels: [{ name: "new", config: { webhook: { url: HOOK } } }] })).toEqual([
      "alertChannels.0.config.webhook.secret",
    ]);
    expect(await refused({ alertChannels: [{ name: "pager", config: { slack: { url: HOOK } } }] })).toEqual([
      "alertChannels.0.kind",
    ]);
    const metadata = { slack: { url: "http://169.254.169.254/" } };
    expect(await refused({ alertChannels: [{ name: "new", config: metadata }] })).toEqual([
      "alertChannels.0.config.slack.url",
    ]);
    expect(await refused({ alertRules: [{ ...rule, condition: { noTraffic: { windowSeconds: 1 } } }] })).toEqual([
      "alertRules.0.condition.noTraffic.windowSeconds",
    ]);
    expect(
      await refused({ alertRules: [{ ...rule, channels: ["nobody"], scope: { providers: ["main", "x"] } }] }),
    ).toEqual(["alertRules.0.scope.providers.1", "alertRules.0.channels.0"]);
    expect(await refused({ alertRules: [{ ...rule, scope: { per: "model" } }] })).toEqual(["alertRules.0.scope.per"]);
    expect(await refused({ alertRules: [{ name: "slow", condition: rule.condition }] })).toEqual([
      "alertRules.0.condition",
    ]);
    expect(await refused({ alertRules: [rule, rule] })).toEqual(["alertRules.1.name"]);
    expect(await revealed()).toEqual(before);
  });

  test("stand in the file of a start, too", async () => {
    const file = {
      alertChannels: [{ name: "pager", config: { webhook: { url: HOOK, secret: CANARY } } }],
      alertRules: [{ name: "quiet", condition: { noTraffic: { windowSeconds: 600 } }, channels: ["pager"] }],
    };
    const deps = { store: server.store, vault: new Vault(new Uint8Array(32).fill(7)), checkAddress: () => null };
    const start = async () => {
      const plan = await planConfigFile(deps, parseConfigFile(JSON.stringify(file), "sluice.json"));
      await server.store.writeTogether((inside) => carryOutFile(inside, plan));
      return plan;
    };
    expect((await start()).rules).toHaveLength(1);
    const [channel] = await server.store.alertChannels.list();
    expect(await server.store.alertRules.list()).toMatchObject([{ name: "quiet", channelIds: [channel!.id] }]);
    expect(await start()).toMatchObject({ rules: [], channels: [], errors: [] });
  });
});
