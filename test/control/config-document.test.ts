import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { applyConfig } from "../../src/control/config/config-document.ts";
import { SCOPES, type Scope } from "../../src/control/people/principal.ts";
import { addClientKey, addKey, addModel, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { tokenPrincipal } from "../support/principals.ts";

let server: AdminServer;
beforeEach(async () => {
  server = await startAdminServer();
});
afterEach(() => server.stop());

const DIFFERENCES = "differences { kind noun name nodeId path fields { field before after } }";

async function fill(): Promise<{ provider: Answer; key: Answer; model: Answer; client: Answer }> {
  const provider = await addProvider(server, { memo: "ours", strategy: "WEIGHTED" });
  const key = await addKey(server, provider.id, {
    name: "k1",
    secret: "sk-canary-first-0001",
    tags: ["team"],
    proxyUrl: "http://user:canary-password@127.0.0.1:8",
  });
  const model = await addModel(server, provider.id, { aliases: ["gpt"], price: { input: "1.5", output: "2" } });
  const client = await addClientKey(server, { memo: "laptop", allowedModels: ["gpt*"], tags: ["research"] });
  await server.store.settings.put({ maxAttempts: 5 });
  await server.snapshots.reload();
  return { provider, key, model, client };
}

async function exported(): Promise<Answer> {
  const { data } = await server.ask("{ exportConfig { version document } }");
  return data.exportConfig;
}

async function diff(document: object, prune = false): Promise<Answer> {
  const { data } = await server.ask(
    `query ($document: JSON!, $prune: Boolean!) {
      configDiff(document: $document, prune: $prune) { version ${DIFFERENCES} userErrors { code message field } }
    }`,
    { document, prune },
  );
  return data.configDiff;
}

async function apply(input: object): Promise<Answer> {
  const { data } = await server.ask(
    `mutation ($input: ApplyConfigInput!) {
      applyConfig(input: $input) {
        applied version ${DIFFERENCES} generatedClientKeys { name secret }
        userErrors { __typename code message field ... on StaleVersionError { currentVersion } }
      }
    }`,
    { input },
  );
  return data.applyConfig;
}

const short = (differences: Answer[]) => differences.map(({ kind, noun, name }) => `${kind} ${noun} ${name}`).sort();

describe("the exported configuration", () => {
  test("says everything, in a fixed order and without secrets", async () => {
    await fill();
    await addProvider(server, { name: "a-first" });
    const { version, document } = await exported();
    expect(version).toBe(await server.store.history.version());
    expect(document).toEqual({
      providers: [
        expect.objectContaining({ name: "a-first", keys: [] }),
        {
          name: "main",
          kind: "openai",
          baseUrl: "https://api.openai.com/v1",
          strategy: "weighted",
          enabled: true,
          memo: "ours",
          keys: [{ name: "k1", weight: 1, priority: 0, enabled: true, tags: ["team"] }],
        },
      ],
      models: [
        {
          name: "gpt-4.1",
          aliases: ["gpt"],
          displayName: null,
          capabilities: [],
          contextWindow: null,
          maxOutputTokens: null,
          enabled: true,
          price: { input: 1.5, output: 2, since: expect.stringMatching(/^\d{4}-.*Z$/) },
          targets: [{ provider: "main", model: "gpt-4.1", priority: 0, weight: 1, enabled: true }],
        },
      ],
      clientKeys: [
        {
          name: "dev",
          enabled: true,
          allowedModels: ["gpt*"],
          strictParameters: false,
          tags: ["research"],
          memo: "laptop",
        },
      ],
      settings: { maxAttempts: 5 },
      alertChannels: [],
      alertRules: [],
    });
    expect(JSON.stringify(document)).not.toContain("canary");
  });

  test("of before client keys had tags leaves them as they are; an empty list takes them away", async () => {
    await fill();
    const { document } = await exported();
    const withTags = (tags: object) => {
      const [{ tags: _, ...dev }] = document.clientKeys;
      return { ...document, clientKeys: [{ ...dev, ...tags }] };
    };
    expect((await diff(withTags({}))).differences).toEqual([]);
    expect((await diff(withTags({ tags: [] }))).differences).toMatchObject([
      { kind: "CHANGE", name: "dev", fields: [{ field: "tags", before: ["research"], after: [] }] },
    ]);
    expect((await apply({ document: withTags({ tags: ["ops"] }) })).applied).toBe(true);
    expect((await server.store.clientKeys.list()).map(({ tags }) => tags)).toEqual([["ops"]]);
  });

  test("applied again changes nothing, whether it prunes or not", async () => {
    await fill();
    const { document } = await exported();
    for (const prune of [false, true]) {
      expect(await diff(document, prune)).toMatchObject({ differences: [], userErrors: [] });
      await expectNothingWritten(server, async () => {
        expect(await apply({ document, prune })).toMatchObject({ applied: false, differences: [], userErrors: [] });
      });
    }
  });

  test("with its secrets makes the same configuration elsewhere", async () => {
    const { client } = await fill();
    const revealed = await server.ask("mutation { revealConfig { export { document } userErrors { code } } }");
    const { document } = revealed.data.revealConfig.export;
    expect(document.providers[0].keys[0]).toMatchObject({
      secret: "sk-canary-first-0001",
      proxyUrl: "http://user:canary-password@127.0.0.1:8",
    });
    const plain = (await exported()).document;
    const first = server;
    server = await startAdminServer();
    const applied = await apply({ document });
    expect(applied).toMatchObject({ applied: true, userErrors: [] });
    expect(applied.generatedClientKeys).toEqual([{ name: "dev", secret: expect.stringMatching(/^sk-slc_/) }]);
    expect(applied.generatedClientKeys[0].secret).not.toBe(client.secret);
    expect((await exported()).document).toEqual(plain);
    const [key] = await server.store.providerKeys.listOpened();
    expect(key!.secret.reveal()).toBe("sk-canary-first-0001");
    await first.stop();
  });
});

describe("a comparison", () => {
  test("tells what would be added, changed and removed, field by field and masked", async () => {
    const { provider } = await fill();
    const { document } = await exported();
    const [main] = document.providers;
    main.memo = "theirs";
    main.keys = [
      { name: "k1", secret: "sk-canary-second-002", weight: 2 },
      { name: "k2", secret: "sk-canary-third-0003" },
    ];
    document.models = [];
    document.settings = { pingIntervalMs: 900 };
    const { differences, userErrors } = await diff(document, true);
    expect(userErrors).toEqual([]);
    expect(short(differences)).toEqual([
      "ADD PROVIDER_KEY main/k2",
      "ADD SETTING pingIntervalMs",
      "CHANGE PROVIDER main",
      "CHANGE PROVIDER_KEY main/k1",
      "REMOVE MODEL gpt-4.1",
      "REMOVE SETTING maxAttempts",
    ]);
    const of = (name: string) => differences.find((each: Answer) => each.name === name);
    expect(of("main")).toEqual({
      kind: "CHANGE",
      noun: "PROVIDER",
      name: "main",
      nodeId: provider.id,
      path: "providers[0]",
      fields: [{ field: "memo", before: "ours", after: "theirs" }],
    });
    expect(of("main/k1").fields).toEqual([
      { field: "weight", before: 1, after: 2 },
      { field: "secret", before: "sk-…0001", after: "sk-…-002 (new)" },
      { field: "proxyUrl", before: "127.0.0.1:8", after: null },
    ]);
    expect(of("main/k2")).toMatchObject({ nodeId: null, path: "providers[0].keys[1]" });
    expect(JSON.stringify(differences)).not.toContain("canary");
    expect(short((await diff(document)).differences)).not.toContain("REMOVE MODEL gpt-4.1");
  });

  test("names every mistake at its place", async () => {
    await fill();
    const { userErrors, differences } = await diff({
      providers: [
        { name: "main", kind: "openai", baseUrl: "http://169.254.169.254/v1", keys: [{ name: "new" }] },
        { name: "other", kind: "openai-compatible" },
      ],
      models: [{ name: "m", aliases: ["gpt"], targets: [{ provider: "none", model: "x" }] }],
    });
    expect(differences).toEqual([]);
    expect(userErrors.map(({ field }: Answer) => field.join("."))).toEqual([
      "document.providers.1.baseUrl",
      "document.providers.0.baseUrl",
      "document.providers.0.keys.0.secret",
      "document.models.0.aliases.0",
      "document.models.0.targets.0.provider",
    ]);
    const shape = await diff({ providers: [{ name: "p", kind: "bedrock" }], extra: 1 });
    expect(shape.userErrors.map(({ field }: Answer) => field.join("."))).toEqual([
      "document.providers.0.kind",
      "document",
    ]);
  });
});

describe("an applied document", () => {
  test("is in force at once, as one change of the history", async () => {
    const { key } = await fill();
    const { document, version } = await exported();
    document.providers[0].keys = [{ name: "k1", secret: "sk-canary-second-002" }];
    document.providers.push({ name: "new", kind: "anthropic", keys: [{ secret: "sk-ant-canary-0004" }] });
    document.models.push({ name: "claude", targets: [{ provider: "new", model: "claude-x" }] });
    const applied = await apply({ document, expectedVersion: version });
    expect(applied).toMatchObject({ applied: true, version: version + 1, userErrors: [] });
    const { providersByName, models } = server.snapshots.current;
    expect(providersByName.get("new")!.keys[0]!.secret.reveal()).toBe("sk-ant-canary-0004");
    expect(providersByName.get("main")!.keys[0]).toMatchObject({ id: key.id });
    expect(providersByName.get("main")!.keys[0]!.secret.reveal()).toBe("sk-canary-second-002");
    expect(models.get("claude")!.targets[0]!.provider.name).toBe("new");
  });

  test("moves a name from one model to another", async () => {
    const { provider } = await fill();
    await addModel(server, provider.id, { name: "second", aliases: [] });
    const { document } = await exported();
    document.models[0].aliases = [];
    document.models[1].aliases = ["gpt"];
    document.models.reverse();
    expect(await apply({ document })).toMatchObject({ applied: true, userErrors: [] });
    expect(server.snapshots.current.models.get("gpt")!.name).toBe("second");
  });

  test("takes away what it does not name only when it is told to", async () => {
    await fill();
    const document = { providers: [{ name: "other", kind: "gemini" }] };
    expect(short((await apply({ document })).differences)).toEqual(["ADD PROVIDER other"]);
    expect(short((await apply({ document, prune: true })).differences)).toEqual([
      "REMOVE CLIENT_KEY dev",
      "REMOVE MODEL gpt-4.1",
      "REMOVE PROVIDER main",
      "REMOVE PROVIDER_KEY main/k1",
      "REMOVE SETTING maxAttempts",
    ]);
    expect([...server.snapshots.current.providersByName.keys()]).toEqual(["other"]);
  });

  test("as a dry run does everything but write", async () => {
    await fill();
    const document = { settings: { maxAttempts: 9 } };
    await expectNothingWritten(server, async () => {
      const { applied, differences } = await apply({ document, dryRun: true });
      expect(applied).toBe(false);
      expect(differences).toMatchObject([{ name: "maxAttempts", fields: [{ field: "value", before: 5, after: 9 }] }]);
    });
  });

  test("is refused when somebody changed something since it was made", async () => {
    await fill();
    const { document, version } = await exported();
    await addProvider(server, { name: "meanwhile" });
    document.settings.maxAttempts = 9;
    await expectNothingWritten(server, async () => {
      const { applied, userErrors } = await apply({ document, expectedVersion: version });
      expect(applied).toBe(false);
      expect(userErrors).toMatchObject([{ __typename: "StaleVersionError", currentVersion: version + 1 }]);
    });
  });

  test("does not send stored keys to another address without the right to read them", async () => {
    await fill();
    const { document } = await exported();
    document.providers[0].baseUrl = "http://127.0.0.1:9/v1";
    const asked = { document, prune: false, dryRun: false, expectedVersion: null };
    const scopes = new Set<Scope>(SCOPES.filter((scope) => scope !== "KEYS_REVEAL"));
    await expectNothingWritten(server, async () => {
      const refused = await applyConfig(server.control, { ...tokenPrincipal(), scopes }, asked);
      expect(refused).toMatchObject({ ok: false, errors: [{ field: ["document", "providers", "0", "baseUrl"] }] });
    });
    document.providers[0].keys[0].secret = "sk-entered-again-01";
    expect(await applyConfig(server.control, { ...tokenPrincipal(), scopes }, asked)).toMatchObject({ ok: true });
  });
});

describe("the history", () => {
  const HISTORY = `query ($first: Int, $after: String) {
    configHistory(first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { version at actor action summary counts { noun kind count } ${DIFFERENCES.replace(" ", "(first: 10) ")} }
    }
  }`;

  test("says who did what, masked, and is read in pages", async () => {
    await fill();
    await server.ask('mutation { updateSettings(input: { changes: [{ key: "maxAttempts", value: 7 }] }) { version } }');
    const { data } = await server.ask(HISTORY, { first: 2 });
    const { nodes, pageInfo, totalCount } = data.configHistory;
    expect(nodes[0]).toMatchObject({
      actor: "ADMIN_TOKEN",
      action: "updateSettings",
      summary: "setting maxAttempts changed",
      counts: [{ noun: "SETTING", kind: "CHANGE", count: 1 }],
      differences: [{ name: "maxAttempts", fields: [{ field: "value", before: 5, after: 7 }] }],
    });
    expect(pageInfo).toMatchObject({ hasNextPage: true, endCursor: String(nodes[1].version) });
    const rest = await server.ask(HISTORY, { first: 9, after: pageInfo.endCursor });
    expect([...nodes, ...rest.data.configHistory.nodes].map(({ version }: Answer) => version)).toEqual(
      Array.from({ length: totalCount }, (_, index) => totalCount - index),
    );
    const text = JSON.stringify(rest.data);
    expect(text).toContain("provider key main/k1 added");
    expect(text).not.toContain("canary");
    expect(text).not.toContain("fingerprint");
  });

  test("takes the configuration back to a version, in force at once", async () => {
    const { provider } = await fill();
    const { document, version } = await exported();
    await apply({ document: { providers: [] }, prune: true });
    expect(server.snapshots.current.providersByName.size).toBe(0);
    const revert = (input: object) =>
      server.ask(
        `mutation ($input: RevertConfigInput!) {
          revertConfig(input: $input) { version ${DIFFERENCES} userErrors { __typename code field } }
        }`,
        { input },
      );
    const stale = await revert({ version, expectedVersion: version });
    expect(stale.data.revertConfig.userErrors).toMatchObject([{ __typename: "StaleVersionError" }]);
    const unknown = await revert({ version: 999 });
    expect(unknown.data.revertConfig.userErrors).toMatchObject([{ code: "NOT_FOUND", field: ["version"] }]);
    const { data } = await revert({ version, expectedVersion: version + 1 });
    expect(data.revertConfig).toMatchObject({ version: version + 2, userErrors: [] });
    expect(short(data.revertConfig.differences)).toContain("ADD PROVIDER_KEY main/k1");
    expect((await exported()).document).toEqual(document);
    const main = server.snapshots.current.providersByName.get("main")!;
    expect(main.id).toBe(provider.id);
    expect(main.keys[0]!.secret.reveal()).toBe("sk-canary-first-0001");
  });
});

test("the whole configuration needs the scopes of all its nouns", async () => {
  const { ACCESS } = await import("../../schema/access.ts");
  expect(ACCESS["Query.exportConfig"]).toEqual([
    "KEYS_READ",
    "MODELS_READ",
    "CLIENTS_READ",
    "SETTINGS_READ",
    "ALERTS_READ",
  ]);
  const { errors } = await server.ask("{ exportConfig { version } }", {}, { token: null });
  expect(errors![0]!.extensions.code).toBe("UNAUTHENTICATED");
});
