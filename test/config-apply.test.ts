import { afterEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../src/config.ts";
import { learnQuirk } from "../src/control/providers/provider-quirks.ts";
import { CLIENT_KEY, startApp, type TestApp } from "./support/app.ts";

let running: TestApp | null = null;
let dataDir = "";
async function start(config: Record<string, unknown>, env: Record<string, string> = {}): Promise<TestApp> {
  await running?.close();
  running = null;
  if (dataDir === "") dataDir = await mkdtemp(join(tmpdir(), "sluice-config-"));
  running = await startApp({ dataDir, config, env });
  return running;
}
afterEach(async () => {
  await running?.close();
  running = null;
  if (dataDir !== "") await rm(dataDir, { recursive: true, force: true });
  dataDir = "";
});

const BASE = "http://127.0.0.1:9/v1";
const DOCUMENT = {
  providers: [
    {
      name: "main",
      kind: "openai",
      baseUrl: `${BASE}/`,
      keys: [
        { name: "k1", secret: "sk-1", weight: 2, userAgent: "a", proxyUrl: "http://127.0.0.1:8" },
        { secret: "sk-2" },
      ],
    },
    { name: "claude", kind: "anthropic" },
  ],
  models: [
    {
      name: "gpt",
      aliases: ["gpt-latest"],
      price: { input: 1, output: 2 },
      targets: [{ provider: "main", model: "gpt-4.1" }],
    },
  ],
  clientKeys: [{ name: "test", secret: CLIENT_KEY, allowedModels: ["gpt"] }],
  settings: { maxAttempts: 5 },
};
const snapshot = () => running!.app.gateway.snapshots.current;
/** What the snapshot says, without what changes at every start. */
function state() {
  const { settings, providersByName, models, clientKeysByHash } = snapshot();
  return {
    settings,
    providers: [...providersByName.values()].map(({ keys, ...provider }) => ({
      ...provider,
      keys: keys.map(({ secret, proxyUrl, ...key }) => ({
        ...key,
        secret: secret.reveal(),
        proxyUrl: proxyUrl?.reveal(),
      })),
    })),
    models: [...models].map(([name, { id, price, targets }]) => ({
      name,
      id,
      price,
      targets: targets.map(({ upstreamModel }) => upstreamModel),
    })),
    clients: [...clientKeysByHash.values()],
  };
}

describe("a configuration file", () => {
  test("is in force when the gateway answers", async () => {
    await start(DOCUMENT);
    const { providersByName, models, settings } = snapshot();
    expect(settings.maxAttempts).toBe(5);
    const main = providersByName.get("main")!;
    expect(main).toMatchObject({ kind: "openai", baseUrl: BASE, strategy: "round_robin", enabled: true });
    expect(main.keys.map(({ name, weight, userAgent }) => [name, weight, userAgent])).toEqual([
      ["k1", 2, "a"],
      ["key 2", 1, null],
    ]);
    expect(main.keys[0]!.secret.reveal()).toBe("sk-1");
    expect(main.keys[0]!.proxyUrl!.reveal()).toBe("http://127.0.0.1:8");
    expect(providersByName.get("claude")!.baseUrl).toBe("https://api.anthropic.com");
    expect(models.get("gpt-latest")).toBe(models.get("gpt")!);
  });

  test("makes a provider of a preset and a key", async () => {
    await start({
      providers: [
        { preset: "deepseek", keys: [{ secret: "sk-1" }] },
        { preset: "deepseek", name: "mine", baseUrl: BASE, quirks: ["max_tokens_only"] },
        { preset: "mistral", ignoredQuirks: ["no_developer_role"] },
        { preset: "anthropic" },
      ],
    });
    const { providersByName } = snapshot();
    const of = (name: string) => {
      const { kind, baseUrl, quirks } = providersByName.get(name)!;
      return [kind, baseUrl, ...quirks];
    };
    expect(of("deepseek")).toEqual([
      "openai-compatible",
      "https://api.deepseek.com/v1",
      "no_developer_role",
      "echo_reasoning",
      "no_json_schema",
    ]);
    expect(of("mine")).toEqual(["openai-compatible", BASE, "max_tokens_only"]);
    expect(of("mistral")).toEqual(["openai-compatible", "https://api.mistral.ai/v1", "max_tokens_only"]);
    expect(of("anthropic")).toEqual(["anthropic", "https://api.anthropic.com"]);
  });

  test("says what a target's model takes, and which client is strict", async () => {
    const targets = [{ provider: "main", model: "our-own", traits: { thinking: "effort", efforts: ["low", "high"] } }];
    const document = {
      ...DOCUMENT,
      models: [{ name: "own", targets }],
      clientKeys: [{ name: "test", secret: CLIENT_KEY, strictParameters: true }],
    };
    await start(document);
    const { models, clientKeysByHash } = snapshot();
    expect(models.get("own")!.targets[0]!.traits).toMatchObject({ thinking: "effort", efforts: ["low", "high"] });
    expect([...clientKeysByHash.values()].map(({ strictParameters }) => strictParameters)).toContain(true);
    const before = state();
    await start(document);
    expect(state()).toEqual(before);
  });

  test("leaves what was learned of an upstream", async () => {
    await start(DOCUMENT);
    const { control } = running!.app;
    await learnQuirk(control, snapshot().providersByName.get("main")!.id, "no_stream_options", "Unknown field");
    await start(DOCUMENT);
    expect([...snapshot().providersByName.get("main")!.quirks]).toEqual(["no_stream_options"]);
  });

  test("applied again changes nothing: ids, versions and states stay", async () => {
    await start(DOCUMENT);
    const before = state();
    await start(DOCUMENT);
    expect(state()).toEqual(before);
  });

  test("matches by name: what it names is changed, what it does not name is left alone", async () => {
    await start(DOCUMENT);
    // A setting that the file has never named, or names no more, is what a person set, or its default.
    const before = state();
    await start({
      providers: [
        {
          name: "main",
          kind: "openai",
          baseUrl: "http://127.0.0.1:10/v1",
          strategy: "sticky",
          keys: [{ name: "k1", secret: "sk-new" }],
        },
        { name: "third", kind: "gemini" },
      ],
      models: [{ name: "gpt", targets: [{ provider: "third", model: "gemini-3-pro" }] }],
      settings: { pingIntervalMs: 5000 },
    });
    const after = state();
    const [main, claude, third] = after.providers;
    expect(main).toMatchObject({ id: before.providers[0]!.id, baseUrl: "http://127.0.0.1:10/v1", strategy: "sticky" });
    expect(main!.keys).toMatchObject([
      { id: before.providers[0]!.keys[0]!.id, secret: "sk-new", weight: 1, userAgent: null, proxyUrl: undefined },
      { id: before.providers[0]!.keys[1]!.id, secret: "sk-2" },
    ]);
    expect(claude).toEqual(before.providers[1]!);
    expect(third!.name).toBe("third");
    expect(after.models).toMatchObject([
      { name: "gpt", id: before.models[0]!.id, price: null, targets: ["gemini-3-pro"] },
    ]);
    expect(after.settings).toMatchObject({ maxAttempts: 3, pingIntervalMs: 5000 });
  });

  test("makes a client key when it gives no secret, once", async () => {
    const document = { clientKeys: [{ name: "made" }] };
    const first = await start(document);
    const [made] = first.app.news.generatedClientKeys;
    expect(made!.name).toBe("made");
    expect(made!.secret.reveal()).toMatch(/^sk-slc_[0-9A-Za-z]{32,}$/);
    const ask = () =>
      fetch(`${running!.url}/v1/models`, { headers: { authorization: `Bearer ${made!.secret.reveal()}` } });
    expect((await ask()).status).toBe(200);
    const second = await start(document);
    expect(second.app.news.generatedClientKeys).toEqual([]);
    expect((await ask()).status).toBe(200);
  });

  test("changes a client key's secret: the old one stops to work", async () => {
    await start({ clientKeys: [{ name: "c", secret: "sk-old-secret" }] });
    await start({ clientKeys: [{ name: "c", secret: "sk-new-secret", enabled: true }] });
    const status = async (key: string) =>
      (await fetch(`${running!.url}/v1/models`, { headers: { "x-api-key": key } })).status;
    expect([await status("sk-old-secret"), await status("sk-new-secret")]).toEqual([401, 200]);
  });

  const wrong: [what: string, config: Record<string, unknown>, message: RegExp][] = [
    [
      "a preset that is none",
      { providers: [{ preset: "deepsee" }] },
      /^providers\[0\]\.preset: must be one of openai, /,
    ],
    ["neither name nor preset", { providers: [{ kind: "openai" }] }, /^providers\[0\]\.name: is required/],
    ["neither kind nor preset", { providers: [{ name: "p" }] }, /^providers\[0\]\.kind: is required/],
    [
      "a preset of another kind",
      { providers: [{ preset: "groq", kind: "gemini" }] },
      /^providers\[0\]\.kind: the preset groq is of kind openai-compatible$/,
    ],
    [
      "quirks of an upstream that has none",
      { providers: [{ name: "p", kind: "anthropic", quirks: ["echo_reasoning"] }] },
      /^providers\[0\]\.quirks: /,
    ],
    [
      "a quirk that is set and ignored",
      { providers: [{ ...DOCUMENT.providers[0], quirks: ["echo_reasoning"], ignoredQuirks: ["echo_reasoning"] }] },
      /^providers\[0\]\.ignoredQuirks: echo_reasoning/,
    ],
    [
      "a kind without address",
      { providers: [{ name: "p", kind: "openai-compatible" }] },
      /^providers\[0\]\.baseUrl: is required for kind openai-compatible$/,
    ],
    [
      "a metadata address",
      { providers: [{ name: "p", kind: "openai", baseUrl: "http://169.254.169.254/v1" }] },
      /^providers\[0\]\.baseUrl: .*metadata/,
    ],
    [
      "a private address",
      { providers: [{ name: "p", kind: "openai", baseUrl: "http://10.0.0.1/v1" }] },
      /^providers\[0\]\.baseUrl: .*ALLOW_PRIVATE_UPSTREAMS/,
    ],
    [
      "a user in the address",
      { providers: [{ name: "p", kind: "openai", baseUrl: "http://u:p@example.com/v1" }] },
      /^providers\[0\]\.baseUrl: must not hold a user/,
    ],
    [
      "an unknown provider",
      { models: [{ name: "m", targets: [{ provider: "none", model: "x" }] }] },
      /^models\[0\]\.targets\[0\]\.provider: there is no provider "none"$/,
    ],
    [
      "a taken alias",
      {
        ...DOCUMENT,
        models: [...DOCUMENT.models, { name: "gpt-latest", targets: [{ provider: "main", model: "x" }] }],
      },
      /^models\[1\]\./,
    ],
    [
      "a secret of another client",
      {
        clientKeys: [
          { name: "a", secret: "sk-same-secret" },
          { name: "b", secret: "sk-same-secret" },
        ],
      },
      /^clientKeys\[1\]\./,
    ],
    [
      "a new key without its secret",
      { providers: [{ name: "p", kind: "openai", keys: [{ name: "k" }] }] },
      /^providers\[0\]\.keys\[0\]\.secret: is required/,
    ],
    [
      "one secret twice",
      { providers: [{ name: "p", kind: "openai", keys: [{ secret: "sk-same" }, { secret: "sk-same" }] }] },
      /^providers\[0\]\.keys\[1\]\.secret: is taken already$/,
    ],
    [
      "an outbound proxy at a metadata address",
      { providers: [{ name: "p", kind: "openai", keys: [{ secret: "s", proxyUrl: "http://169.254.169.254" }] }] },
      /^providers\[0\]\.keys\[0\]\.proxyUrl: .*metadata/,
    ],
  ];
  test.each(wrong)("with %s stops the start and names the place", async (_, config, message) => {
    const error: unknown = await start(config).then(
      () => null,
      (each: unknown) => each,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
    // The store was closed: the next start is not locked out. And nothing of the file was taken over.
    await start({});
    expect((await fetch(`${running!.url}/ready`)).status).toBe(200);
    expect([...snapshot().providersByName.keys(), ...snapshot().models.keys()]).toEqual([]);
  });
});

describe("the first start", () => {
  test("makes a provider with its key from the environment, and a default client", async () => {
    const app = await start(
      { clientKeys: [] },
      { TYPE: "openai-compatible", API_KEY: "up-1", BASE_URL: `${BASE}/`, ACTUAL_NAME: "llama" },
    );
    expect(snapshot().providersByName.get("openai-compatible")).toMatchObject({
      baseUrl: BASE,
      kind: "openai-compatible",
    });
    expect(snapshot().models.get("llama")!.targets[0]!.upstreamModel).toBe("llama");
    const key = app.app.news.defaultClientKey!.reveal();
    expect((await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    const again = await start({ clientKeys: [] }, { OPENAI_API_KEY: "other" });
    expect(again.app.news.defaultClientKey).toBeNull();
    expect(snapshot().providersByName.has("openai")).toBe(false);
  });

  test.each([
    [{ TYPE: "bedrock", API_KEY: "x" }, /^TYPE: must be one of/],
    [{ TYPE: "openai-compatible", API_KEY: "x" }, /^BASE_URL: is required/],
    [{ API_KEY: "x", BASE_URL: "http://169.254.169.254" }, /^BASE_URL: .*metadata/],
  ])("with %j is refused by name", async (env, message) => {
    const error: unknown = await start({ clientKeys: [] }, env as Record<string, string>).then(
      () => null,
      (each: unknown) => each,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });
});
